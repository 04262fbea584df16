package outbox

import (
	"context"
	"fmt"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// An Attempt is one attempt to send one message.
type Attempt struct {
	ID       int64
	Message  string
	Receiver string
	Versions map[string]int64 // alert ID → version sent
	Started  time.Time
	Ended    time.Time // zero: interrupted, or still running
	Status   AttemptStatus
	Error    string
}

// An AttemptStatus is the result of an attempt; "" means that none is known.
type AttemptStatus string

// Results of an attempt. An attempt without one was interrupted by a crash: it may or may not have been posted.
const (
	NotMade  AttemptStatus = "not made" // the round ended before it
	Posted   AttemptStatus = "posted"
	Skipped  AttemptStatus = "skipped" // the receiver had nothing to show of it
	Retrying AttemptStatus = "retry"
	GivenUp  AttemptStatus = "dead"
	CutOff   AttemptStatus = "cut off" // found without a result by ReleaseAll
)

// Attempts returns the attempts to show an alert, oldest first; "" means any alert.
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

// readVersions reads the versions of the alerts that attempts sent, for attempts that condition selects.
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

// OpenAttempt is the condition that an attempt has no result.
const OpenAttempt = `status = ''`

// LeftAttempt is the condition that an attempt has no result and that its receiver is not leased at machine. While it is leased, the
// attempt may be running; and if it is not, counting it as interrupted would make the holder of the lease send again what it is sending.
func LeftAttempt(machine time.Time) string {
	return OpenAttempt + fmt.Sprintf(
		` AND receiver NOT IN (SELECT key FROM work WHERE kind = '%s' AND lease_token IS NOT NULL AND leased_until > %d AND leased_until <= %d)`,
		work.Receiver, machine.UnixMilli(), machine.Add(work.LeaseTime+work.ClockTolerance).UnixMilli())
}
