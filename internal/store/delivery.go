package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"notewatch/rules"
)

// A Message is something posted to a receiver. It shows one alert or more.
type Message struct {
	ID       string // also the idempotency key
	Receiver string
	Ref      string    // the receiver's own handle for changing it; "" before it was posted
	PostedAt time.Time // when it was last posted or changed, or an attempt to change it skipped; zero: never
	BegunAt  time.Time // when Begin first began to send it, whatever came of it; zero: never, or it was skipped
	Digest   bool      // holds what was too much for messages of its own
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
	Why     string      // why nothing is sent, until Want moves; "" is that nothing stands in the way
	Via     string      // name of the receiver in whose place this one is told; "" is none
	Closed  bool        // the receiver is no longer there
	Moves   int64       // how often the route was turned away from the receiver or back to it; see Away

	// WaitingSince is since when something has had to be shown without a gap; zero: nothing has to be, or Why stands in the way.
	WaitingSince time.Time

	repairs int64 // how often Repair had corrected it when it was read
}

// Away reports whether others are told of the alert now, in place of this receiver.
func (d Delivery) Away() bool { return d.Moves%2 == 1 }

// own lists where ownColumns go.
func (d *Delivery) own() []any {
	return []any{
		&d.Want, &d.Have, &d.Shown, optional{&d.Message}, &d.Dead, &d.Error, &d.Why, &d.Via, &d.Closed, &d.Moves,
		instant{&d.WaitingSince}, &d.repairs,
	}
}

const ownColumns = `want, have, shown, message, dead, error, why, via, closed, moves, waiting_since, repairs`

// fields lists where deliveryColumns go.
func (d *Delivery) fields() []any { return append(d.own(), alertFields(&d.Alert)...) }

// deliveryColumns are those of a delivery and its alert.
var deliveryColumns = ownColumns + `, id, ` + list(alertColumns)

// readDeliveries returns the deliveries for which condition holds, in the order of their alerts' firing.
func readDeliveries(ctx context.Context, tx *sql.Tx, condition string, args ...any) ([]Delivery, error) {
	return collect(ctx, tx, (*Delivery).fields, `
		SELECT `+deliveryColumns+`
		FROM delivery JOIN alert ON alert.id = delivery.alert
		WHERE `+condition+`
		ORDER BY fired_at, since, id`, args...)
}

// EachFresh calls each for every delivery of a receiver that Undelivered returns and that belongs to no message yet, in that order.
// Of its Alert it has ID, Rule, Project, State, Level, Version, Reason, Already, Mute and Ack. It is valid during the call only, which
// must not use the store.
func (s *Store) EachFresh(ctx context.Context, receiver string, each func(*Delivery)) error {
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT `+ownColumns+`, id, rule, project, state, level, version, reason, already, mute, ack
			FROM delivery JOIN alert ON alert.id = delivery.alert
			WHERE `+undelivered+` AND message IS NULL
			ORDER BY fired_at, since, id`, receiver)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		var d Delivery
		a, seen := &d.Alert, repeated{texts: map[string]string{}}
		fields := append(d.own(), &a.ID, seen.text(&a.Rule), seen.text(&a.Project), &a.State, &a.Level, &a.Version, &a.Reason, &a.Already,
			document[rules.Mute]{&a.Mute}, document[rules.Ack]{&a.Ack})
		for rows.Next() {
			if err := rows.Scan(fields...); err != nil {
				return err
			}
			each(&d)
		}
		return rows.Err()
	})
	return doing(err, "reading what is new to receiver %q", receiver)
}

// Fresh is Undelivered without what belongs to a message already. alerts are the IDs of the only ones that are wanted; nil is all.
func (s *Store) Fresh(ctx context.Context, receiver string, alerts []string) (deliveries []Delivery, err error) {
	condition, args := undelivered+` AND message IS NULL`, []any{receiver}
	if alerts != nil {
		condition, args = condition+` AND delivery.alert IN (SELECT value FROM json_each($2))`, append(args, document[[]string]{&alerts})
	}
	err = s.view(ctx, func(tx *sql.Tx) error {
		deliveries, err = readDeliveries(ctx, tx, condition, args...)
		return err
	})
	return deliveries, doing(err, "reading what is new to receiver %q", receiver)
}

// undelivered selects what receiver $1 does not show yet.
const undelivered = `receiver = $1 AND want > have AND NOT dead AND why = '' AND NOT closed`

// Undelivered returns the deliveries of a receiver whose Want is ahead of Have, that are not dead and that nothing
// stands in the way of, in the order of their alerts' firing.
func (s *Store) Undelivered(ctx context.Context, receiver string) (deliveries []Delivery, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		deliveries, err = readDeliveries(ctx, tx, undelivered, receiver)
		return err
	})
	return deliveries, doing(err, "reading what receiver %q should show", receiver)
}

// Unshown returns of how many alerts a receiver does not show what it should, what is held back left out, and why the last
// attempt at one of them failed; "" if none did.
func (s *Store) Unshown(ctx context.Context, receiver string) (count int, problem string, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT count(*), coalesce(max(error), '') FROM delivery
			WHERE receiver = $1 AND want > have AND why = '' AND NOT closed`, receiver).Scan(&count, &problem)
	})
	return count, problem, doing(err, "counting what receiver %q does not show", receiver)
}

// Changes returns the messages of a receiver that show an alert of which something is undelivered, each with all that it
// shows, in the order of their alerts' firing.
func (s *Store) Changes(ctx context.Context, receiver string) ([]Sending, error) {
	var messages []Message
	var members []Delivery
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		const due = `SELECT message FROM delivery WHERE ` + undelivered
		messages, err = collect(ctx, tx, (*Message).fields, `SELECT `+messageColumns+` FROM message WHERE id IN (`+due+`)`, receiver)
		if err != nil || len(messages) == 0 {
			return err
		}
		members, err = readDeliveries(ctx, tx, `message IN (`+due+`)`, receiver)
		return err
	})
	return sendings(messages, members), doing(err, "reading which messages to receiver %q have to change", receiver)
}

// sendings puts members to their messages, in the order of the members.
func sendings(messages []Message, members []Delivery) []Sending {
	byID := make(map[string]Message, len(messages))
	for _, m := range messages {
		byID[m.ID] = m
	}
	place := make(map[string]int, len(messages))
	all := make([]Sending, 0, len(messages))
	for _, d := range members {
		at, ok := place[d.Message]
		if !ok {
			at = len(all)
			place[d.Message] = at
			all = append(all, Sending{Message: byID[d.Message]})
		}
		all[at].Members = append(all[at].Members, d)
	}
	return all
}

const messageColumns = `id, receiver, ref, posted_at, begun_at, digest`

// fields lists where messageColumns go.
func (m *Message) fields() []any {
	return []any{&m.ID, &m.Receiver, &m.Ref, instant{&m.PostedAt}, instant{&m.BegunAt}, &m.Digest}
}

// Members returns the message and all deliveries that it shows, in the order of their alerts' firing. ErrNoMessage if there
// is none.
func (s *Store) Members(ctx context.Context, message string) (m Message, members []Delivery, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		ok, err := found(tx.QueryRowContext(ctx, `SELECT `+messageColumns+` FROM message WHERE id = $1`, message), m.fields()...)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoMessage
		}
		members, err = readDeliveries(ctx, tx, `message = $1`, message)
		return err
	})
	return m, members, doing(err, "reading message %q", message)
}

// Retry revives, in the turn that the lease is for, what was given up, unless there is something else to try. ErrLeaseLost if
// the lease is no longer held.
func (s *Store) Retry(ctx context.Context, lease Lease) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := hold(ctx, tx, lease); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery SET dead = FALSE WHERE receiver = $1 AND dead AND want > have
			AND NOT EXISTS (SELECT 1 FROM delivery WHERE `+undelivered+`)`, lease.Key)
		return err
	})
	return doing(err, "trying receiver %q again", lease.Key)
}

// Settle records that deliveries have nothing to show, or nothing for now: Have, Shown and Why of each are stored as
// given. ErrLeaseLost if the lease is no longer held.
func (s *Store) Settle(ctx context.Context, lease Lease, deliveries []Delivery) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := hold(ctx, tx, lease); err != nil {
			return err
		}
		return saveDeliveries(ctx, newBatch(tx), lease.Key, Outcome{Members: deliveries})
	})
	return doing(err, "settling deliveries to receiver %q", lease.Key)
}

// saveDeliveries stores Have, Shown, Dead and Why of deliveries, the value and the texts of those in ShowsValue that were posted or
// skipped, and why the last attempt failed. A delivery that was repaired since it was read is left as it is: nobody knows whose post
// came last, so it is shown once more. Nor is one given up or held back that has something newer to show.
func saveDeliveries(ctx context.Context, b batch, receiver string, o Outcome) error {
	sent := o.Status == Posted || o.Status == Skipped
	for i := range o.Members {
		d := &o.Members[i]
		shows := slices.Contains(o.ShowsValue, d.Alert.ID)
		if o.Same[d.Alert.ID] && !shows {
			continue
		}
		var value, words any
		if shows {
			value, words = number{&d.Alert.Value}, document[rules.Told]{&d.Alert.Told}
		}
		_, err := b.exec(ctx, `
			UPDATE delivery SET have = $1, shown = $2, figure = CASE WHEN $3 THEN $4 ELSE figure END, words = CASE WHEN $3 THEN $13 ELSE words END,
				dead = ($5 AND want = $6), error = $7, why = CASE WHEN want = $6 THEN $8 ELSE '' END,
				waiting_since = CASE WHEN want = $1 OR want = $6 AND $8 <> '' THEN NULL WHEN $3 THEN $12 ELSE waiting_since END
			WHERE alert = $9 AND receiver = $10 AND repairs = $11`,
			d.Have, d.Shown, sent, value, d.Dead, d.Want, o.Error, d.Why, d.Alert.ID, receiver, d.repairs, at(o.At), words)
		if err != nil {
			return err
		}
	}
	if !sent {
		return nil
	}
	shown := append([]string{}, o.ShowsValue...) // nil is no list
	_, err := b.exec(ctx, `
		UPDATE delivery SET figure = NULL, words = NULL
		WHERE receiver = $1 AND message = $2 AND `+showsValue+` AND alert NOT IN (SELECT value FROM json_each($3))`,
		receiver, o.Message.ID, document[[]string]{&shown})
	return err
}

// stale selects deliveries to receiver $1 that show a value which has changed since, or other texts: the advice or the name of the
// project may have been changed.
const stale = `FROM delivery JOIN alert ON alert.id = delivery.alert
	WHERE receiver = $1 AND ` + showsValue + ` AND message IS NOT NULL AND have > 0 AND NOT dead AND NOT closed AND moves % 2 = 0
	AND alert.state = 'firing' AND (figure IS DISTINCT FROM alert.value OR words IS DISTINCT FROM alert.told)`

// Stale returns the messages of a receiver that show a figure or a text which has changed since, those that were not changed for the
// longest time first, at most limit.
func (s *Store) Stale(ctx context.Context, receiver string, limit int) (messages []string, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		messages, err = collect(ctx, tx, func(id *string) []any { return []any{id} }, `
			SELECT message.id FROM message WHERE message.id IN (SELECT message `+stale+`)
			ORDER BY posted_at, message.id LIMIT $2`, receiver, limit)
		return err
	})
	return messages, doing(err, "reading which messages to receiver %q show old figures", receiver)
}

// Begun returns how many messages to a receiver were begun after a time, and when the last digest was; the zero time is
// never.
func (s *Store) Begun(ctx context.Context, receiver string, after time.Time) (count int, digest time.Time, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM message WHERE receiver = $1 AND begun_at > $2 AND NOT digest`,
			receiver, at(after)).Scan(&count)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT max(begun_at) FROM message WHERE receiver = $1 AND digest`, receiver).Scan(instant{&digest})
	})
	return count, digest, doing(err, "counting the messages to receiver %q", receiver)
}

// A StandIn says what one receiver is told in place of another.
type StandIn struct {
	For    string      // the receiver that cannot be told
	From   rules.Level // the lowest level that it wants
	Before time.Time   // what has waited since then or longer, and what was given up
	Now    time.Time   // domain clock
}

// FallBack gives a receiver the firing alerts that another one is to be told and cannot be, as far as that one does not show
// them, or shows them as less bad. It returns how many are new to it. ErrLeaseLost if the lease on the receiver is no longer
// held.
func (s *Store) FallBack(ctx context.Context, lease Lease, in StandIn) (count int64, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		if err := hold(ctx, tx, lease); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `
			INSERT INTO delivery (alert, receiver, want, have, shown, dead, error, repairs, via, waiting_since)
			SELECT alert.id, $1, alert.version, 0, 0, FALSE, '', 0, delivery.receiver, $5
			FROM delivery JOIN alert ON alert.id = delivery.alert
			WHERE receiver = $2 AND want > have AND why = '' AND moves % 2 = 0 AND state = 'firing' AND level >= $3
			AND (have = 0 OR shown < level) AND (dead OR waiting_since <= $4)
			ON CONFLICT (alert, receiver) DO UPDATE SET moves = moves + 1, via = excluded.via, `+onceMore+`$5
			WHERE moves % 2 = 1`, lease.Key, in.For, in.From, at(in.Before), at(in.Now))
		if err == nil {
			count, err = result.RowsAffected()
		}
		return err
	})
	return count, doing(err, "telling receiver %q in place of %q", lease.Key, in.For)
}

// DeliveriesOf returns the deliveries of an alert by receiver.
func (s *Store) DeliveriesOf(ctx context.Context, alert string) (map[string]Delivery, error) {
	type row struct {
		receiver string
		Delivery
	}
	byReceiver := map[string]Delivery{}
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := collect(ctx, tx, func(r *row) []any { return append([]any{&r.receiver}, r.fields()...) },
			`SELECT receiver, `+deliveryColumns+` FROM delivery JOIN alert ON alert.id = delivery.alert WHERE alert.id = $1`, alert)
		for _, r := range rows {
			byReceiver[r.receiver] = r.Delivery
		}
		return err
	})
	return byReceiver, doing(err, "reading who was told of alert %q", alert)
}
