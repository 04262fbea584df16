package store

import (
	"context"
	"database/sql"
	"time"

	"notewatch/rules"
)

// An Attempt is one try to send one message.
type Attempt struct {
	ID       int64
	Message  string
	Receiver string
	Versions map[string]int64 // alert ID → version sent
	Started  time.Time
	Ended    time.Time // zero: cut off, or still running
	Status   AttemptStatus
	Error    string
}

// An AttemptStatus is how an attempt ended; "" is that it has not, as far as is known.
type AttemptStatus string

// The ends of an attempt. An attempt without end was cut off by a crash: it may or may not have been posted.
const (
	NotMade  AttemptStatus = "not made" // the turn ended before it
	Posted   AttemptStatus = "posted"
	Skipped  AttemptStatus = "skipped" // the receiver had nothing to show of it
	Retrying AttemptStatus = "retry"
	GivenUp  AttemptStatus = "dead"
	CutOff   AttemptStatus = "cut off" // found without end by ReleaseAll
)

// A Sending is a message that is about to be sent.
type Sending struct {
	Message Message
	Members []Delivery
}

// An Outcome is how an attempt went.
type Outcome struct {
	Attempt int64
	Message Message    // with the new Ref and PostedAt if it was posted
	Members []Delivery // with the new Have and Shown if it was posted or skipped, Dead if given up
	Status  AttemptStatus

	// ShowsValue is the IDs of the members of which the message shows the value, to be kept up to date there: a few of many.
	ShowsValue []string

	Same map[string]bool // IDs of members that are stored as they are here; nil is none

	Error   string // why not; "" if posted or skipped
	At      time.Time
	Refresh bool // only figures were to be brought up to date: once that is done, nothing is to be remembered of the attempt
}

// Begin records that messages are about to be sent to show their members, before they are, and returns the attempts. It
// attaches the members to the messages, and makes the lease hold LeaseTime from machine on. ErrLeaseLost if it is no
// longer held.
func (s *Store) Begin(ctx context.Context, lease Lease, sendings []Sending, started, machine time.Time) (attempts []int64, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		if err := extend(ctx, tx, lease, machine); err != nil {
			return err
		}
		statements := newBatch(tx)
		if err := join(ctx, statements, lease.Key, sendings, started); err != nil {
			return err
		}
		attempts, err = insertAttempts(ctx, statements, lease.Key, sendings, started)
		return err
	})
	return attempts, doing(err, "beginning to send %d messages to receiver %q", len(sendings), lease.Key)
}

// join makes members part of their messages, where they are not yet.
func join(ctx context.Context, b batch, receiver string, sendings []Sending, started time.Time) error {
	for _, sending := range sendings {
		message := sending.Message
		if message.BegunAt.IsZero() {
			_, err := b.exec(ctx, `
				INSERT INTO message (id, receiver, ref, posted_at, begun_at, digest) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (id) DO UPDATE SET begun_at = excluded.begun_at, digest = excluded.digest WHERE message.begun_at IS NULL`,
				message.ID, message.Receiver, message.Ref, at(message.PostedAt), at(started), message.Digest)
			if err != nil {
				return err
			}
		}
		var joining []string
		for i := range sending.Members {
			if d := &sending.Members[i]; d.Message != message.ID {
				joining = append(joining, d.Alert.ID)
			}
		}
		if len(joining) == 0 {
			continue
		}
		_, err := b.exec(ctx, `UPDATE delivery SET message = $1 WHERE receiver = $2 AND alert IN (SELECT value FROM json_each($3))`,
			message.ID, receiver, document[[]string]{&joining})
		if err != nil {
			return err
		}
	}
	return nil
}

// insertAttempts notes an attempt at each message, and what it is about to show.
func insertAttempts(ctx context.Context, b batch, receiver string, sendings []Sending, started time.Time) (attempts []int64, err error) {
	//nolint:sqlclosecheck // the transaction closes it
	insert, err := b.prepare(ctx, `
		INSERT INTO attempt (message, receiver, started, status, error) VALUES ($1, $2, $3, '', '') RETURNING id`)
	if err != nil {
		return nil, err
	}
	for _, sending := range sendings {
		var attempt int64
		if err := insert.QueryRowContext(ctx, sending.Message.ID, receiver, at(started)).Scan(&attempt); err != nil {
			return nil, err
		}
		members := sending.Members
		err := upsert{table: "attempt_alert", key: []string{"attempt", "alert"}, fixed: []string{"version", "level"}}.run(
			ctx, b.tx, len(members), func(i int) []any {
				d, level := &members[i], rules.Inactive
				if d.Alert.Open() {
					level = d.Alert.Level
				}
				return []any{attempt, d.Alert.ID, d.Want, level}
			}, nil)
		if err != nil {
			return nil, err
		}
		attempts = append(attempts, attempt)
	}
	return attempts, nil
}

// End records the outcomes of attempts. ErrLeaseLost if the lease is no longer held: then Repair is due for each.
func (s *Store) End(ctx context.Context, lease Lease, outcomes ...Outcome) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := hold(ctx, tx, lease); err != nil {
			return err
		}
		statements := newBatch(tx)
		for _, outcome := range outcomes {
			if err := finish(ctx, statements, outcome); err != nil {
				return err
			}
			if outcome.Status == NotMade {
				continue
			}
			if err := saveDeliveries(ctx, statements, lease.Key, outcome); err != nil {
				return err
			}
			if outcome.Status == Skipped && outcome.Message.BegunAt.IsZero() {
				if err := unbegin(ctx, statements, outcome.Message.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return doing(err, "recording %d attempts to send to receiver %q", len(outcomes), lease.Key)
}

// finish ends an attempt and stores where its message is.
func finish(ctx context.Context, b batch, outcome Outcome) error {
	var err error
	if outcome.Refresh && (outcome.Status == Posted || outcome.Status == Skipped) {
		_, err = b.exec(ctx, `DELETE FROM attempt WHERE id = $1`, outcome.Attempt)
	} else {
		_, err = b.exec(ctx, `UPDATE attempt SET ended = $1, status = $2, error = $3 WHERE id = $4`,
			at(outcome.At), outcome.Status, outcome.Error, outcome.Attempt)
	}
	if err != nil {
		return err
	}
	_, err = b.exec(ctx, `UPDATE message SET ref = $1, posted_at = $2 WHERE id = $3`,
		outcome.Message.Ref, at(outcome.Message.PostedAt), outcome.Message.ID)
	return err
}

// unbegin makes of a message one that was never begun, for nothing of it was sent: it does not count as new to the receiver,
// and what was to be its members may be shown in another one.
func unbegin(ctx context.Context, b batch, message string) error {
	if _, err := b.exec(ctx, `UPDATE message SET begun_at = NULL WHERE id = $1`, message); err != nil {
		return err
	}
	_, err := b.exec(ctx, `UPDATE delivery SET message = NULL WHERE message = $1`, message)
	return err
}

// Repair records the outcome of an attempt for which End returned ErrLeaseLost. What was posted without a lease may
// have replaced something newer, or been replaced by it: Have of the members falls to what was posted, whoever is sending
// right now cannot record otherwise, and the receiver is made due to show the newest again.
func (s *Store) Repair(ctx context.Context, lease Lease, outcome Outcome) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if outcome.Status != Posted {
			_, err := tx.ExecContext(ctx, `UPDATE attempt SET ended = $1, status = $2, error = $3 WHERE id = $4`,
				at(outcome.At), outcome.Status, outcome.Error, outcome.Attempt)
			return err
		}
		if err := raise(ctx, tx, Receiver, lease.Key, outcome.At, true); err != nil {
			return err
		}
		if err := finish(ctx, newBatch(tx), outcome); err != nil {
			return err
		}
		for _, d := range outcome.Members {
			if err := correct(ctx, tx, lease.Key, d.Alert.ID, d.Have, d.Shown, outcome.At); err != nil {
				return err
			}
		}
		return nil
	})
	return doing(err, "repairing what message %q shows at receiver %q", outcome.Message.ID, lease.Key)
}

// correct stores that from now on no more may be shown of an alert than have, and that it is not known which value is shown.
func correct(ctx context.Context, tx *sql.Tx, receiver, alert string, have int64, shown rules.Level, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE delivery SET
			have = CASE WHEN have < $1 THEN have ELSE $1 END,
			shown = CASE WHEN have < $1 THEN shown ELSE CAST($2 AS BIGINT) END,
			dead = FALSE, why = '', figure = NULL, words = CASE WHEN words IS NOT NULL THEN '' END, repairs = repairs + 1,
			waiting_since = CASE WHEN want > have OR want > $1 THEN coalesce(waiting_since, CAST($5 AS BIGINT)) END
		WHERE alert = $3 AND receiver = $4`,
		have, shown, alert, receiver, at(now))
	return err
}

// overtaken is an attempt that was cut off after a newer version had been recorded as shown.
type overtaken struct {
	receiver, alert string
	version         int64
	level           rules.Level
	started         time.Time
}

// mendCutOff gives attempts without end the status CutOff, and has the newest shown again where one of them may have
// replaced it.
func mendCutOff(ctx context.Context, tx *sql.Tx) error {
	found, err := collect(ctx, tx, func(o *overtaken) []any {
		return []any{&o.receiver, &o.alert, &o.version, &o.level, instant{&o.started}}
	}, `
		SELECT attempt.receiver, attempt_alert.alert, attempt_alert.version, attempt_alert.level, attempt.started
		FROM attempt
		JOIN attempt_alert ON attempt_alert.attempt = attempt.id
		JOIN delivery ON delivery.alert = attempt_alert.alert AND delivery.receiver = attempt.receiver
		WHERE attempt.status = '' AND delivery.have > attempt_alert.version
		ORDER BY attempt_alert.version DESC`)
	if err != nil {
		return err
	}
	for _, o := range found {
		if err := correct(ctx, tx, o.receiver, o.alert, o.version, o.level, o.started); err != nil {
			return err
		}
		if err := raise(ctx, tx, Receiver, o.receiver, o.started, true); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE attempt SET status = $1 WHERE status = ''`, CutOff)
	return err
}

// Attempts returns the attempts to show an alert, oldest first; those to show any alert if it is "".
func (s *Store) Attempts(ctx context.Context, alert string) ([]Attempt, error) {
	of, about := `TRUE`, `TRUE` // a condition that may be idle keeps SQLite from using an index
	var args []any
	if alert != "" {
		of, about, args = `id IN (SELECT attempt FROM attempt_alert WHERE alert = $1)`, `alert = $1`, []any{alert}
	}
	var attempts []Attempt
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		attempts, err = collect(ctx, tx, func(a *Attempt) []any {
			return []any{&a.ID, &a.Message, &a.Receiver, instant{&a.Started}, instant{&a.Ended}, &a.Status, &a.Error}
		}, `SELECT id, message, receiver, started, ended, status, error FROM attempt WHERE `+of+` ORDER BY id`, args...)
		if err != nil {
			return err
		}
		return readVersions(ctx, tx, attempts, about, args...)
	})
	return attempts, doing(err, "reading attempts")
}

// readVersions fills in the versions that attempts sent of the alerts for which condition holds.
func readVersions(ctx context.Context, tx *sql.Tx, attempts []Attempt, condition string, args ...any) error {
	type sent struct {
		attempt int64
		alert   string
		version int64
	}
	all, err := collect(ctx, tx, func(s *sent) []any { return []any{&s.attempt, &s.alert, &s.version} },
		`SELECT attempt, alert, version FROM attempt_alert WHERE `+condition, args...)
	if err != nil {
		return err
	}
	versions := make(map[int64]map[string]int64, len(attempts))
	for _, s := range all {
		if versions[s.attempt] == nil {
			versions[s.attempt] = map[string]int64{}
		}
		versions[s.attempt][s.alert] = s.version
	}
	for i := range attempts {
		attempts[i].Versions = versions[attempts[i].ID]
	}
	return nil
}
