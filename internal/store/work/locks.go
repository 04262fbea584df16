package work

import (
	"context"

	"notewatch/internal/store/database"
)

// Lock locks work items of a kind until the transaction ends. On SQLite, which has one writer at a time, it does nothing.
func Lock(ctx context.Context, tx database.Tx, kind Kind, keys ...string) error {
	if !tx.Postgres || len(keys) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		SELECT 1 FROM work WHERE kind = $1 AND key `+tx.Among(2)+` ORDER BY key FOR UPDATE`,
		kind, database.Texts(keys))
	return err
}
