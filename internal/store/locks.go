package store

import (
	"context"

	"notewatch/internal/store/database"
)

// On PostgreSQL several processes write at the same time. A transaction sees what others have committed when each of its statements
// begins, so it locks what it reads to change it, in one order:
//
//  1. the active rules (activeFor, ActivateRules);
//  2. the row of work whose lease it relies on (hold, extend, complete);
//  3. the silences, by the row of work of kind Mute (holdSilences, lockSilences);
//  4. alerts, by ID (lockAlerts);
//  5. the rows of work of receivers, by name (lockReceivers, raiseAll).
//
// Deliveries need no locks of their own: a transaction that changes one holds the row of work of its receiver. What it reads of the
// delivery after that is the newest state, and no other transaction changes it before this one ends. New deliveries may be added without it.
//
// SQLite has one writer at a time: there all of this does nothing.

// lockReceivers locks the deliveries of receivers.
func lockReceivers(ctx context.Context, tx database.Tx, names ...string) error {
	return lockWork(ctx, tx, Receiver, names...)
}

// lockReceiversOf locks the deliveries of the receivers of those for which condition holds.
func lockReceiversOf(ctx context.Context, tx database.Tx, condition string, args ...any) error {
	if !tx.Postgres {
		return nil
	}
	names, err := database.Collect(ctx, tx, func(name *string) []any { return []any{name} },
		`SELECT DISTINCT delivery.receiver FROM delivery WHERE `+condition, args...)
	if err != nil {
		return err
	}
	return lockReceivers(ctx, tx, names...)
}

// lockWork locks rows of work of a kind.
func lockWork(ctx context.Context, tx database.Tx, kind Kind, keys ...string) error {
	if !tx.Postgres || len(keys) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		SELECT 1 FROM work WHERE kind = $1 AND key `+tx.Among(2)+` ORDER BY key FOR UPDATE`,
		kind, database.Texts(keys))
	return err
}

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
	_, err := tx.ExecContext(ctx, `SELECT 1 FROM work WHERE kind = $1 FOR KEY SHARE`, Mute)
	return err
}

// lockSilences waits for those that hold the silences, and keeps others from doing so. The row of work is there once a process has
// started.
func lockSilences(ctx context.Context, tx database.Tx) error {
	if !tx.Postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT 1 FROM work WHERE kind = $1 FOR UPDATE`, Mute)
	return err
}
