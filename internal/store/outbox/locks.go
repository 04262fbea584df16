package outbox

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// lockReceivers locks the deliveries of receivers.
func lockReceivers(ctx context.Context, tx database.Tx, names ...string) error {
	return work.Lock(ctx, tx, work.Receiver, names...)
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
