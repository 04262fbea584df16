package store

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// On PostgreSQL several processes write at the same time. A transaction sees what others have committed when each of its statements
// begins, so it locks what it reads to change it, in one order:
//
//  1. the active rules (work.Store.ClaimFor, ActivateRules);
//  2. the row of work whose lease it relies on (work.Hold, Extend, Complete);
//  3. the silences, by the row of work of kind Mute (holdSilences, lockSilences);
//  4. alerts, by ID (lockAlerts);
//  5. the rows of work of receivers, by name (work.RaiseReceivers, work.Lock).
//
// Deliveries need no locks of their own: a transaction that changes one holds the row of work of its receiver. What it reads of the
// delivery after that is the newest state, and no other transaction changes it before this one ends. New deliveries may be added without it.
//
// SQLite has one writer at a time: there all of this does nothing.

// lockAlerts locks those of some alerts that are stored.
func lockAlerts(ctx context.Context, tx database.Tx, ids []string) error {
	if !tx.Postgres || len(ids) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		SELECT 1 FROM alert WHERE id `+tx.Among(1)+` ORDER BY id FOR NO KEY UPDATE`, database.Texts(ids))
	return err
}

// holdSilences keeps silences from being made or ended before the transaction ends. Any number of transactions may do so.
func holdSilences(ctx context.Context, tx database.Tx) error {
	if !tx.Postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT 1 FROM work WHERE kind = $1 FOR KEY SHARE`, work.Mute)
	return err
}

// lockSilences waits for those that hold the silences, and keeps others from doing so. The row of work is there once a process has
// started.
func lockSilences(ctx context.Context, tx database.Tx) error {
	if !tx.Postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT 1 FROM work WHERE kind = $1 FOR UPDATE`, work.Mute)
	return err
}
