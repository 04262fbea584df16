package outbox

import (
	"context"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// TakeLane reserves the next send in a lane, which all processes share, and returns when it may begin: at machine, or later if others go
// first. The sends of a lane begin a pause apart.
func (s *Store) TakeLane(ctx context.Context, name string, pause time.Duration, machine time.Time) (begin time.Time, err error) {
	var next time.Time
	err = s.db.Relax(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `
			INSERT INTO lane (name, next_at) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET next_at =
				CASE WHEN lane.next_at > $3 AND lane.next_at <= $4 THEN lane.next_at + $5 ELSE excluded.next_at END
			RETURNING next_at`,
			name, database.At(machine.Add(pause)), database.At(machine), database.At(machine.Add(pause+work.LeaseTime)), pause.Milliseconds())
		return row.Scan(database.Time(&next))
	})
	return next.Add(-pause), database.Doing(err, "waiting to send in lane %q", name)
}
