package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
)

// keepAsked is how long a taken request of Slack is remembered: longer than it can come again.
const keepAsked = 15 * time.Minute

// TakeAsked records that a request of Slack is taken at machine. It reports whether no process has taken it before.
func (s *Store) TakeAsked(ctx context.Context, id string, machine time.Time) (first bool, err error) {
	err = s.db.Relax(ctx, func(tx database.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM asked WHERE at < $1`, database.At(machine.Add(-keepAsked))); err != nil {
			return err
		}
		first, err = database.Affected(tx.ExecContext(ctx, `INSERT INTO asked (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, database.Storable(id), database.At(machine)))
		return err
	})
	return first, database.Doing(err, "noting a request of Slack")
}
