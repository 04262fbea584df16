package outbox

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
)

// maxAlerts is the maximum number of alerts whose deliveries are read at once.
const maxAlerts = 1_000

// Add adds deliveries of alerts, in order, to the receivers that show names for each, and calls added with the receivers of new ones.
func Add(
	ctx context.Context, tx database.Tx, alerts []string, show map[string][]string, now time.Time, added func(receiver string),
) error {
	var addresses []address
	for _, id := range alerts {
		for _, receiver := range show[id] {
			addresses = append(addresses, address{id, receiver})
		}
	}
	return insert(ctx, tx, newDelivery(now), addresses, added)
}

// ReadDue adds the receivers of deliveries of alerts to due.
func ReadDue(ctx context.Context, tx database.Tx, alerts []string, due map[string]bool) error {
	for some := range slices.Chunk(alerts, maxAlerts) {
		names, err := database.Collect(ctx, tx, func(name *string) []any { return []any{name} }, `
			SELECT DISTINCT receiver FROM delivery WHERE alert `+tx.Among(1)+` AND state <> $2`,
			database.Texts(some), delivery.Removed)
		if err != nil {
			return err
		}
		for _, name := range names {
			due[name] = true
		}
	}
	return nil
}

// ShowChanged makes the newest versions of alerts owed by receivers, which are locked on PostgreSQL.
func ShowChanged(ctx context.Context, tx database.Tx, alerts []string, receivers map[string]bool, now time.Time) error {
	statements := database.NewBatch(tx)
	for some := range slices.Chunk(alerts, maxAlerts) {
		rows, err := readRows(ctx, tx, len(some), `delivery.alert `+tx.Among(1), database.Texts(some))
		if err != nil {
			return err
		}
		changes := changesOf(rows, always(delivery.Event{Kind: delivery.Changed}), delivery.Policy{}, now)
		if slices.ContainsFunc(changes, func(c change) bool { return !receivers[c.after.receiver] }) {
			return database.ErrStartOver // another process has just added the delivery
		}
		if err := write(ctx, statements, changes); err != nil {
			return err
		}
	}
	return nil
}
