package outbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// A Unreachable is a receiver that has to be replaced by its fallback.
type Unreachable struct {
	For    string          // the receiver
	Policy delivery.Policy // of it
	Before time.Time       // what has been waiting since then or longer counts as missing
	Now    time.Time       // domain clock

	// Outside reports whether the receiver is outside its hours for a brief delivery: then nothing is missing. nil means that it has none.
	Outside func(*Delivery) bool
}

// FallBack gives a receiver the firing alerts that another one is missing. It returns how many are new to it. It returns ErrLeaseLost if
// the lease on the receiver is no longer held.
func (s *Store) FallBack(ctx context.Context, lease work.Lease, in Unreachable) (count int, err error) {
	err = s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		missing, err := missingAlerts(ctx, tx, lease.Key, in)
		if err != nil {
			return err
		}
		count, err = replace(ctx, tx, lease.Key, missing, in)
		return err
	})
	return count, database.Doing(err, "notifying receiver %q in place of %q", lease.Key, in.For)
}

// missingAlerts returns the alerts that a receiver is missing and its fallback does not have to show yet.
func missingAlerts(ctx context.Context, tx database.Tx, fallback string, in Unreachable) (missing []string, err error) {
	rows, err := readRows(ctx, tx, 0, `delivery.receiver = $1 AND `+owes+` AND delivery.state IN ($2, $3) AND alert.state = 'firing'
		AND NOT EXISTS (SELECT 1 FROM delivery AS own WHERE own.alert = delivery.alert AND own.receiver = $4 AND NOT own.rerouted
			AND NOT (own.state = $5 AND own.reason = $6))`,
		in.For, delivery.Waiting, delivery.GivenUp, fallback, delivery.Held, delivery.ReasonHours)
	for i := range rows {
		if r := &rows[i]; r.Missing(r.facts, in.Policy, in.Before) {
			missing = append(missing, r.alert)
		}
	}
	if err != nil || in.Outside == nil {
		return missing, err
	}
	all := missing
	missing = nil
	for some := range slices.Chunk(all, maxAlerts) {
		err = errors.Join(err, eachBrief(ctx, tx, true, func(d *Delivery) {
			if !in.Outside(d) {
				missing = append(missing, d.Alert.ID)
			}
		}, `receiver = $1 AND alert `+tx.Among(2)+` ORDER BY alert`, in.For, database.Texts(some)))
	}
	return missing, err
}

// replace makes a fallback show alerts, and returns the number of new ones.
func replace(ctx context.Context, tx database.Tx, fallback string, alerts []string, in Unreachable) (count int, err error) {
	if len(alerts) == 0 {
		return 0, nil
	}
	e := delivery.Event{Kind: delivery.FallenBack, For: in.For}
	turned, err := rowsTo(ctx, tx, fallback, alerts)
	if err != nil {
		return 0, err
	}
	changes := changesOf(turned, always(e), delivery.Policy{}, in.Now)
	if err := write(ctx, database.NewBatch(tx), changes); err != nil {
		return 0, err
	}
	addresses := make([]address, len(alerts))
	for i, alert := range alerts {
		addresses[i] = address{alert, fallback}
	}
	count = len(changes)
	fresh := delivery.Delivery{}.Next(e, delivery.Facts{}, delivery.Policy{}, in.Now)
	err = insert(ctx, tx, fresh, addresses, func(string) { count++ })
	return count, err
}
