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
