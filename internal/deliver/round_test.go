package deliver_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/notify"
	"notewatch/rules"
)

var (
	noon    = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) // on the domain clock
	machine = time.Date(2031, 7, 1, 8, 30, 0, 0, time.UTC)  // on the machine clock at the same time
)

// A sending is what a receiver does with a notification.
type sending func() error

func (s sending) Send(context.Context, notify.Notification, notify.Ref) (notify.Ref, error) {
	return nil, s()
}

// A rig is a database in which the receiver "team" has an alert to show, and is being served.
type rig struct {
	path  string
	store *store.Store
	lease work.Lease
}

func newRig(t *testing.T) rig {
	t.Helper()
	r := rig{path: filepath.Join(t.TempDir(), "notewatch.db")}
	var err error
	r.store, err = store.Open(t.Context(), r.path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.store.Close()) })
	require.NoError(t, r.store.Work.AddWork(t.Context(), work.Poll, []string{"app:1"}, noon))
	alert := rules.Alert{
		ID: "first", Rule: "data-budget", Project: "app:1", Subject: "dev:1", State: rules.Firing, Level: rules.Warning, Worst: rules.Warning,
		Version: 1, Reason: rules.Fired, Since: noon, FiredAt: noon, Value: 41, Peak: 41, Limit: 40, AsOf: noon,
	}
	require.NoError(t, r.store.Commit(t.Context(), r.claim(t, work.Poll, "app:1", machine), store.Commit{
		Project: store.Project{UID: "app:1"}, Due: noon.Add(time.Hour),
		Decision: store.Decision{Alerts: []*rules.Alert{&alert}, Show: map[string][]string{"first": {"team"}}, Now: noon},
	}))
	r.lease = r.claim(t, work.Receiver, "team", machine)
	return r
}

func (r rig) claim(t *testing.T, kind work.Kind, key string, at time.Time) work.Lease {
	t.Helper()
	lease, ok, err := r.store.Work.Claim(t.Context(), kind, key, noon, at)
	require.NoError(t, err)
	require.True(t, ok)
	return lease
}

// deliver is one round for the receiver, which does what send does. raise is the error of the report that the receiver is unreachable.
func (r rig) deliver(t *testing.T, send sending, raise error) error {
	t.Helper()
	return deliver.New(deliver.Config{
		Store: r.store, Receivers: []deliver.Receiver{{Name: "team", Receiver: send}},
		Period: func(string, string) rules.PeriodSpec { return rules.PeriodSpec{} },
		Hooks: deliver.Hooks{
			Raise:   func(context.Context, rules.Key, rules.Level, []string, rules.Texts) error { return raise },
			Resolve: func(context.Context, string, string) (bool, error) { return false, nil },
			Wake:    func() {},
		},
		Now: func() time.Time { return noon }, Machine: func() time.Time { return machine },
		Sleep: func(context.Context, time.Duration) {}, Log: slog.New(slog.DiscardHandler),
	}).Deliver(t.Context(), r.lease)
}

// If it cannot be reported that a receiver is unreachable, the round is not over: the lease is left to the caller, who releases it so that
// the receiver is due again soon.
func TestRoundThatCannotReportIsNotOver(t *testing.T) {
	r := newRig(t)
	full := errors.New("disk is full")
	gone := sending(func() error { return &notify.Error{Class: notify.Permanent, Err: errors.New("channel is gone")} })
	require.ErrorIs(t, r.deliver(t, gone, full), full)
	require.NoError(t, r.store.Work.Complete(t.Context(), r.lease, noon, noon.Add(time.Minute), 0), "it still has the lease")

	r = newRig(t)
	require.NoError(t, r.deliver(t, gone, nil))
	require.ErrorIs(t, r.store.Work.Complete(t.Context(), r.lease, noon, noon.Add(time.Minute), 0), work.ErrLeaseLost, "the round is over")
}

// Losing a lease is no problem, because the process that took it over does the work. That the post cannot be recorded as one without a
// lease is a problem, and is not hidden by it.
func TestLostLeaseHidesNoProblem(t *testing.T) {
	for name, broken := range map[string]bool{"recorded": false, "not recorded": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			err := r.deliver(t, func() error {
				r.claim(t, work.Receiver, "team", machine.Add(work.LeaseTime))
				if broken {
					db, err := sql.Open("sqlite", r.path)
					require.NoError(t, err)
					defer func() { require.NoError(t, db.Close()) }()
					_, err = db.ExecContext(t.Context(), "ALTER TABLE delivery RENAME TO unusable")
					require.NoError(t, err)
				}
				return nil
			}, nil)
			require.Error(t, err)
			require.Equal(t, !broken, errors.Is(err, work.ErrLeaseLost), "%v", err)
		})
	}
}
