package outbox

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// outsideHours selects what receiver $1 holds because it is outside its hours.
const outsideHours = `receiver = $1 AND ` + keptBack + ` AND delivery.state = '` + string(delivery.Held) + `' AND delivery.reason = '` +
	string(delivery.ReasonHours) + `'`

// EachOutsideHours calls each for every delivery of a receiver that is held because the receiver is outside its hours. The delivery is brief,
// as that of EachFresh, with names, and valid only during the call, which must not use the store.
func (s *Store) EachOutsideHours(ctx context.Context, receiver string, each func(*Delivery)) error {
	err := s.db.View(ctx, func(tx database.Tx) error {
		return eachBrief(ctx, tx, true, each, outsideHours+` ORDER BY alert`, receiver)
	})
	return database.Doing(err, "reading what receiver %q holds until its hours begin", receiver)
}

// Release makes deliveries of some alerts owed that the receiver of the lease holds because it was outside its hours. It uses a transaction
// for every 1,000. It returns ErrLeaseLost if the lease is no longer held.
func (s *Store) Release(ctx context.Context, lease work.Lease, alerts []string, now time.Time) error {
	for some := range slices.Chunk(alerts, maxAlerts) {
		err := s.db.Update(ctx, func(tx database.Tx) error {
			if err := work.Hold(ctx, tx, lease); err != nil {
				return err
			}
			rows, err := rowsTo(ctx, tx, lease.Key, some)
			if err != nil {
				return err
			}
			changes := changesOf(rows, always(delivery.Event{Kind: delivery.HoursBegan}), delivery.Policy{}, now)
			return write(ctx, database.NewBatch(tx), changes)
		})
		if err != nil {
			return database.Doing(err, "releasing what receiver %q held until its hours began", lease.Key)
		}
	}
	return nil
}
