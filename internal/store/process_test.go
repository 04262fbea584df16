package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
)

func testProcesses(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	process := func(id string, started time.Time) work.Process {
		return work.Process{
			ID: id, Host: "host-" + id, PID: 7, Version: "1.2.3", File: "/etc/rules.yaml", Rules: "r1", Started: started, Seen: started,
		}
	}
	old, first, second := process("old", machine.Add(-8*24*time.Hour)), process("first", machine.Add(-minute)), process("second", machine)
	for _, p := range []work.Process{old, first, second} {
		require.NoError(t, s.Work.Beat(ctx, p))
	}
	all, err := s.Work.Processes(ctx)
	require.NoError(t, err)
	require.NotZero(t, all[0].Schema)
	first.Schema, second.Schema = all[0].Schema, all[0].Schema
	require.Equal(t, []work.Process{second, first}, all, "the newest first, and those that were not seen for a week are forgotten")
	require.Equal(t, "host-second/7", second.Name())

	require.True(t, first.Lives(machine.Add(-1)))
	require.False(t, first.Lives(machine), "it was not seen for as long as a lease holds")
	first.Seen, first.Rules = machine, "r2"
	require.NoError(t, s.Work.Beat(ctx, first))
	require.NoError(t, s.Work.Leave(ctx, second, machine.Add(time.Second)))
	second.Seen, second.Ended = machine.Add(time.Second), machine.Add(time.Second)
	all, err = s.Work.Processes(ctx)
	require.NoError(t, err)
	require.Equal(t, []work.Process{second, first}, all)
	require.True(t, first.Lives(machine))
	require.False(t, second.Lives(machine), "it has ended")

	require.NoError(t, s.ReleaseAll(ctx))
	all, err = s.Work.Processes(ctx)
	require.NoError(t, err)
	require.False(t, all[1].Lives(machine), "who holds the lock is alone")
	require.NoError(t, s.Work.Beat(ctx, first))
	all, err = s.Work.Processes(ctx)
	require.NoError(t, err)
	require.True(t, all[1].Lives(machine), "a process that was taken for dead is back")
}

// A process that runs finds out that a newer program has removed what it uses from the schema. What was only added keeps nobody out.
func testUsable(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	p := work.Process{ID: "a", Host: "host", PID: 7, Started: machine, Seen: machine}
	require.NoError(t, s.Work.Beat(ctx, p))
	require.NoError(t, s.CheckSchema(ctx))
	all, err := s.Work.Processes(ctx)
	require.NoError(t, err)
	known := all[0].Schema
	set := func(oldest int64) {
		require.NoError(t, s.Update(ctx, func(tx store.Transaction) error {
			_, err := tx.ExecContext(ctx, "UPDATE usable SET oldest = $1", oldest)
			return err
		}))
	}
	set(known)
	require.NoError(t, s.Work.Beat(ctx, p))
	set(known + 2)
	for _, err := range []error{s.Work.Beat(ctx, p), s.CheckSchema(ctx)} {
		require.ErrorIs(t, err, database.ErrNewer)
		require.ErrorContains(t, err, fmt.Sprintf("(schema %d or later is needed, this one knows %d): install the newer version and start it", known+2, known))
	}
}

func testTime(t *testing.T, open opening) {
	now, err := open().Work.Time(t.Context())
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), now, time.Minute) // the server is on this host
}

// Work goes only to processes whose rules are the active ones, and it is known who holds it.
func testClaimFor(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project, "app:2"}, noon))
	take := func(c work.Claimant, kind work.Kind, key string) (work.Lease, bool) {
		lease, ok, err := s.Work.ClaimFor(ctx, c, kind, key, noon, machine)
		require.NoError(t, err)
		return lease, ok
	}
	require.NoError(t, s.Work.ActivateRules(ctx, "r1", noon))
	active, err := s.Work.ActiveRules(ctx)
	require.NoError(t, err)
	require.Equal(t, "r1", active)
	_, ok := take(work.Claimant{Process: "b", Rules: "r2"}, work.Poll, project)
	require.False(t, ok, "it has other rules")
	_, ok = take(work.Claimant{Process: "a", Rules: "r1"}, work.Poll, project)
	require.True(t, ok)
	_, ok = take(work.Claimant{}, work.Poll, "app:2")
	require.True(t, ok, "a command works whatever rules are active")

	held, err := s.Work.Held(ctx, machine)
	require.NoError(t, err)
	require.Equal(t, []work.Held{{Kind: work.Poll, Key: project, Process: "a"}}, held)
	held, err = s.Work.Held(ctx, machine.Add(work.LeaseTime))
	require.NoError(t, err)
	require.Empty(t, held, "the lease has run out")
}

// Other rules end what is decided by those before. What is sent is sent.
func testActivateRules(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, noon))
	require.NoError(t, s.Work.AddWork(ctx, work.Receiver, []string{team}, noon))
	require.NoError(t, s.Work.ActivateRules(ctx, "r1", noon))
	require.Equal(t, noon, due(t, s, work.Rules, ""))
	claimed := func(kind work.Kind, key string) work.Lease {
		lease, ok, err := s.Work.ClaimFor(ctx, work.Claimant{Process: "a", Rules: "r1"}, kind, key, noon, machine)
		require.NoError(t, err)
		require.True(t, ok)
		return lease
	}
	poll, receiver, applying := claimed(work.Poll, project), claimed(work.Receiver, team), claimed(work.Rules, "")

	require.NoError(t, s.Work.ActivateRules(ctx, "r1", noon))
	require.NoError(t, s.Work.Extend(ctx, poll, machine), "they were active already")
	require.NoError(t, s.Work.ActivateRules(ctx, "r2", noon))
	require.ErrorIs(t, s.Commit(ctx, poll, store.Commit{Project: store.Project{UID: project}, Decision: store.Decision{Now: noon}}), work.ErrLeaseLost)
	require.NoError(t, s.Work.Extend(ctx, receiver, machine))
	require.NoError(t, s.Work.Extend(ctx, applying, machine), "who applies rules is not joined by another")
	require.NoError(t, s.Work.Complete(ctx, applying, noon, never, 0))
	require.Equal(t, noon, due(t, s, work.Rules, ""), "those that were activated meanwhile are to be applied")
}

// An attempt that a process died at is ended without a start: what it may have replaced is shown again. Whoever sends to the receiver
// meanwhile is not disturbed.
func testMendCutOff(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	message := outbox.Message{ID: "m", Receiver: team}
	begin := func(lease work.Lease) (int64, outbox.Delivery) {
		d := undelivered(t, s, team)
		attempt, err := beginOne(ctx, s, lease, message, []outbox.Delivery{d}, noon)
		require.NoError(t, err)
		return attempt, d
	}
	frozen := claim(t, s, work.Receiver, team)
	begin(frozen)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(a, noon))}})
	fast := steal(t, s, frozen)
	attempt, d := begin(fast)
	late, past := machine.Add(work.LeaseTime-1*time.Millisecond), noon.Add(1*time.Millisecond)
	require.NoError(t, s.Outbox.RecoverInterrupted(ctx, past, late))
	require.NoError(t, s.Outbox.End(ctx, fast, of(attempt, posted(message, d))))
	require.Equal(t, delivery.Delivered, told(t, s, "a")[team].State, "it was posted by whoever holds the lease")
	require.NoError(t, s.Work.Complete(ctx, fast, noon, never, 0))

	require.NoError(t, s.Outbox.RecoverInterrupted(ctx, noon, late))
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "the attempt may still be made")
	require.NoError(t, s.Outbox.RecoverInterrupted(ctx, past, late))
	require.Equal(t, noon, due(t, s, work.Receiver, team))
	require.Equal(t, int64(1), undelivered(t, s, team).Have)
	begin(claim(t, s, work.Receiver, team))
	statuses := func() (all []outbox.AttemptStatus) {
		attempts, err := s.Outbox.Attempts(ctx, "")
		require.NoError(t, err)
		for _, a := range attempts {
			all = append(all, a.Status)
		}
		return all
	}
	require.NoError(t, s.Outbox.RecoverInterrupted(ctx, past.Add(time.Hour-1*time.Millisecond), late))
	require.Equal(t, []outbox.AttemptStatus{outbox.CutOff, outbox.Posted, ""}, statuses(), "somebody serves the receiver")
	require.NoError(t, s.Outbox.RecoverInterrupted(ctx, past.Add(time.Hour), late))
	require.Equal(t, []outbox.AttemptStatus{outbox.CutOff, outbox.Posted, outbox.CutOff}, statuses(), "for too long")
}
