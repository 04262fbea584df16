package store

import (
	"context"

	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// OpenAlert returns the pending or firing alert of a rule and a subject, whatever its period; ok is false if there is none.
// Subject "" is the project.
func (s *Store) OpenAlert(ctx context.Context, rule, project, subject string) (a rules.Alert, ok bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `
			SELECT id, `+database.List(alertrow.Columns)+` FROM alert
			WHERE project = $1 AND rule = $2 AND subject = $3 AND state IN ('pending', 'firing')
			ORDER BY since DESC NULLS LAST LIMIT 1`, project, rule, subject)
		ok, err = database.Found(row, alertrow.Fields(&a)...)
		return err
	})
	return a, ok, database.Doing(err, "reading the open alert of rule %q for %q of project %q", rule, subject, project)
}

// IsOpen reports whether there is a pending or firing alert of an ID.
func (s *Store) IsOpen(ctx context.Context, id string) (open bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM alert WHERE id = $1 AND state IN ('pending', 'firing'))`, id).Scan(&open)
	})
	return open, database.Doing(err, "reading whether alert %q is open", id)
}
