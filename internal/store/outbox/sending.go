package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// A Sending is a message that is about to be sent.
type Sending struct {
	Message Message
	Members []Delivery
	Policy  delivery.Policy // of the receiver
}

// sent returns what the message displays of a member if it is accepted.
func (s *Sending) sent(d *Delivery) delivery.Sent { return d.Sent(d.Facts(), s.Policy) }

// byAlert returns the members by the IDs of their alerts.
func (s *Sending) byAlert() map[string]*Delivery {
	members := make(map[string]*Delivery, len(s.Members))
	for i := range s.Members {
		members[s.Members[i].Alert.ID] = &s.Members[i]
	}
	return members
}

// An Outcome is the result of an attempt.
type Outcome struct {
	Sending // with the new Ref and PostedAt if it was posted; Members are those of Begin
	Attempt int64
	Status  AttemptStatus

	// ShowsValue lists the IDs of the members whose value the message shows and keeps current; a few of many.
	ShowsValue []string

	Error   string // reason of the failure; "" if posted or skipped
	All     bool   // the receiver accepts nothing: GiveUp will give up everything that waits, including this
	Detail  string // reason why there was nothing to show, if skipped
	At      time.Time
	Refresh bool // only values were updated: afterwards the attempt is deleted
}

// event returns the event of the attempt for a member.
func (o *Outcome) event(d *Delivery) delivery.Event {
	e := delivery.Event{Sent: o.sent(d), Again: !o.Message.BegunAt.IsZero(), Error: o.Error, Detail: o.Detail, Hours: d.Hours}
	switch o.Status {
	case Posted:
		e.Kind = delivery.Posted
	case Skipped:
		e.Kind = delivery.NothingToShow
	case Retrying:
		e.Kind = delivery.Failed
	case GivenUp:
		if e.Kind = delivery.GaveUp; o.All {
			e.Kind = delivery.Failed // so that it is retried if the lease is lost before GiveUp
		}
	}
	return e
}

// Begin records that messages are about to be sent, and returns the attempts. It attaches the members to the messages, and extends the
// lease to LeaseTime from machine on. It returns ErrLeaseLost if the lease is no longer held.
func (s *Store) Begin(ctx context.Context, lease work.Lease, sendings []Sending, started, machine time.Time) (attempts []int64, err error) {
	err = s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Extend(ctx, tx, lease, machine); err != nil {
			return err
		}
		statements := database.NewBatch(tx)
		for i := range sendings {
			if err := join(ctx, statements, &sendings[i], started); err != nil {
				return err
			}
		}
		attempts, err = insertAttempts(ctx, statements, lease.Key, sendings, started)
		return err
	})
	return attempts, database.Doing(err, "beginning to send %d messages to receiver %q", len(sendings), lease.Key)
}

// join stores a message with its members.
func join(ctx context.Context, b database.Batch, sending *Sending, started time.Time) error {
	message := sending.Message
	if message.BegunAt.IsZero() {
		err := b.Exec(ctx, `
			INSERT INTO message (id, receiver, ref, posted_at, begun_at, digest, cohort) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET begun_at = excluded.begun_at, digest = excluded.digest, cohort = excluded.cohort
			WHERE message.begun_at IS NULL`,
			message.ID, message.Receiver, message.Ref, database.At(message.PostedAt), database.At(started), message.Digest, message.Cohort)
		if err != nil {
			return err
		}
	}
	rows, err := storedTo(ctx, b.Tx, message.Receiver, alertIDs(sending.Members))
	if err != nil {
		return err
	}
	members := sending.byAlert()
	begun := func(r *row) delivery.Event {
		return delivery.Event{Kind: delivery.Begun, Message: message.ID, Sent: sending.sent(members[r.alert])}
	}
	return write(ctx, b, changesOf(rows, begun, sending.Policy, started))
}

// alertIDs returns the IDs of the alerts of deliveries.
func alertIDs(deliveries []Delivery) []string {
	ids := make([]string, len(deliveries))
	for i := range deliveries {
		ids[i] = deliveries[i].Alert.ID
	}
	return ids
}

// insertAttempts records an attempt at each message, with what it displays if it is accepted.
func insertAttempts(ctx context.Context, b database.Batch, receiver string, sendings []Sending, started time.Time) (attempts []int64, err error) {
	for _, sending := range sendings {
		var attempt int64
		err := b.Tx.QueryRowContext(ctx, `
			INSERT INTO attempt (message, receiver, started, status, error) VALUES ($1, $2, $3, '', '') RETURNING id`,
			sending.Message.ID, receiver, database.At(started)).Scan(&attempt)
		if err != nil {
			return nil, err
		}
		members := sending.Members
		table := database.Upsert{Table: "attempt_alert", Key: []string{"attempt", "alert"}, Fixed: []string{"version", "level", "display", "epoch"}}
		err = table.Run(ctx, b.Tx, len(members), func(i int) []any {
			d := &members[i]
			sent := sending.sent(d)
			return []any{attempt, d.Alert.ID, sent.Version, sent.Level, sent.Display, sent.Epoch}
		}, nil)
		if err != nil {
			return nil, err
		}
		attempts = append(attempts, attempt)
	}
	return attempts, nil
}

// End records the outcomes of attempts. It returns ErrLeaseLost if the lease is no longer held: then call Repair for each.
func (s *Store) End(ctx context.Context, lease work.Lease, outcomes ...Outcome) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		changed, err := work.Moved(ctx, tx, lease)
		if err != nil {
			return err
		}
		statements := database.NewBatch(tx)
		for i := range outcomes {
			outcome := &outcomes[i]
			if err := finish(ctx, statements, outcome); err != nil {
				return err
			}
			if outcome.Status == NotMade {
				continue
			}
			if err := outcome.save(ctx, statements, changed, outcome.event); err != nil {
				return err
			}
		}
		return nil
	})
	return database.Doing(err, "recording %d attempts to send to receiver %q", len(outcomes), lease.Key)
}

// finish ends an attempt and stores the reference of its message. A message that was skipped at its first attempt counts as never started,
// so it is not new to the receiver.
func finish(ctx context.Context, b database.Batch, outcome *Outcome) error {
	var err error
	if outcome.Refresh && (outcome.Status == Posted || outcome.Status == Skipped) {
		err = b.Exec(ctx, `DELETE FROM attempt WHERE id = $1`, outcome.Attempt)
	} else {
		err = closeAttempt(ctx, b, outcome)
	}
	if err != nil {
		return err
	}
	m := &outcome.Message
	err = b.Exec(ctx, `UPDATE message SET ref = $1, posted_at = $2 WHERE id = $3`, m.Ref, database.At(m.PostedAt), m.ID)
	if err == nil && outcome.Status == Skipped && m.BegunAt.IsZero() {
		err = b.Exec(ctx, `UPDATE message SET begun_at = NULL WHERE id = $1`, m.ID)
	}
	return err
}

func closeAttempt(ctx context.Context, b database.Batch, outcome *Outcome) error {
	return b.Exec(ctx, `UPDATE attempt SET ended = $1, status = $2, error = $3 WHERE id = $4`,
		database.At(outcome.At), outcome.Status, outcome.Error, outcome.Attempt)
}

// save applies the events of an attempt to the members of its message, in their stored state. changed says that their alerts may have
// changed since the members were read.
func (o *Outcome) save(ctx context.Context, b database.Batch, changed bool, event func(*Delivery) delivery.Event) error {
	read := storedTo
	if changed {
		read = rowsTo
	}
	rows, err := read(ctx, b.Tx, o.Message.Receiver, alertIDs(o.Members))
	if err != nil {
		return err
	}
	members := o.byAlert()
	changes := make([]change, 0, len(rows))
	for _, r := range rows {
		d := members[r.alert]
		if !changed {
			r.facts = d.Facts()
		}
		after := r.next(event(d), o.Policy, o.At)
		if d.Epoch == r.Epoch && after.Epoch == r.Epoch {
			if err := o.saveValue(&after, d); err != nil {
				return err
			}
		}
		if after != r {
			changes = append(changes, change{r, after})
		}
	}
	return write(ctx, b, changes)
}

// saveValue records in a row whether the message shows the value of the alert, and which value.
func (o *Outcome) saveValue(r *row, d *Delivery) error {
	if o.Status != Posted && o.Status != Skipped {
		return nil
	}
	r.figure, r.words = sql.NullFloat64{}, sql.NullString{}
	if !slices.Contains(o.ShowsValue, d.Alert.ID) {
		return nil
	}
	text, err := database.Document(&d.Alert.Texts).Value()
	if err != nil {
		return err
	}
	r.figure = sql.NullFloat64{Float64: d.Alert.Value, Valid: !math.IsNaN(d.Alert.Value)}
	return r.words.Scan(text)
}

// Repair records the outcome of an attempt for which End returned ErrLeaseLost. The post was made without a lease, or may have been made,
// so it may have replaced a newer one, or been replaced by one. The receiver is made due to show the newest state again.
func (s *Store) Repair(ctx context.Context, lease work.Lease, outcome Outcome) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		statements := database.NewBatch(tx)
		if outcome.Status == NotMade || outcome.Status == Skipped {
			return closeAttempt(ctx, statements, &outcome)
		}
		if err := work.MakeDue(ctx, tx, work.Receiver, lease.Key, outcome.At, true); err != nil {
			return err
		}
		kind, end := delivery.CutOff, closeAttempt // after a failed attempt it is unknown where the message is now
		if outcome.Status == Posted {
			kind, end = delivery.Overtaken, finish
		}
		if err := end(ctx, statements, &outcome); err != nil {
			return err
		}
		return outcome.save(ctx, statements, true, func(d *Delivery) delivery.Event {
			return delivery.Event{Kind: kind, Sent: outcome.sent(d)}
		})
	})
	return database.Doing(err, "repairing what message %q shows at receiver %q", outcome.Message.ID, lease.Key)
}

// RecoverInterrupted makes attempts without a result that started before a time count as interrupted: the process that made them has died, or was
// frozen for so long that others have taken over its work. A receiver that is leased at machine waits for a later call, but not for longer
// than an hour.
func (s *Store) RecoverInterrupted(ctx context.Context, before, machine time.Time) error {
	late := fmt.Sprintf(`(%s AND started < %d OR %s AND started < %d)`,
		LeftAttempt(machine), before.UnixMilli(), OpenAttempt, before.Add(-time.Hour).UnixMilli())
	var some bool
	err := s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM attempt WHERE `+late+`)`).Scan(&some)
	})
	if err == nil && some {
		err = s.db.Update(ctx, func(tx database.Tx) error { return RecoverInterrupted(ctx, tx, late) })
	}
	return database.Doing(err, "ending attempts that were cut off")
}

// RecoverInterrupted gives attempts without a result the status CutOff, and makes the newest state owed if one of them may have replaced it. It
// handles all attempts that open, a condition on the columns of attempt, selects.
func RecoverInterrupted(ctx context.Context, tx database.Tx, open string) error {
	receivers, err := database.Collect(ctx, tx, func(name *string) []any { return []any{name} }, `SELECT DISTINCT receiver FROM attempt WHERE `+open)
	if err != nil {
		return err
	}
	if err := lockReceivers(ctx, tx, receivers...); err != nil {
		return err
	}
	type cut struct {
		address
		started time.Time
		delivery.Sent
	}
	cutOff := `FROM attempt JOIN attempt_alert ON attempt = id WHERE ` + open
	attempts, err := database.Collect(ctx, tx, func(c *cut) []any {
		return []any{&c.receiver, &c.alert, database.Time(&c.started), &c.Version, &c.Level, &c.Display, &c.Epoch}
	}, `SELECT receiver, alert, started, version, level, display, epoch `+cutOff+` ORDER BY version DESC`)
	if err != nil {
		return err
	}
	of, due, oldest := map[address][]cut{}, map[string]bool{}, time.Time{}
	for _, c := range attempts {
		of[c.address], due[c.receiver], oldest = append(of[c.address], c), true, work.Earlier(oldest, c.started)
	}
	if err := work.MakeReceiversDue(ctx, tx, oldest, due); err != nil {
		return err
	}
	rows, err := readRows(ctx, tx, len(of), `(delivery.receiver, delivery.alert) IN (SELECT receiver, alert `+cutOff+`)`)
	if err != nil {
		return err
	}
	var changes []change
	for _, r := range rows {
		after := r
		for _, c := range of[address{r.alert, r.receiver}] {
			after = after.next(delivery.Event{Kind: delivery.CutOff, Sent: c.Sent}, delivery.Policy{}, c.started)
		}
		if after != r {
			changes = append(changes, change{r, after})
		}
	}
	if err := write(ctx, database.NewBatch(tx), changes); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE attempt SET status = $1 WHERE `+open, CutOff)
	return err
}

// Settle stores waiting deliveries as held or skipped; Detail of each is the text of its mute or acknowledgement. Deliveries that changed
// since they were read stay unchanged. It returns ErrLeaseLost if the lease is no longer held.
func (s *Store) Settle(ctx context.Context, lease work.Lease, p delivery.Policy, deliveries []Delivery) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		considered := make(map[string]delivery.Event, len(deliveries))
		for i := range deliveries {
			d := &deliveries[i]
			considered[d.Alert.ID] = d.Considered(d.Detail)
		}
		rows, err := rowsTo(ctx, tx, lease.Key, alertIDs(deliveries))
		if err != nil {
			return err
		}
		changes := changesOf(rows, func(r *row) delivery.Event { return considered[r.alert] }, p, time.Time{})
		return write(ctx, database.NewBatch(tx), changes)
	})
	return database.Doing(err, "settling deliveries to receiver %q", lease.Key)
}
