package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// posted is the outcome of an attempt that was taken.
func posted(message outbox.Message, members ...outbox.Delivery) outbox.Outcome {
	message.Ref, message.PostedAt = "ref of "+message.ID, noon
	out := outbox.Outcome{Sending: outbox.Sending{Message: message, Members: members}, Status: outbox.Posted, At: noon.Add(time.Second)}
	for _, d := range members {
		out.ShowsValue = append(out.ShowsValue, d.Alert.ID)
	}
	return out
}

// refused is the outcome of an attempt that was not taken.
func refused(message outbox.Message, status outbox.AttemptStatus, members ...outbox.Delivery) outbox.Outcome {
	return outbox.Outcome{
		Sending: outbox.Sending{Message: message, Members: members}, Status: status, Error: "status 500", At: noon.Add(time.Second),
	}
}

// show serves a receiver: everything that waits becomes one message.
func show(t *testing.T, s *store.Store, receiver string) {
	t.Helper()
	lease := claim(t, s, work.Receiver, receiver)
	waiting, err := s.Outbox.Undelivered(t.Context(), receiver)
	require.NoError(t, err)
	message := outbox.Message{ID: "m-" + receiver, Receiver: receiver}
	attempt, err := beginOne(t.Context(), s, lease, message, waiting, noon)
	require.NoError(t, err)
	require.NoError(t, s.Outbox.End(t.Context(), lease, of(attempt, posted(message, waiting...))))
	require.NoError(t, s.Work.Complete(t.Context(), lease, noon, never, 0))
}

func testDelivery(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	early, late, other := firing("z", "dev:1"), firing("a", "dev:2"), firing("o", "dev:3")
	late.FiredAt = noon.Add(minute)
	decide(t, s, store.Commit{
		Decision: store.Decision{Alerts: alerts(late, early, other), Show: map[string][]string{"a": {team}, "z": {team}, "o": {"on-call"}}},
	})
	lease := claim(t, s, work.Receiver, team)
	waiting, err := s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	require.Equal(t, []outbox.Delivery{waits(early), waits(late)}, waiting, "in the order of firing")

	message := outbox.Message{ID: "m", Receiver: team}
	attempt, err := beginOne(ctx, s, lease, message, waiting, noon)
	require.NoError(t, err)
	found, members, err := s.Outbox.Members(ctx, "m")
	require.NoError(t, err)
	message.BegunAt = noon
	require.Equal(t, message, found)
	require.Equal(t, []outbox.Delivery{waits(early, begun("m")), waits(late, begun("m"))}, members)
	running := outbox.Attempt{
		ID: attempt, Message: "m", Receiver: team, Versions: map[string]int64{"a": 1, "z": 1}, Started: noon,
	}
	attempts, err := s.Outbox.Attempts(ctx, "")
	require.NoError(t, err)
	require.Equal(t, []outbox.Attempt{running}, attempts)

	require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, refused(message, outbox.Retrying, waiting...))))
	waiting, err = s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	require.Equal(t, waits(early, begun("m"), failed), waiting[0])

	second, err := beginOne(ctx, s, lease, message, waiting, noon.Add(minute))
	require.NoError(t, err)
	require.Greater(t, second, attempt)
	out := posted(message, waiting...)
	require.NoError(t, s.Outbox.End(ctx, lease, of(second, out)))
	found, members, err = s.Outbox.Members(ctx, "m")
	require.NoError(t, err)
	require.Equal(t, out.Message, found)
	shownNow := waits(early, delivered("m"))
	require.Equal(t, shownNow, members[0])
	waiting, err = s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	require.Empty(t, waiting)
	attempts, err = s.Outbox.Attempts(ctx, "")
	require.NoError(t, err)
	require.Equal(t, []outbox.AttemptStatus{outbox.Retrying, outbox.Posted}, []outbox.AttemptStatus{attempts[0].Status, attempts[1].Status})
	require.Equal(t, "status 500", attempts[0].Error)
	require.Equal(t, noon.Add(time.Second), attempts[1].Ended)

	over := resolved(late, noon.Add(time.Hour))
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(over)}})
	d := undelivered(t, s, team)
	require.Equal(t, waits(over, shows("m", 1)), d)
	settle(t, s, lease, d)
	require.Equal(t, []outbox.Delivery{shownNow, d}, storetest.Deliveries(t, s, team), "what is shown is sent its end")
	require.Equal(t, waits(other), undelivered(t, s, "on-call"), "receivers do not mix")
}

// What is given up stays so until there is something newer, even if that came while it was being given up.
func testGivingUp(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	lease := claim(t, s, work.Receiver, team)
	message := outbox.Message{ID: "m", Receiver: team}
	giveUp := func(meanwhile func()) {
		d := undelivered(t, s, team)
		attempt, err := beginOne(ctx, s, lease, message, []outbox.Delivery{d}, noon)
		require.NoError(t, err)
		meanwhile()
		require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, refused(message, outbox.GivenUp, d))))
	}
	giveUp(func() {})
	waiting, err := s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	require.Empty(t, waiting)
	deliveries := storetest.Deliveries(t, s, team)
	require.Equal(t, []outbox.Delivery{waits(a, begun("m"), failed, givenUp)}, deliveries)

	a.Version, a.Level = 2, rules.Critical
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	require.Equal(t, waits(a, begun("m")), undelivered(t, s, team), "the newer version is tried")
	giveUp(func() {
		a.Version = 3
		decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	})
	require.Equal(t, waits(a, begun("m"), failed), undelivered(t, s, team), "version 2 was given up, not version 3")
}

// A race is two attempts to show an alert: slow, of version 1, lost its lease to fast, of version 2.
type race struct {
	alert, receiver string
	message         outbox.Message
	slow, fast      runner
}

type runner struct {
	lease   work.Lease
	attempt int64
	member  outbox.Delivery
}

// run begins a race of its own alert and receiver.
func run(t *testing.T, s *store.Store, name string) race {
	t.Helper()
	r := race{alert: "alert of " + name, receiver: "receiver of " + name}
	r.message = outbox.Message{ID: "message of " + name, Receiver: r.receiver}
	begin := func(lease work.Lease) runner {
		d := undelivered(t, s, r.receiver)
		attempt, err := beginOne(t.Context(), s, lease, r.message, []outbox.Delivery{d}, noon)
		require.NoError(t, err)
		return runner{lease, attempt, d}
	}
	a := firing(r.alert, "device of "+name)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown(r.alert, r.receiver)}})
	r.slow = begin(claim(t, s, work.Receiver, r.receiver))
	a.Version, a.Level = 2, rules.Critical
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	r.fast = begin(steal(t, s, r.slow.lease))
	return r
}

// end records that fast has posted, and gives its lease back.
func (r race) end(t *testing.T, s *store.Store) {
	t.Helper()
	require.NoError(t, s.Outbox.End(t.Context(), r.fast.lease, of(r.fast.attempt, posted(r.message, r.fast.member))))
	require.NoError(t, s.Work.Complete(t.Context(), r.fast.lease, noon, never, 0))
}

// repair records how the attempt of slow went, which has another reference to its message.
func (r race) repair(t *testing.T, s *store.Store, status outbox.AttemptStatus) {
	t.Helper()
	out := posted(r.message, r.slow.member)
	out.Status, out.Message.Ref = status, "late"
	require.ErrorIs(t, s.Outbox.End(t.Context(), r.slow.lease, of(r.slow.attempt, out)), work.ErrLeaseLost)
	require.NoError(t, s.Outbox.Repair(t.Context(), r.slow.lease, of(r.slow.attempt, out)))
}

// A post made after the lease was lost may have replaced a newer one, and so may an attempt that failed, because its answer may have been
// lost: the newest is shown again. What nobody can have seen replaces nothing.
func testRepair(t *testing.T, open opening) {
	s := open()
	for status, again := range map[outbox.AttemptStatus]bool{
		outbox.Posted: true, outbox.Retrying: true, outbox.GivenUp: true, outbox.Skipped: false, outbox.NotMade: false,
	} {
		r := run(t, s, string(status))
		r.end(t, s)
		require.True(t, due(t, s, work.Receiver, r.receiver).IsZero())
		r.repair(t, s, status)
		attempts, err := s.Outbox.Attempts(t.Context(), r.alert)
		require.NoError(t, err)
		require.Equal(t, status, attempts[0].Status)
		found, _, err := s.Outbox.Members(t.Context(), r.message.ID)
		require.NoError(t, err)
		ref := "ref of " + r.message.ID
		if status == outbox.Posted {
			ref = "late"
		}
		require.Equal(t, ref, found.Ref, "where the message is, %s", status)
		if !again {
			require.True(t, due(t, s, work.Receiver, r.receiver).IsZero(), status)
			require.Equal(t, delivery.Delivered, told(t, s, r.alert)[r.receiver].State, status)
			continue
		}
		require.Equal(t, noon.Add(time.Second), due(t, s, work.Receiver, r.receiver), status)
		d := undelivered(t, s, r.receiver)
		require.Equal(t, int64(1), d.Have, status)
		require.Equal(t, rules.Warning, d.Shown, "that may be what is displayed there now, %s", status)
	}
}

// While another attempt is being made, nobody knows which of both comes last: neither result counts as the newest, so it is sent again. The
// first post counts as displayed, and of the levels the lower one.
func testRepairFirst(t *testing.T, open opening) {
	s := open()
	for status, have := range map[outbox.AttemptStatus]int64{outbox.Posted: 1, outbox.Retrying: 2} {
		r := run(t, s, string(status))
		r.repair(t, s, status)
		r.end(t, s)
		require.Equal(t, noon, due(t, s, work.Receiver, r.receiver), status)
		require.Equal(t, have, undelivered(t, s, r.receiver).Have, status)
	}
}

// Whoever lost his lease changes nothing.
func testFences(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team)}})
	poll, receiver := claim(t, s, work.Poll, project), claim(t, s, work.Receiver, team)
	d := undelivered(t, s, team)
	message := outbox.Message{ID: "m", Receiver: team}
	attempt, err := beginOne(ctx, s, receiver, message, []outbox.Delivery{d}, noon)
	require.NoError(t, err)
	steal(t, s, poll)
	steal(t, s, receiver)
	before := dump(t, s)
	for name, err := range map[string]error{
		"Commit": s.Commit(ctx, poll, store.Commit{
			Project:  store.Project{UID: project},
			Decision: store.Decision{Alerts: alerts(firing("b", "dev:2")), Show: shown("b", team), Now: noon},
		}),
		"Complete":        s.Work.Complete(ctx, receiver, noon, never, 0),
		"Complete a poll": s.Work.Complete(ctx, poll, noon, never, 0),
		"Extend":          s.Work.Extend(ctx, receiver, machine.Add(time.Hour)),
		"Begin":           second(beginOne(ctx, s, receiver, outbox.Message{ID: "n", Receiver: team}, []outbox.Delivery{d}, noon)),
		"End":             s.Outbox.End(ctx, receiver, of(attempt, posted(message, d))),
		"End in failure":  s.Outbox.End(ctx, receiver, of(attempt, refused(message, outbox.GivenUp, d))),
		"FallBack":        second(s.Outbox.FallBack(ctx, receiver, outbox.Unreachable{For: "on-call", Before: noon, Now: noon})),
		"Retry":           s.Outbox.Retry(ctx, receiver),
		"GiveUp":          s.Outbox.GiveUp(ctx, receiver, "no such channel"),
		"Settle":          s.Outbox.Settle(ctx, receiver, delivery.Policy{}, []outbox.Delivery{d}),
	} {
		require.ErrorIs(t, err, work.ErrLeaseLost, name)
	}
	require.Equal(t, before, dump(t, s))
}

func second[T any](_ T, err error) error { return err }

// What was stored is there after a restart, and nothing else changes.
func testRestart(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	decide(t, s, store.Commit{
		Project:  filled[store.Project](),
		Meanings: judged("data-budget", "1"),
		Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team, "on-call")},
	})
	show(t, s, team)
	storetest.SaveUsage(t, s, project, []storetest.Usage{{Device: "dev:1", Day: today - 1}})
	storetest.SaveDevices(t, s, project, []usage.Device{filled[usage.Device]()}, noon)
	take(t, s, "acme", noon, 1)
	before := dump(t, s)
	for range 2 {
		require.NoError(t, s.Close())
		s = open()
		require.NoError(t, s.ReleaseAll(ctx))
		require.Equal(t, before, dump(t, s))
	}
}

// An attempt that was cut off by the end of the program may have been posted. If something newer was recorded before, it
// is shown again, once.
func testInterrupted(t *testing.T, open opening) {
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
	slow := claim(t, s, work.Receiver, team)
	begin(slow)
	a = resolved(a, noon)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	fast := steal(t, s, slow)
	attempt, d := begin(fast)
	require.NoError(t, s.Outbox.End(ctx, fast, of(attempt, posted(message, d))))
	require.NoError(t, s.Work.Complete(ctx, fast, noon, never, 0))

	require.NoError(t, s.Close())
	s = open()
	require.NoError(t, s.ReleaseAll(ctx))
	require.Equal(t, noon, due(t, s, work.Receiver, team))
	d = undelivered(t, s, team)
	require.Equal(t, int64(1), d.Have)
	require.Equal(t, delivery.DisplayFiring, d.Display, "it may have replaced the end")
	require.Equal(t, rules.Inactive, d.Shown, "people may have seen the end last, or nothing else: what fires now has to disturb them")
	attempts, err := s.Outbox.Attempts(ctx, "")
	require.NoError(t, err)
	require.Equal(t, outbox.CutOff, attempts[0].Status)
	require.True(t, attempts[0].Ended.IsZero())

	show(t, s, team)
	require.NoError(t, s.ReleaseAll(ctx))
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "it is over and done with")
}

// beginOne begins to send one message.
func beginOne(ctx context.Context, s *store.Store, lease work.Lease, message outbox.Message, members []outbox.Delivery, started time.Time) (int64, error) {
	attempts, err := s.Outbox.Begin(ctx, lease, []outbox.Sending{{Message: message, Members: members}}, started, machine)
	if err != nil {
		return 0, err
	}
	return attempts[0], nil
}

// of is the outcome of an attempt.
func of(attempt int64, o outbox.Outcome) outbox.Outcome {
	o.Attempt = attempt
	return o
}
