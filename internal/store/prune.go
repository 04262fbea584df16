package store

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// Prune deletes data from before a day: figures, unlisted devices without figures, ended alerts and silences, and transitions, deliveries,
// messages and attempts without alerts. It uses one transaction for every 10,000 rows.
func (s *Store) Prune(ctx context.Context, before rules.Day) error {
	start := database.At(before.Start())
	err := s.Usage.PruneDays(ctx, before)
	if err == nil {
		err = s.db.DeleteRows(ctx, "alert", "id", "ended_at < $1", start)
	}
	if err == nil {
		// The newest change stays, because the next one must have a greater number.
		err = s.db.DeleteRows(ctx, "silence", "id", `seq < (SELECT max(seq) FROM silence)
			AND (`+stops+` < $1
				OR `+stops+` IS NULL AND start_at < $1 AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.id = silence.alert))`, start)
	}
	if err == nil {
		err = s.db.DeleteRows(ctx, "attempt", "id", "started < $1", start)
	}
	if err == nil {
		err = s.db.DeleteRows(ctx, "message", "id", `NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.message = message.id)
			AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.message = message.id)`)
	}
	return database.Doing(err, "dropping what is from before %s", before)
}
