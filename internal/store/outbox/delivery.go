package outbox

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A Message is a post to a receiver. It shows one alert or more.
type Message struct {
	ID       string // also the idempotency key
	Receiver string
	Ref      string    // the receiver's own reference for updating it; "" before it was posted
	PostedAt time.Time // when it was last posted or updated, or an update was skipped; zero if never
	BegunAt  time.Time // when Begin first started to send it, with any result; zero if never, or if it was skipped
	Digest   bool      // contains alerts that exceeded the hourly cap
	Cohort   string    // what its devices have in common, as JSON; "" if nothing. It is stored when the message is first sent
}

// A Delivery is what one receiver owes for an alert.
type Delivery struct {
	Alert rules.Alert // the current alert
	Hours string      // text, if the receiver is outside its hours for the alert; set by a round, not stored
	delivery.Delivery
}

// Facts returns the facts of its alert.
func (d *Delivery) Facts() delivery.Facts {
	f := delivery.FactsOf(&d.Alert)
	f.Outside = d.Hours != ""
	return f
}

// Considered returns the event that its receiver is served, for Settle. detail is the text of the mute or acknowledgement.
func (d *Delivery) Considered(detail string) delivery.Event {
	return delivery.Event{
		Kind: delivery.Considered, Sent: delivery.Sent{Version: d.Alert.Version, Epoch: d.Epoch}, Detail: detail, Hours: d.Hours,
	}
}

// fields lists the destinations of deliveryColumns.
func (d *Delivery) fields() []any { return append(own(&d.Delivery), alertrow.Fields(&d.Alert)...) }

// deliveryColumns are the columns of a delivery and its alert.
var deliveryColumns = ownColumns + `, alert.id, alert.` + strings.Join(alertrow.Columns, ", alert.")

// readDeliveries returns the deliveries that condition selects, in the order in which their alerts fired.
func readDeliveries(ctx context.Context, tx database.Tx, condition string, args ...any) ([]Delivery, error) {
	return database.Collect(ctx, tx, (*Delivery).fields, `
		SELECT `+deliveryColumns+`
		FROM delivery JOIN alert ON alert.id = delivery.alert
		WHERE `+condition+`
		ORDER BY fired_at NULLS FIRST, alert.since NULLS FIRST, id`, args...)
}

// EachFresh calls each for every delivery of a receiver that Undelivered returns and that belongs to no message yet, in that order. It is
// brief, with names if names is set, and valid only during the call, which must not use the store.
func (s *Store) EachFresh(ctx context.Context, receiver string, names bool, each func(*Delivery)) error {
	err := s.db.View(ctx, func(tx database.Tx) error {
		return eachBrief(ctx, tx, names, each, undelivered+` AND message IS NULL ORDER BY fired_at NULLS FIRST, since NULLS FIRST, id`, receiver)
	})
	return database.Doing(err, "reading what is new to receiver %q", receiver)
}

// eachBrief calls each for every delivery that condition selects. Its Alert has only ID, Rule, Project, Subject, State, Level, Version, Reason,
// Already, Drill, Mute, Ack and, if names is set, the names of its subject and project, which take time to read. It is valid only during the
// call, which must not use the store.
func eachBrief(ctx context.Context, tx database.Tx, names bool, each func(*Delivery), condition string, args ...any) error {
	named := `'', ''`
	if names {
		named = `coalesce(told ->> 'subject', ''), coalesce(told ->> 'project', '')`
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT `+ownColumns+`, id, rule, project, subject, alert.state, level, version, alert.reason, already, drill, mute, ack, `+named+`
		FROM delivery JOIN alert ON alert.id = delivery.alert
		WHERE `+condition, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var d Delivery
	a, seen := &d.Alert, database.NewRepeated()
	fields := append(own(&d.Delivery), &a.ID, seen.Text(&a.Rule), seen.Text(&a.Project), &a.Subject, &a.State, &a.Level, &a.Version, &a.Reason,
		&a.Already, &a.Drill, database.Document(&a.Mute), database.Document(&a.Ack), &a.Texts.Subject, seen.Text(&a.Texts.Project))
	for rows.Next() {
		if err := rows.Scan(fields...); err != nil {
			return err
		}
		each(&d)
	}
	return rows.Err()
}

// Fresh returns the deliveries for the alerts with some IDs that Undelivered returns for a receiver and that belong to no message yet, in
// the order of the IDs. Each Alert has everything that a message shows; Holds and Then are left out.
func (s *Store) Fresh(ctx context.Context, receiver string, alerts []string) ([]Delivery, error) {
	all := make([]Delivery, len(alerts)) // at their indexes, because SQLite would sort whole rows
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT `+freshColumns+` FROM delivery JOIN alert ON alert.id = delivery.alert
			WHERE `+undelivered+` AND message IS NULL AND delivery.alert `+tx.Among(2), receiver, database.Texts(alerts))
		if err != nil {
			return err
		}
		return placeFresh(all, alerts, rows)
	})
	found := slices.DeleteFunc(all, func(d Delivery) bool { return d.Alert.ID == "" })
	return found, database.Doing(err, "reading what is new to receiver %q", receiver)
}

// freshColumns are deliveryColumns without those that no message shows.
var freshColumns = strings.NewReplacer("alert.holds", "''", "alert.then_values", "'"+database.EmptyDocument+"'").Replace(deliveryColumns)

// placeFresh reads rows of freshColumns into all, each at the index of its alert, and closes them.
func placeFresh(all []Delivery, alerts []string, rows *sql.Rows) error {
	defer func() { _ = rows.Close() }()
	place := make(map[string]int, len(alerts))
	for i, id := range alerts {
		place[id] = i
	}
	var d Delivery
	fields := d.fields()
	for rows.Next() {
		if err := rows.Scan(fields...); err != nil {
			return err
		}
		all[place[d.Alert.ID]] = d
	}
	return rows.Err()
}

const (
	// undelivered selects what receiver $1 owes.
	undelivered = `receiver = $1 AND ` + owes + ` AND ` + `delivery.state = '` + string(delivery.Waiting) + `'`

	// owes is the condition of the index of the deliveries that are Waiting or GivenUp, and of those that were when they became Removed.
	owes = `waiting_since IS NOT NULL`

	// keptBack is the condition of the index of the deliveries that are Held or Removed.
	keptBack = `delivery.state IN ('` + string(delivery.Held) + `', '` + string(delivery.Removed) + `')`
)

// Undelivered returns the waiting deliveries of a receiver, in the order in which their alerts fired.
func (s *Store) Undelivered(ctx context.Context, receiver string) (deliveries []Delivery, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		deliveries, err = readDeliveries(ctx, tx, undelivered, receiver)
		return err
	})
	return deliveries, database.Doing(err, "reading what receiver %q should show", receiver)
}

// Unshown returns the number of waiting and given-up deliveries of a receiver, and the last error of one of them; "" if there was none.
func (s *Store) Unshown(ctx context.Context, receiver string) (count int, problem string, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT count(*), coalesce(max(error), '') FROM delivery
			WHERE receiver = $1 AND `+owes+` AND state IN ($2, $3)`, receiver, delivery.Waiting, delivery.GivenUp).Scan(&count, &problem)
	})
	return count, problem, database.Doing(err, "counting what receiver %q does not show", receiver)
}

// Changes returns the messages of a receiver with an undelivered change, each with all its members, in the order in which their alerts
// fired.
func (s *Store) Changes(ctx context.Context, receiver string) ([]Sending, error) {
	var messages []Message
	var members []Delivery
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		const due = `SELECT message FROM delivery WHERE ` + undelivered
		messages, err = database.Collect(ctx, tx, (*Message).fields, `SELECT `+messageColumns+` FROM message WHERE id IN (`+due+`)`, receiver)
		if err != nil || len(messages) == 0 {
			return err
		}
		members, err = readDeliveries(ctx, tx, `message IN (`+due+`)`, receiver)
		return err
	})
	return sendings(messages, members), database.Doing(err, "reading which messages to receiver %q have to change", receiver)
}

// sendings groups members by message, in the order of the members.
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

const messageColumns = `id, receiver, ref, posted_at, begun_at, digest, cohort`

// fields lists the destinations of messageColumns.
func (m *Message) fields() []any {
	return []any{&m.ID, &m.Receiver, &m.Ref, database.Time(&m.PostedAt), database.Time(&m.BegunAt), &m.Digest, &m.Cohort}
}

// ErrNoMessage means that there is no message with that ID, or no longer.
var ErrNoMessage = errors.New("there is no such message")

// Members returns the message and all deliveries that it shows, in the order in which their alerts fired. It returns ErrNoMessage if there
// is none.
func (s *Store) Members(ctx context.Context, message string) (m Message, members []Delivery, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		ok, err := database.Found(tx.QueryRowContext(ctx, `SELECT `+messageColumns+` FROM message WHERE id = $1`, message), m.fields()...)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoMessage
		}
		members, err = readDeliveries(ctx, tx, `message = $1`, message)
		return err
	})
	return m, members, database.Doing(err, "reading message %q", message)
}

// stale selects deliveries to receiver $1 that show an outdated value or text: the advice or the name of the project may have changed.
const stale = `FROM delivery JOIN alert ON alert.id = delivery.alert
	WHERE receiver = $1 AND ` + ShowsValue + ` AND delivery.state = '` + string(delivery.Delivered) + `'
	AND display = '` + string(delivery.DisplayFiring) + `' AND alert.state = 'firing'
	AND (figure IS DISTINCT FROM alert.value OR words IS DISTINCT FROM alert.told)`

// IsStale reports whether a receiver shows an outdated value or text of an alert of a project.
func IsStale(ctx context.Context, tx database.Tx, receiver, project string) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 `+stale+` AND alert.project = $2)`, receiver, project).Scan(&yes)
	return yes, err
}

// Stale returns at most limit messages of a receiver that show an outdated value or text, those that were not updated for the longest time
// first.
func (s *Store) Stale(ctx context.Context, receiver string, limit int) (messages []string, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		messages, err = database.Collect(ctx, tx, func(id *string) []any { return []any{id} }, `
			SELECT message.id FROM message WHERE message.id IN (SELECT message `+stale+`)
			ORDER BY posted_at NULLS FIRST, message.id LIMIT $2`, receiver, limit)
		return err
	})
	return messages, database.Doing(err, "reading which messages to receiver %q show old figures", receiver)
}

// Begun returns the number of messages to a receiver that were started after a time, and the time of the last digest; zero if there was
// none.
func (s *Store) Begun(ctx context.Context, receiver string, after time.Time) (count int, digest time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM message WHERE receiver = $1 AND begun_at > $2 AND NOT digest`,
			receiver, database.At(after)).Scan(&count)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT max(begun_at) FROM message WHERE receiver = $1 AND digest`, receiver).Scan(database.Time(&digest))
	})
	return count, digest, database.Doing(err, "counting the messages to receiver %q", receiver)
}

// DeliveriesOf returns the deliveries of an alert by receiver.
func (s *Store) DeliveriesOf(ctx context.Context, alert string) (map[string]Delivery, error) {
	type received struct {
		receiver string
		Delivery
	}
	byReceiver := map[string]Delivery{}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, func(r *received) []any { return append([]any{&r.receiver}, r.fields()...) },
			`SELECT receiver, `+deliveryColumns+` FROM delivery JOIN alert ON alert.id = delivery.alert WHERE alert.id = $1`, alert)
		for _, r := range rows {
			byReceiver[r.receiver] = r.Delivery
		}
		return err
	})
	return byReceiver, database.Doing(err, "reading the deliveries of alert %q", alert)
}

// DeliveriesTo returns the deliveries of some alerts, by alert ID and receiver. Their Alert is empty.
func (s *Store) DeliveriesTo(ctx context.Context, alerts []string) (map[string]map[string]Delivery, error) {
	type received struct {
		alert, receiver string
		Delivery
	}
	fields := func(r *received) []any { return append([]any{&r.alert, &r.receiver}, own(&r.Delivery.Delivery)...) }
	byAlert := map[string]map[string]Delivery{}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, fields, `
			SELECT alert, receiver, `+ownColumns+` FROM delivery
			WHERE alert `+tx.Among(1), database.Texts(alerts))
		for _, r := range rows {
			if byAlert[r.alert] == nil {
				byAlert[r.alert] = map[string]Delivery{}
			}
			byAlert[r.alert][r.receiver] = r.Delivery
		}
		return err
	})
	return byAlert, database.Doing(err, "reading the deliveries of alerts")
}

// ShowsValue is the condition of the index of the deliveries whose message shows the value of the alert.
const ShowsValue = `words IS NOT NULL`
