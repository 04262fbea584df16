package store

import (
	"context"

	"notewatch/internal/store/database"
)

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
