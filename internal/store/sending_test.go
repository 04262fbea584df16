package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// fresh returns what is new to a receiver.
func fresh(t *testing.T, s *store.Store, receiver string) []outbox.Delivery {
	t.Helper()
	all, err := s.Outbox.Undelivered(t.Context(), receiver)
	require.NoError(t, err)
	return slices.DeleteFunc(all, func(d outbox.Delivery) bool { return d.Message != "" })
}

// post sends a message.
func post(t *testing.T, s *store.Store, lease work.Lease, id string, members ...outbox.Delivery) {
	t.Helper()
	message := outbox.Message{ID: id, Receiver: lease.Key}
	attempt, err := beginOne(t.Context(), s, lease, message, members, noon)
	require.NoError(t, err)
	require.NoError(t, s.Outbox.End(t.Context(), lease, of(attempt, posted(message, members...))))
}

// told returns what receivers were told of an alert.
func told(t *testing.T, s *store.Store, alert string) map[string]outbox.Delivery {
	t.Helper()
	all, err := s.Outbox.DeliveriesOf(t.Context(), alert)
	require.NoError(t, err)
	return all
}

// alertsOf returns the IDs of the alerts of deliveries.
func alertsOf(deliveries []outbox.Delivery) (ids []string) {
	for _, d := range deliveries {
		ids = append(ids, d.Alert.ID)
	}
	return ids
}

// What is new has no message yet; what has one comes with all that it shows.
func testNews(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	changes := func() map[string][]string {
		t.Helper()
		found, err := s.Outbox.Changes(ctx, team)
		require.NoError(t, err)
		all := map[string][]string{}
		for _, m := range found {
			require.Equal(t, "ref of "+m.Message.ID, m.Message.Ref)
			all[m.Message.ID] = alertsOf(m.Members)
		}
		return all
	}
	var all []rules.Alert
	for i := range 6 {
		a := firing(fmt.Sprint("a", i), fmt.Sprint("dev:", i))
		a.FiredAt = noon.Add(-time.Duration(i) * minute)
		a.Holds[rules.Warning] = rules.Hold{Since: noon, Count: 2}
		a.Then = rules.Then{At: noon, Values: map[string]float64{"bytes.used": 41}}
		all = append(all, a)
	}
	showAll := map[string][]string{"a0": {team, "on-call"}, "a1": {team}, "a2": {team}, "a3": {team}, "a4": {team}}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(all...), Show: showAll}})
	require.Equal(t, []string{"a4", "a3", "a2", "a1", "a0"}, alertsOf(fresh(t, s, team)), "in the order of firing")
	require.Empty(t, changes())

	lease := claim(t, s, work.Receiver, team)
	news := fresh(t, s, team)
	post(t, s, lease, "early", news[0], news[1])
	post(t, s, lease, "late", news[2], news[3])
	require.Equal(t, []string{"a0"}, alertsOf(fresh(t, s, team)))
	require.Empty(t, changes())

	some, err := s.Outbox.Fresh(ctx, "on-call", []string{"a5", "a0", "nobody"})
	require.NoError(t, err)
	want := fresh(t, s, "on-call")
	want[0].Alert.Holds, want[0].Alert.Then = [rules.Critical + 1]rules.Hold{}, rules.Then{}
	require.Equal(t, want, some, "what no message shows is left out")
	some, err = s.Outbox.Fresh(ctx, team, []string{"a1", "a0", "a4"})
	require.NoError(t, err)
	require.Equal(t, []string{"a0"}, alertsOf(some), "the others belong to messages")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(all[5]), Show: map[string][]string{"a3": {"on-call"}, "a1": {"on-call"}}}})
	some, err = s.Outbox.Fresh(ctx, "on-call", []string{"a1", "a3", "a0"})
	require.NoError(t, err)
	require.Equal(t, []string{"a1", "a3", "a0"}, alertsOf(some), "in the order that was asked for")

	post(t, s, claim(t, s, work.Receiver, "on-call"), "elsewhere", fresh(t, s, "on-call")...)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(all[1], noon), resolved(all[0], noon)), Show: shown("a5", team)}})
	require.Equal(t, []string{"a5", "a0"}, alertsOf(fresh(t, s, team)))
	require.Equal(t, map[string][]string{"late": {"a2", "a1"}}, changes(), "one of its two changed")

	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(all[3], noon), resolved(all[4], noon))}})
	found, err := s.Outbox.Changes(ctx, team)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, "early", found[0].Message.ID, "in the order of firing")
	message, members, err := s.Outbox.Members(ctx, "early")
	require.NoError(t, err)
	require.Equal(t, outbox.Sending{Message: message, Members: members}, found[0])

}

// What is held back, or settled, stays so until there is something newer, even if that came in between.
func testHeldBack(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := silenced(firing("a", "dev:1"))
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	lease := claim(t, s, work.Receiver, team)
	hold := func(meanwhile func()) {
		d := undelivered(t, s, team)
		meanwhile()
		settle(t, s, lease, d)
	}
	newer := func() {
		a.Version++
		decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	}
	hold(func() {})
	require.Empty(t, fresh(t, s, team))
	require.Equal(t, waits(a, held), told(t, s, "a")[team])
	require.NoError(t, s.Outbox.Revive(ctx, team, noon))
	require.NoError(t, s.Outbox.GiveUp(ctx, lease, "no such channel"))
	require.Equal(t, waits(a, held), told(t, s, "a")[team], "it is not what was given up")

	newer()
	require.Equal(t, waits(a), undelivered(t, s, team))
	hold(newer)
	require.Equal(t, waits(a), undelivered(t, s, team), "version 2 was held back, not version 3")
}

// What was held back may be looked at again, as far as it can still be shown.
func testReconsider(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, over := silenced(firing("a", "dev:1")), silenced(firing("over", "dev:2"))
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a, over), Show: map[string][]string{"a": {team, "on-call"}, "over": {team}}}})
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(over, noon))}})
	settle(t, s, claim(t, s, work.Receiver, team), told(t, s, "a")[team], told(t, s, "over")[team])
	below := delivery.Policy{From: rules.Critical}
	require.NoError(t, s.Outbox.Settle(ctx, claim(t, s, work.Receiver, "on-call"), below, []outbox.Delivery{told(t, s, "a")["on-call"]}))
	require.Equal(t, delivery.Held, told(t, s, "a")[team].State)
	require.Equal(t, delivery.ReasonBelow, told(t, s, "a")["on-call"].Reason)
	require.NoError(t, s.Outbox.Reconsider(ctx, noon))
	require.Equal(t, []string{"a"}, alertsOf(fresh(t, s, team)))
	require.Equal(t, []string{"a"}, alertsOf(fresh(t, s, "on-call")))
	require.Equal(t, delivery.ReasonEndedMuted, told(t, s, "over")[team].Reason, "it is over")
}

// One turn may begin and end many messages at once, each with an end of its own.
func testBatches(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	decide(t, s, store.Commit{Decision: store.Decision{
		Alerts: alerts(firing("a", "dev:1"), firing("b", "dev:2"), firing("c", "dev:3"), firing("d", "dev:4")),
		Show:   map[string][]string{"a": {team}, "b": {team}, "c": {team}, "d": {team}},
	}})
	lease := claim(t, s, work.Receiver, team)
	var batch []outbox.Sending
	for _, d := range fresh(t, s, team) {
		batch = append(batch, outbox.Sending{Message: outbox.Message{ID: "m-" + d.Alert.ID, Receiver: team}, Members: []outbox.Delivery{d}})
	}
	attempts, err := s.Outbox.Begin(ctx, lease, batch, noon, machine)
	require.NoError(t, err)
	require.Len(t, attempts, 4)
	outcomes := []outbox.Outcome{
		of(attempts[0], posted(batch[0].Message, batch[0].Members...)),
		of(attempts[1], refused(batch[1].Message, outbox.GivenUp, batch[1].Members...)),
		of(attempts[2], refused(batch[2].Message, outbox.Retrying, batch[2].Members...)),
		of(attempts[3], outbox.Outcome{Sending: batch[3], Status: outbox.NotMade, At: noon.Add(time.Second)}),
	}
	before := slices.Concat(dumpTable(t, s, "attempt"), dumpTable(t, s, "delivery"), dumpTable(t, s, "message"))
	stolen := steal(t, s, lease)
	require.ErrorIs(t, s.Outbox.End(ctx, lease, outcomes...), work.ErrLeaseLost)
	require.NoError(t, s.Work.Complete(ctx, stolen, noon, noon, 0))
	lease = claim(t, s, work.Receiver, team)
	require.Equal(t, before, slices.Concat(dumpTable(t, s, "attempt"), dumpTable(t, s, "delivery"), dumpTable(t, s, "message")), "all or nothing")

	require.NoError(t, s.Outbox.End(ctx, lease, outcomes...))
	waiting, err := s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	require.Equal(t, []string{"c", "d"}, alertsOf(waiting))
	require.Empty(t, fresh(t, s, team), "each has its message, whatever came of it")
	require.Equal(t, int64(1), told(t, s, "a")[team].Have)
	require.Equal(t, delivery.GivenUp, told(t, s, "b")[team].State)
	require.Equal(t, "status 500", told(t, s, "c")[team].Error)
	require.Equal(t, waits(firing("d", "dev:4"), begun("m-d")), told(t, s, "d")[team])
	made, err := s.Outbox.Attempts(ctx, "")
	require.NoError(t, err)
	for i, want := range []outbox.AttemptStatus{outbox.Posted, outbox.GivenUp, outbox.Retrying, outbox.NotMade} {
		require.Equal(t, attempts[i], made[i].ID)
		require.Equal(t, batch[i].Message.ID, made[i].Message)
		require.Equal(t, want, made[i].Status)
		require.Equal(t, noon.Add(time.Second), made[i].Ended)
	}
	message, _, err := s.Outbox.Members(ctx, "m-d")
	require.NoError(t, err)
	require.Equal(t, outbox.Message{ID: "m-d", Receiver: team, BegunAt: noon}, message, "it was not posted")

	c := told(t, s, "c")[team]
	attempt, err := beginOne(ctx, s, lease, batch[2].Message, []outbox.Delivery{c}, noon)
	require.NoError(t, err)
	require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, outbox.Outcome{Sending: outbox.Sending{Message: batch[2].Message, Members: []outbox.Delivery{c}}, Status: outbox.NotMade})))
	require.Equal(t, c, told(t, s, "c")[team], "the error is that of the last attempt that was made")
}

// A message that was skipped is as if it had never been begun, but that its attempt is known.
func testSkipped(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	lease := claim(t, s, work.Receiver, team)
	message := outbox.Message{ID: "m", Receiver: team}
	skip := func(started time.Time, message outbox.Message, d outbox.Delivery) {
		t.Helper()
		attempt, err := beginOne(ctx, s, lease, message, []outbox.Delivery{d}, started)
		require.NoError(t, err)
		require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, outbox.Outcome{
			Sending: outbox.Sending{Message: message, Members: []outbox.Delivery{d}}, Status: outbox.Skipped, At: noon, Detail: "no report",
		})))
	}
	count := func() (messages int) {
		t.Helper()
		messages, _, err := s.Outbox.Begun(ctx, team, noon.Add(-minute))
		require.NoError(t, err)
		return messages
	}
	skip(noon, message, undelivered(t, s, team))
	require.Equal(t, waits(a, func(d *delivery.Delivery) {
		d.State, d.Reason, d.Detail, d.Have, d.Since = delivery.Skipped, delivery.ReasonContent, "no report", 1, never
	}), told(t, s, "a")[team])
	require.Zero(t, count())

	a.Version, a.Reason = 2, rules.Reminded
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	news := fresh(t, s, team)
	require.Equal(t, []string{"a"}, alertsOf(news), "it is still new to the receiver")
	post(t, s, lease, "m", news...)
	require.Equal(t, 1, count())
	shown, _, err := s.Outbox.Members(ctx, "m")
	require.NoError(t, err)
	require.Equal(t, noon, shown.BegunAt)

	a.Version = 3
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	skip(noon.Add(minute), shown, undelivered(t, s, team))
	require.Equal(t, 1, count(), "what was posted stays so")
	require.Equal(t, "m", told(t, s, "a")[team].Message)
	attempts, err := s.Outbox.Attempts(ctx, "a")
	require.NoError(t, err)
	require.Len(t, attempts, 3)
	for i, status := range []outbox.AttemptStatus{outbox.Skipped, outbox.Posted, outbox.Skipped} {
		require.Equal(t, status, attempts[i].Status)
	}
}

// Attempts are known by what they were to show.
func testAttempts(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b := firing("a", "dev:1"), firing("b", "dev:2")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a, b), Show: map[string][]string{"a": {team, "on-call"}, "b": {team}}}})
	show(t, s, team)
	show(t, s, "on-call")
	b = resolved(b, noon)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(b)}})
	show(t, s, team)
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, "on-call", noon))
	versions := func(alert string) (all []map[string]int64) {
		attempts, err := s.Outbox.Attempts(ctx, alert)
		require.NoError(t, err)
		for _, a := range attempts {
			all = append(all, a.Versions)
		}
		return all
	}
	require.Equal(t, []map[string]int64{{"a": 1, "b": 1}, {"a": 1}, {"b": 2}}, versions(""))
	require.Equal(t, []map[string]int64{{"a": 1}, {"a": 1}}, versions("a"), "of an alert, only what is about it")
	require.Equal(t, []map[string]int64{{"b": 1}, {"b": 2}}, versions("b"))
	require.Empty(t, versions("c"))

	lease := claim(t, s, work.Receiver, "on-call")
	message, members, err := s.Outbox.Members(ctx, "m-on-call")
	require.NoError(t, err)
	for _, c := range []struct {
		status outbox.AttemptStatus
		more   int
	}{{outbox.Retrying, 1}, {outbox.Posted, 0}} {
		before := len(versions("a"))
		attempt, err := beginOne(ctx, s, lease, message, members, noon)
		require.NoError(t, err)
		out := of(attempt, outbox.Outcome{Sending: outbox.Sending{Message: message, Members: members}, Status: c.status, Refresh: true, At: noon})
		require.NoError(t, s.Outbox.End(ctx, lease, out))
		require.Len(t, versions("a"), before+c.more, "what only brought figures up to date is not remembered, if it went well")
	}
}

// Messages whose figures have moved can be brought up to date, the one that was not for the longest time first.
func testStale(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	stale := func() []string {
		t.Helper()
		ids, err := s.Outbox.Stale(ctx, team, 10)
		require.NoError(t, err)
		return ids
	}
	all := alerts(firing("a", "dev:1"), firing("b", "dev:2"), firing("c", "dev:3"))
	poll := func(live ...string) {
		t.Helper()
		decide(t, s, store.Commit{Decision: store.Decision{Alerts: all}, Live: live})
	}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: all, Show: map[string][]string{"a": {team}, "b": {team}, "c": {team}}}})
	lease := claim(t, s, work.Receiver, team)
	send := func(id string, at time.Time, members ...outbox.Delivery) {
		t.Helper()
		message := outbox.Message{ID: id, Receiver: team}
		attempt, err := beginOne(ctx, s, lease, message, members, at)
		require.NoError(t, err)
		out := posted(message, members...)
		out.Message.PostedAt = at
		require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, out)))
	}
	news := fresh(t, s, team)
	send("late", noon.Add(minute), news[0])
	send("early", noon, news[1])
	_, err := beginOne(ctx, s, lease, outbox.Message{ID: "cut off", Receiver: team}, news[2:], noon)
	require.NoError(t, err)
	require.Empty(t, stale(), "what is shown is what is, and what is not shown cannot be old")
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))

	all[0].Value, all[1].Value, all[2].Value = 42, 42, 42
	poll("on-call")
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "it does not keep figures up to date")
	poll(team)
	require.Equal(t, noon, due(t, s, work.Receiver, team))
	require.Equal(t, []string{"early", "late"}, stale())
	lease = claim(t, s, work.Receiver, team)
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{"app:other"}, noon))
	other := store.Commit{Project: store.Project{UID: "app:other"}, Live: []string{team}, Decision: store.Decision{Now: noon}}
	require.NoError(t, s.Commit(ctx, claim(t, s, work.Poll, "app:other"), other))
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "these are figures of another project")
	some, err := s.Outbox.Stale(ctx, team, 1)
	require.NoError(t, err)
	require.Equal(t, []string{"early"}, some)

	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, noon))
	lease = claim(t, s, work.Receiver, team)
	_, members, err := s.Outbox.Members(ctx, "early")
	require.NoError(t, err)
	attempt, err := beginOne(ctx, s, lease, outbox.Message{ID: "early", Receiver: team}, members, noon)
	require.NoError(t, err)
	require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, refused(outbox.Message{ID: "early", Receiver: team}, outbox.Retrying, members...))))
	require.Equal(t, []string{"early", "late"}, stale(), "that did not go well")
	send("early", noon.Add(2*minute), members...)
	require.Equal(t, []string{"late"}, stale())

	d := told(t, s, "b")[team]
	require.NoError(t, s.Outbox.Repair(ctx, lease, of(attempt, posted(outbox.Message{ID: "early", Receiver: team}, d))))
	require.Equal(t, []string{"early", "late"}, stale(), "nobody knows which figure was posted last")
	_, members, err = s.Outbox.Members(ctx, "late")
	require.NoError(t, err)
	send("late", noon.Add(3*minute), members...)
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))

	all[1].Value = 43
	over := resolved(*all[1], noon)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(over)}})
	require.Empty(t, stale(), "the end of an alert is a change of its own")
}

func testBegun(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	begun := func(after time.Time) (int, time.Time) {
		t.Helper()
		count, digest, err := s.Outbox.Begun(ctx, team, after)
		require.NoError(t, err)
		return count, digest
	}
	count, digest := begun(noon)
	require.Zero(t, count)
	require.Zero(t, digest)

	decide(t, s, store.Commit{Decision: store.Decision{
		Alerts: alerts(firing("a", "dev:1"), firing("b", "dev:2"), firing("c", "dev:3"), firing("d", "dev:4")),
		Show:   map[string][]string{"a": {team}, "b": {team}, "c": {team}, "d": {team, "on-call"}},
	}})
	lease := claim(t, s, work.Receiver, team)
	for i, d := range fresh(t, s, team) {
		message := outbox.Message{ID: d.Alert.ID, Receiver: team, Digest: i >= 2}
		_, err := beginOne(ctx, s, lease, message, []outbox.Delivery{d}, noon.Add(time.Duration(i)*minute))
		require.NoError(t, err)
	}
	post(t, s, claim(t, s, work.Receiver, "on-call"), "elsewhere", fresh(t, s, "on-call")...)
	count, digest = begun(noon.Add(-1))
	require.Equal(t, 2, count, "whatever came of them, and without digests")
	require.Equal(t, noon.Add(3*minute), digest)
	count, digest = begun(noon)
	require.Equal(t, 1, count)
	require.Equal(t, noon.Add(3*minute), digest, "however long ago")

	message, members, err := s.Outbox.Members(ctx, "c")
	require.NoError(t, err)
	require.True(t, message.Digest)
	_, err = beginOne(ctx, s, lease, message, members, noon.Add(time.Hour))
	require.NoError(t, err)
	_, digest = begun(noon)
	require.Equal(t, noon.Add(3*minute), digest, "another attempt is no other message")
}
