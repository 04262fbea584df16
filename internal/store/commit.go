package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"notewatch/rules"
)

// A Commit is all that one poll decided. It is stored as one transaction.
type Commit struct {
	Project  Project
	Alerts   []rules.Alert        // new states, by ID; inactive pending alerts are in Dropped
	Dropped  []string             // IDs of pending alerts that came to nothing
	Show     map[string][]string  // receivers that should show an alert, by alert ID
	Judged   map[string]Judgement // by rule name; replaces what Judged returns
	Seen     []DeviceDay          // changes that were judged
	Now      time.Time            // domain clock
	Due      time.Time            // of the next poll
	Failures int                  // of the poll, in a row
}

// Commit stores what a poll decided, raises the version of each receiver that has something new to show, makes it due,
// and gives the lease back. All or nothing; ErrLeaseLost if the lease is no longer held.
//
// A receiver has something new to show when an alert that Show names for it, or that it was to show before, has a new
// version. Deliveries that were given up are tried again then.
func (s *Store) Commit(ctx context.Context, lease Lease, c Commit) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := complete(ctx, tx, lease, c.Now, c.Due, c.Failures); err != nil {
			return err
		}
		if err := saveProject(ctx, tx, c.Project); err != nil {
			return err
		}
		if err := dropAlerts(ctx, tx, c.Dropped); err != nil {
			return err
		}
		if err := saveAlerts(ctx, tx, c.Alerts); err != nil {
			return err
		}
		if err := show(ctx, tx, c); err != nil {
			return err
		}
		if err := saveJudged(ctx, tx, c.Project.UID, c.Judged); err != nil {
			return err
		}
		return dropChanges(ctx, tx, c.Project.UID, c.Seen)
	})
	return doing(err, "committing the poll of project %q", c.Project.UID)
}

// dropAlerts deletes pending alerts. Nobody was told of them.
func dropAlerts(ctx context.Context, tx *sql.Tx, ids []string) error {
	for _, id := range ids {
		if _, err := tx.ExecContext(ctx, `DELETE FROM alert WHERE id = $1 AND state = 'pending'`, id); err != nil {
			return err
		}
	}
	return nil
}

// show raises what receivers should show to the new versions of the alerts and makes these receivers due.
func show(ctx context.Context, tx *sql.Tx, c Commit) error {
	due := map[string]bool{}
	for _, alert := range c.Alerts {
		shown, err := collect(ctx, tx, func(receiver *string) []any { return []any{receiver} }, `
			UPDATE delivery SET want = $1, dead = FALSE, error = ''
			WHERE alert = $2 AND want < $1 RETURNING receiver`, alert.Version, alert.ID)
		if err != nil {
			return err
		}
		for _, receiver := range shown {
			due[receiver] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Show)) {
		for _, receiver := range c.Show[id] {
			result, err := tx.ExecContext(ctx, `
				INSERT INTO delivery (alert, receiver, want, have, shown, dead, error, repairs)
				SELECT id, $1, version, 0, 0, FALSE, '', 0 FROM alert WHERE id = $2
				ON CONFLICT (alert, receiver) DO NOTHING`, receiver, id)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n > 0 {
				due[receiver] = true
			}
		}
	}
	for _, receiver := range slices.Sorted(maps.Keys(due)) {
		if err := raise(ctx, tx, Receiver, receiver, c.Now, true); err != nil {
			return err
		}
	}
	return nil
}

// dropChanges forgets changes that were judged.
func dropChanges(ctx context.Context, tx *sql.Tx, project string, seen []DeviceDay) error {
	if len(seen) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, `DELETE FROM change WHERE project = $1 AND device = $2 AND day = $3`)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for _, d := range seen {
		if _, err := stmt.ExecContext(ctx, project, d.Device, d.Day); err != nil {
			return err
		}
	}
	return nil
}
