package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// DeviceCounts counts the devices of a project.
type DeviceCounts struct {
	ListedAt time.Time // when the device list was read; zero: never
	All      int       // listed
	Enabled  int       // of those, not disabled
	Active   int       // of the enabled, heard of within a time before the list was read
	Silent   int       // of the enabled, heard of before that but not since
}

// CountDevices counts the devices of a project. Silent ones are those not heard of for longer than after when the list was
// read.
func (s *Store) CountDevices(ctx context.Context, project string, after time.Duration) (c DeviceCounts, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		if _, c.ListedAt, err = listVersion(ctx, tx, project); err != nil || c.ListedAt.IsZero() {
			return err
		}
		id, ok, err := findProject(ctx, tx, project)
		if !ok {
			return err
		}
		row := tx.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN NOT disabled THEN 1 END) FROM device WHERE project = $1 AND listed`, id)
		if err := row.Scan(&c.All, &c.Enabled); err != nil {
			return err
		}
		var disabled []int
		if c.Enabled < c.All {
			disabled, err = database.Collect(ctx, tx, func(ordinal *int) []any { return []any{ordinal} },
				`SELECT ordinal FROM device WHERE project = $1 AND listed AND disabled`, id)
			if err != nil {
				return err
			}
		}
		moving, err := readListing(ctx, tx, id)
		c.Active, c.Silent = moving.active(disabled, c.ListedAt.Add(-after))
		return err
	})
	return c, database.Doing(err, "counting the devices of project %q", project)
}

// WorkState returns when a piece of work is due, zero being never, and whether somebody is at it at machine.
func (s *Store) WorkState(ctx context.Context, kind Kind, key string, machine time.Time) (due time.Time, held bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `
			SELECT due_at, lease_token IS NOT NULL AND leased_until > $3 AND leased_until <= $4 FROM work WHERE kind = $1 AND key = $2`,
			kind, key, database.At(machine), database.At(machine.Add(LeaseTime+ClockTolerance)))
		_, err := database.Found(row, database.Time(&due), &held)
		return err
	})
	return due, held, database.Doing(err, "reading when %s %q is due", kind, key)
}

// Raised counts how often any work was made due by something that happened.
func (s *Store) Raised(ctx context.Context) (times int64, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT coalesce(sum(version), 0) FROM work`).Scan(&times)
	})
	return times, database.Doing(err, "looking whether work was made due")
}

// OpenAlert returns the pending or firing alert of a rule and a subject, whatever its period; ok is false if there is none.
// Subject "" is the project.
func (s *Store) OpenAlert(ctx context.Context, rule, project, subject string) (a rules.Alert, ok bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `
			SELECT id, `+database.List(alertColumns)+` FROM alert
			WHERE project = $1 AND rule = $2 AND subject = $3 AND state IN ('pending', 'firing')
			ORDER BY since DESC NULLS LAST LIMIT 1`, project, rule, subject)
		ok, err = database.Found(row, alertFields(&a)...)
		return err
	})
	return a, ok, database.Doing(err, "reading the open alert of rule %q for %q of project %q", rule, subject, project)
}

// IsOpen reports whether there is a pending or firing alert of an ID.
func (s *Store) IsOpen(ctx context.Context, id string) (open bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM alert WHERE id = $1 AND state IN ('pending', 'firing'))`, id).Scan(&open)
	})
	return open, database.Doing(err, "reading whether alert %q is over", id)
}
