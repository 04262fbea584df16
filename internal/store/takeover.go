package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
)

// ReleaseAll ends every lease and every process. Only the holder of Lock may call it, at start: the leases are those of a dead process.
// Attempts that were cut off get the status CutOff. One that was overtaken before that may have replaced what was shown
// by something older: its receiver is made due to show the newest again.
func (s *Store) ReleaseAll(ctx context.Context) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE work SET lease_token = NULL, leased_until = NULL, process = NULL WHERE lease_token IS NOT NULL`)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE process SET ended_at = seen_at WHERE ended_at IS NULL`); err != nil {
			return err
		}
		return outbox.MendCutOff(ctx, tx, outbox.OpenAttempt)
	})
	return database.Doing(err, "releasing the leases of a dead process")
}

// TakeOver is what a process does at its start about processes that are dead. On SQLite, where only the holder of Lock may call it, that
// is ReleaseAll. On PostgreSQL others may be at work: leases stay until they run out, and an attempt counts as cut off only if nobody
// holds the lease on its receiver at machine.
func (s *Store) TakeOver(ctx context.Context, machine time.Time) error {
	if !s.db.Postgres() {
		return s.ReleaseAll(ctx)
	}
	err := s.db.Update(ctx, func(tx database.Tx) error { return outbox.MendCutOff(ctx, tx, outbox.LeftAttempt(machine)) })
	return database.Doing(err, "mending what processes that died left behind")
}
