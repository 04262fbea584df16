package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
)

// ReleaseAll ends every lease and every process. Only the holder of Lock may call it, at start: the leases belong to a dead process.
// Interrupted attempts get the status CutOff. An attempt that was overtaken before may have replaced a newer post with an older one, so its
// receiver is made due to show the newest state again.
func (s *Store) ReleaseAll(ctx context.Context) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE work SET lease_token = NULL, leased_until = NULL, process = NULL WHERE lease_token IS NOT NULL`)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE process SET ended_at = seen_at WHERE ended_at IS NULL`); err != nil {
			return err
		}
		return outbox.RecoverInterrupted(ctx, tx, outbox.OpenAttempt)
	})
	return database.Doing(err, "releasing the leases of a dead process")
}

// TakeOver cleans up after dead processes when a process starts. On SQLite, where only the holder of Lock may call it, it is ReleaseAll. On
// PostgreSQL others may be working: leases stay until they end, and an attempt counts as interrupted only if its receiver is not leased at
// machine.
func (s *Store) TakeOver(ctx context.Context, machine time.Time) error {
	if !s.db.Postgres() {
		return s.ReleaseAll(ctx)
	}
	err := s.db.Update(ctx, func(tx database.Tx) error { return outbox.RecoverInterrupted(ctx, tx, outbox.LeftAttempt(machine)) })
	return database.Doing(err, "cleaning up after dead processes")
}
