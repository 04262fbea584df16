package usage

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// unnumbered returns the places of the devices without an ordinal: those that are new in the list.
func (l *DeviceList) unnumbered() (joined []int) {
	for place := range l.rows {
		if l.rows[place].ordinal == 0 {
			joined = append(joined, place)
		}
	}
	return joined
}

// addUnread notes the devices at some places of a list that existed before the days that each poll reads.
func (w listWriter) addUnread(ctx context.Context, devices *DeviceList, joined []int, listed rules.Day) error {
	var ordinals []int
	for _, place := range joined {
		if d := devices.At(place); rules.DayOf(d.Provisioned) < listed-1 {
			ordinals = append(ordinals, d.Ordinal)
		}
	}
	if len(ordinals) == 0 {
		return nil
	}
	_, err := w.tx.ExecContext(ctx, `
		INSERT INTO unread (project, ordinal) SELECT CAST($1 AS BIGINT), CAST(value AS BIGINT) FROM json_each($2) WHERE TRUE ON CONFLICT DO NOTHING`,
		w.id, database.Elements(ordinals))
	return err
}

// Unread returns the ordinals of devices that are new in the list of a project that was read before, and whose earlier days have not been
// read.
func (s *Store) Unread(ctx context.Context, project string) (ordinals []int, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		ordinals, err = database.Collect(ctx, tx, func(ordinal *int) []any { return []any{ordinal} }, `
			SELECT unread.ordinal FROM unread JOIN project ON project.id = unread.project WHERE project.uid = $1 ORDER BY unread.ordinal`, project)
		return err
	})
	return ordinals, database.Doing(err, "reading which devices of project %q have days to read", project)
}

// MarkRead notes that the days of some devices of the project of the lease have been read, so that Unread no longer returns them.
// ErrLeaseLost if the lease is no longer held.
func (s *Store) MarkRead(ctx context.Context, lease work.Lease, ordinals []int) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			DELETE FROM unread WHERE project = (SELECT id FROM project WHERE uid = $1) AND ordinal IN (SELECT CAST(value AS BIGINT) FROM json_each($2))`,
			lease.Key, database.Elements(ordinals))
		return err
	})
	return database.Doing(err, "noting which devices of project %q have been read", lease.Key)
}
