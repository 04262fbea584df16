package outbox

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// Revive retries what a receiver has given up, because the cause may have been fixed.
func (s *Store) Revive(ctx context.Context, receiver string, now time.Time) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		from, _ := delivery.Moves(delivery.Revived)
		given, err := hasState(ctx, tx, receiver, from)
		if err != nil || !given {
			return err
		}
		if err := work.MakeDue(ctx, tx, work.Receiver, receiver, now, true); err != nil {
			return err
		}
		return move(ctx, tx, receiver, delivery.Event{Kind: delivery.Revived})
	})
	return database.Doing(err, "reviving what receiver %q had given up", receiver)
}

// Retry is Revive in the delivery run of the lease, unless something else waits. It returns ErrLeaseLost if the lease is no longer held.
func (s *Store) Retry(ctx context.Context, lease work.Lease) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		if waits, err := hasState(ctx, tx, lease.Key, delivery.Waiting); err != nil || waits {
			return err
		}
		return move(ctx, tx, lease.Key, delivery.Event{Kind: delivery.Retried})
	})
	return database.Doing(err, "trying receiver %q again", lease.Key)
}

// GiveUp gives up all waiting deliveries of a receiver, with a reason. It returns ErrLeaseLost if the lease is no longer held.
func (s *Store) GiveUp(ctx context.Context, lease work.Lease, reason string) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		return move(ctx, tx, lease.Key, delivery.Event{Kind: delivery.ReceiverFailed, Error: reason})
	})
	return database.Doing(err, "giving up what waits for receiver %q", lease.Key)
}

// hasState reports whether any delivery of a receiver is in a state, which is Waiting or GivenUp.
func hasState(ctx context.Context, tx database.Tx, receiver string, state delivery.State) (has bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM delivery WHERE receiver = $1 AND `+owes+` AND state = $2)`, receiver, state).Scan(&has)
	return has, err
}

// Reconsider makes deliveries of firing alerts waiting again that are held, or skipped because of the level, because the rules may have
// changed.
func (s *Store) Reconsider(ctx context.Context, now time.Time) error {
	_, err := s.change(ctx, selection{
		alerts: `SELECT id FROM alert WHERE ` + alertrow.Open + ` AND state = 'firing'
			AND EXISTS (SELECT 1 FROM delivery WHERE delivery.alert = alert.id AND delivery.state IN ($1, $2)) ORDER BY id`,
		args: []any{delivery.Held, delivery.Skipped},
	}, always(delivery.Event{Kind: delivery.RulesChanged}), now, false)
	return database.Doing(err, "reconsidering what was held back")
}

// KeepReceivers sets the existing receivers. Deliveries of firing alerts to other receivers are removed until the receiver is back, and
// then updated. It returns, by name, how many were removed.
func (s *Store) KeepReceivers(ctx context.Context, receivers []string, now time.Time) (gone map[string]int64, err error) {
	gone = map[string]int64{}
	known, err := s.knownReceivers(ctx)
	for _, name := range known {
		if err != nil {
			break
		}
		if slices.Contains(receivers, name) {
			_, err = s.change(ctx, selection{
				alerts: `SELECT alert FROM delivery WHERE receiver = $1 AND ` + keptBack + ` AND state = $2 ORDER BY alert`, args: []any{name, delivery.Removed},
				receiver: name,
			}, always(delivery.Event{Kind: delivery.ReceiverBack}), now, false)
			continue
		}
		var removed map[string]int64
		removed, err = s.change(ctx, selection{
			alerts: `SELECT id FROM alert WHERE ` + alertrow.Open + ` AND state = 'firing'
				AND EXISTS (SELECT 1 FROM delivery WHERE alert = id AND receiver = $1 AND delivery.state <> $2) ORDER BY id`,
			args: []any{name, delivery.Removed}, receiver: name,
		}, always(delivery.Event{Kind: delivery.ReceiverGone}), now, false)
		if removed[name] > 0 {
			gone[name] = removed[name]
		}
	}
	return gone, database.Doing(err, "removing what receivers that are gone were to show")
}

// knownReceivers returns the receivers that have or had deliveries: each has a work item.
func (s *Store) knownReceivers(ctx context.Context) (names []string, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		names, err = database.Collect(ctx, tx, func(name *string) []any { return []any{name} }, `SELECT key FROM work WHERE kind = $1 ORDER BY key`, work.Receiver)
		return err
	})
	return names, err
}

// Redeliver makes a copy of what receivers should show of an alert owed, with all members of the same messages. receiver "" means all
// receivers of the alert. It returns the receivers.
func (s *Store) Redeliver(ctx context.Context, alert, receiver string, now time.Time) (receivers []string, err error) {
	err = s.db.Update(ctx, func(tx database.Tx) error {
		const chosen = `delivery.alert = $1 AND NOT rerouted AND ($2 = '' OR delivery.receiver = $2)`
		const messages = `(SELECT message FROM delivery WHERE ` + chosen + `)`
		const all = chosen + ` OR message IN ` + messages
		if err := lockReceiversOf(ctx, tx, all, alert, receiver); err != nil {
			return err
		}
		rows, err := readRows(ctx, tx, 0, all, alert, receiver)
		if err != nil {
			return err
		}
		changes := changesOf(rows, always(delivery.Event{Kind: delivery.Redeliver}), delivery.Policy{}, now)
		receivers = receiversOf(changes)
		for _, name := range receivers {
			if err := work.MakeDue(ctx, tx, work.Receiver, name, now, false); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE message SET ref = '' WHERE id IN `+messages, alert, receiver); err != nil {
			return err
		}
		return write(ctx, database.NewBatch(tx), changes)
	})
	return receivers, database.Doing(err, "sending alert %q again", alert)
}
