package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"notewatch/rules"
)

// A Message is something posted to a receiver. It shows one alert or more.
type Message struct {
	ID       string // also the idempotency key
	Receiver string
	Ref      string    // the receiver's own handle for changing it; "" before it was posted
	PostedAt time.Time // zero: never
}

// A Delivery is what one receiver should show and does show of one alert. It goes back to the store as it was read, but
// for what End, Repair and Settle say.
type Delivery struct {
	Alert   rules.Alert // as it is now
	Want    int64       // version that should be shown
	Have    int64       // version that is shown; 0 is none
	Shown   rules.Level // level that is shown; Inactive when nothing or an end is
	Message string      // ID of the message that shows it; "" before one does
	Dead    bool        // given up, until Want moves
	Error   string      // why the last attempt failed; ""  if it did not

	repairs int64 // how often Repair had corrected it when it was read
}

// fields lists where the columns of readDeliveries go.
func (d *Delivery) fields() []any {
	own := []any{&d.Want, &d.Have, &d.Shown, optional{&d.Message}, &d.Dead, &d.Error, &d.repairs}
	return append(own, alertFields(&d.Alert)...)
}

// readDeliveries returns the deliveries for which condition holds, in the order of their alerts' firing.
func readDeliveries(ctx context.Context, tx *sql.Tx, condition string, args ...any) ([]Delivery, error) {
	return collect(ctx, tx, (*Delivery).fields, `
		SELECT want, have, shown, message, dead, error, repairs, id, `+list(alertColumns)+`
		FROM delivery JOIN alert ON alert.id = delivery.alert
		WHERE `+condition+`
		ORDER BY fired_at, since, id`, args...)
}

// Undelivered returns the deliveries of a receiver whose Want is ahead of Have and that are not dead, in the order of
// their alerts' firing.
func (s *Store) Undelivered(ctx context.Context, receiver string) (deliveries []Delivery, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		deliveries, err = readDeliveries(ctx, tx, `receiver = $1 AND want > have AND NOT dead`, receiver)
		return err
	})
	return deliveries, doing(err, "reading what receiver %q should show", receiver)
}

// Deliveries returns all deliveries of a receiver, in the order of their alerts' firing.
func (s *Store) Deliveries(ctx context.Context, receiver string) (deliveries []Delivery, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		deliveries, err = readDeliveries(ctx, tx, `receiver = $1`, receiver)
		return err
	})
	return deliveries, doing(err, "reading the deliveries of receiver %q", receiver)
}

// Members returns the message and all deliveries that it shows, in the order of their alerts' firing.
func (s *Store) Members(ctx context.Context, message string) (m Message, members []Delivery, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, `SELECT id, receiver, ref, posted_at FROM message WHERE id = $1`, message)
		ok, err := found(row, &m.ID, &m.Receiver, &m.Ref, instant{&m.PostedAt})
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("there is no such message")
		}
		members, err = readDeliveries(ctx, tx, `message = $1`, message)
		return err
	})
	return m, members, doing(err, "reading message %q", message)
}

// Revive makes a receiver try again what was given up: somebody may have mended what was wrong with it.
func (s *Store) Revive(ctx context.Context, receiver string, now time.Time) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE delivery SET dead = FALSE WHERE receiver = $1 AND dead AND want > have`, receiver)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return raise(ctx, tx, Receiver, receiver, now, true)
	})
	return doing(err, "reviving what receiver %q had given up", receiver)
}

// Settle records that deliveries have nothing to show: Have and Shown of each are stored as given. ErrLeaseLost if the
// lease is no longer held.
func (s *Store) Settle(ctx context.Context, lease Lease, deliveries []Delivery) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := hold(ctx, tx, lease); err != nil {
			return err
		}
		return saveDeliveries(ctx, tx, lease.Key, deliveries, "")
	})
	return doing(err, "settling deliveries to receiver %q", lease.Key)
}

// saveDeliveries stores Have, Shown and Dead of deliveries, and why the last attempt failed. A delivery that was
// repaired since it was read is left as it is: nobody knows whose post came last, so it is shown once more. Nor is one
// given up that has something newer to show.
func saveDeliveries(ctx context.Context, tx *sql.Tx, receiver string, deliveries []Delivery, failure string) error {
	for _, d := range deliveries {
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery SET have = $1, shown = $2, dead = ($3 AND want = $4), error = $5
			WHERE alert = $6 AND receiver = $7 AND repairs = $8`,
			d.Have, d.Shown, d.Dead, d.Want, failure, d.Alert.ID, receiver, d.repairs)
		if err != nil {
			return err
		}
	}
	return nil
}
