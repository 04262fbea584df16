package outbox

import (
	"context"
	"fmt"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
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

// Attempts returns the attempts to show an alert, oldest first; those to show any alert if it is "".
func (s *Store) Attempts(ctx context.Context, alert string) ([]Attempt, error) {
	of, about := `TRUE`, `TRUE` // a condition that may be idle keeps SQLite from using an index
	var args []any
	if alert != "" {
		of, about, args = `id IN (SELECT attempt FROM attempt_alert WHERE alert = $1)`, `alert = $1`, []any{alert}
	}
	var attempts []Attempt
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		attempts, err = database.Collect(ctx, tx, func(a *Attempt) []any {
			return []any{&a.ID, &a.Message, &a.Receiver, database.Time(&a.Started), database.Time(&a.Ended), &a.Status, &a.Error}
		}, `SELECT id, message, receiver, started, ended, status, error FROM attempt WHERE `+of+` ORDER BY id`, args...)
		if err != nil {
			return err
		}
		return readVersions(ctx, tx, attempts, about, args...)
	})
	return attempts, database.Doing(err, "reading attempts")
}

// readVersions fills in the versions that attempts sent of the alerts for which condition holds.
func readVersions(ctx context.Context, tx database.Tx, attempts []Attempt, condition string, args ...any) error {
	type sent struct {
		attempt int64
		alert   string
		version int64
	}
	all, err := database.Collect(ctx, tx, func(s *sent) []any { return []any{&s.attempt, &s.alert, &s.version} },
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

// OpenAttempt is the condition that an attempt has no end.
const OpenAttempt = `status = ''`

// LeftAttempt is the condition that an attempt has no end and that nobody holds the lease on its receiver at machine. While somebody does,
// the attempt may be his, and if it is not, counting it as cut off would have him send once more what he is sending.
func LeftAttempt(machine time.Time) string {
	return OpenAttempt + fmt.Sprintf(
		` AND receiver NOT IN (SELECT key FROM work WHERE kind = '%s' AND lease_token IS NOT NULL AND leased_until > %d AND leased_until <= %d)`,
		work.Receiver, machine.UnixMilli(), machine.Add(work.LeaseTime+work.ClockTolerance).UnixMilli())
}
