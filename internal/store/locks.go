package store

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// On PostgreSQL several processes write at the same time. Each statement of a transaction sees what others have committed before it begins,
// so a transaction locks the rows that it reads and changes, in this order:
//
//  1. the active rules (work.Store.ClaimFor, ActivateRules);
//  2. the row of work whose lease it relies on (work.Hold, Extend, Complete);
//  3. the silences, by the row of work of kind Mute (holdSilences, lockSilences);
//  4. alerts, by ID (lockAlerts);
//  5. the rows of work of receivers, by name (work.MakeReceiversDue, work.Lock).
//
// Deliveries need no locks of their own: a transaction that changes one holds the work item of its receiver. What it then reads of the
// delivery is the newest state, and no other transaction changes it before this one ends. New deliveries may be added without that lock.
//
// SQLite has one writer at a time, so all of this does nothing there.

// lockAlerts locks the stored ones of some alerts.
func lockAlerts(ctx context.Context, tx database.Tx, ids []string) error {
	if !tx.Postgres || len(ids) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		SELECT 1 FROM alert WHERE id `+tx.Among(1)+` ORDER BY id FOR NO KEY UPDATE`, database.Texts(ids))
	return err
}

// holdSilences prevents changes of silences before the transaction ends. Any number of transactions may do so.
func holdSilences(ctx context.Context, tx database.Tx) error {
	if !tx.Postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT 1 FROM work WHERE kind = $1 FOR KEY SHARE`, work.Mute)
	return err
}

// lockSilences waits for those that hold the silences, and prevents others from doing so. The work item exists once a process has started.
func lockSilences(ctx context.Context, tx database.Tx) error {
	if !tx.Postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT 1 FROM work WHERE kind = $1 FOR UPDATE`, work.Mute)
	return err
}
