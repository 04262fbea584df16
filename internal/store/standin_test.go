package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// Another receiver is told what one cannot be: what was given up, and what has waited for too long, as far as the one wants it
// and does not show it.
func testFallBack(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	early := noon.Add(-time.Hour)
	tell := func(now time.Time, receivers []string, all ...rules.Alert) {
		t.Helper()
		d := store.Decision{Alerts: alerts(all...), Show: map[string][]string{}, Now: now}
		for _, a := range all {
			d.Show[a.ID] = receivers
		}
		require.NoError(t, s.Decide(ctx, d))
	}
	at := func(level rules.Level, ids ...string) (all []rules.Alert) {
		for _, id := range ids {
			a := firing(id, "dev:"+id)
			a.Level = level
			all = append(all, a)
		}
		return all
	}
	old := at(rules.Warning, "waiting", "held", "over", "seen", "milder", "worse")
	old[1] = silenced(old[1])
	tell(early, []string{team}, old...)
	tell(early, []string{team, "on-call"}, at(rules.Warning, "both")...)
	tell(early, []string{team}, at(rules.Info, "minor")...)
	tell(noon, []string{team}, at(rules.Warning, "dead", "young")...)

	lease := claim(t, s, work.Receiver, team)
	settle(t, s, lease, told(t, s, "held")[team])
	post(t, s, lease, "seen", told(t, s, "seen")[team], told(t, s, "milder")[team], told(t, s, "worse")[team])
	message, d := outbox.Message{ID: "dead", Receiver: team}, told(t, s, "dead")[team]
	attempt, err := beginOne(ctx, s, lease, message, []outbox.Delivery{d}, noon)
	require.NoError(t, err)
	require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, refused(message, outbox.GivenUp, d))))
	milder, worse := old[4], old[5]
	milder.Version, worse.Version, worse.Level = 2, 2, rules.Critical
	tell(early, nil, resolved(old[2], early), milder, worse)

	takeOverAlerts := claim(t, s, work.Receiver, "on-call")
	instead := func(before time.Time) int {
		t.Helper()
		count, err := s.Outbox.FallBack(ctx, takeOverAlerts, outbox.Unreachable{For: team, Policy: delivery.Policy{From: rules.Warning}, Before: before, Now: noon})
		require.NoError(t, err)
		return count
	}
	require.Equal(t, 3, instead(noon.Add(-30*minute)))
	require.ElementsMatch(t, []string{"dead", "waiting", "worse", "both"}, alertsOf(fresh(t, s, "on-call")))
	for _, id := range []string{"dead", "waiting", "worse"} {
		require.Equal(t, team, told(t, s, id)["on-call"].For)
		require.Equal(t, noon, told(t, s, id)["on-call"].Since, "it is new to the other one")
	}
	require.Empty(t, told(t, s, "both")["on-call"].For, "it was told for itself already")

	require.Zero(t, instead(noon.Add(-30*minute)), "it knows")
	require.Equal(t, 1, instead(noon), "the young one has waited for long enough now")
	require.NoError(t, s.Work.Complete(ctx, takeOverAlerts, noon, noon, 0))
	show(t, s, "on-call")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(old[0], noon))}})
	require.Equal(t, "waiting", undelivered(t, s, "on-call").Alert.ID, "who was told in place of another hears the end")
}

// Who is told in place of a receiver is made due with it, by whatever that has something new to show for.
func testStandIns(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	decision := store.Decision{Alerts: alerts(a), Show: shown("a", team), Fallbacks: map[string]string{team: "second", "other": "third"}}
	decideNow(t, s, decision)
	require.Equal(t, noon, due(t, s, work.Receiver, "second"))
	require.True(t, due(t, s, work.Receiver, "third").IsZero(), "nothing is new to the other one")
	require.NoError(t, s.Work.Complete(ctx, claim(t, s, work.Receiver, "second"), noon, never, 0))

	decideNow(t, s, decision)
	require.True(t, due(t, s, work.Receiver, "second").IsZero(), "there is no new version")
	a.Version, decision.Show = 2, nil
	decision.Alerts = alerts(a)
	decide(t, s, store.Commit{Decision: decision})
	require.Equal(t, noon, due(t, s, work.Receiver, "second"))
}

// What was given up is tried again when there is nothing else to try.
func testRetry(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b := firing("a", "dev:1"), firing("b", "dev:2")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team, "on-call")}})
	lease := claim(t, s, work.Receiver, team)
	require.NoError(t, s.Outbox.GiveUp(ctx, lease, "no such channel"))
	require.NoError(t, s.Outbox.GiveUp(ctx, claim(t, s, work.Receiver, "on-call"), "no such channel"))
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(b), Show: shown("b", team)}})
	require.NoError(t, s.Outbox.Retry(ctx, lease))
	require.Equal(t, "b", undelivered(t, s, team).Alert.ID)
	require.NoError(t, s.Outbox.GiveUp(ctx, lease, "no such channel"))
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))

	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, noon))
	lease = claim(t, s, work.Receiver, team)
	require.NoError(t, s.Outbox.Retry(ctx, lease))
	waiting, err := s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, alertsOf(waiting))
	require.Equal(t, noon, waiting[0].Since, "it has waited all the time")
	require.Equal(t, delivery.GivenUp, told(t, s, "a")["on-call"].State, "receivers do not mix")
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "it is for this turn")
}

func testGiveUpAll(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b := firing("a", "dev:1"), firing("b", "dev:2")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a, b), Show: map[string][]string{"a": {team}, "b": {team, "on-call"}}}})
	lease := claim(t, s, work.Receiver, team)
	post(t, s, lease, "a", told(t, s, "a")[team])
	require.NoError(t, s.Outbox.GiveUp(ctx, lease, "no such channel"))
	require.Equal(t, waits(b, givenUp, func(d *delivery.Delivery) { d.Error = "no such channel" }), told(t, s, "b")[team])
	require.Equal(t, delivery.Delivered, told(t, s, "a")[team].State, "what is shown was not given up")
	require.Equal(t, delivery.Waiting, told(t, s, "b")["on-call"].State, "receivers do not mix")
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))

	require.NoError(t, s.Outbox.Revive(ctx, "on-call", noon))
	require.Equal(t, delivery.Waiting, told(t, s, "b")["on-call"].State)
	require.True(t, due(t, s, work.Receiver, team).IsZero())
	require.NoError(t, s.Outbox.Revive(ctx, team, noon))
	require.Equal(t, "b", undelivered(t, s, team).Alert.ID)
	require.Equal(t, noon, due(t, s, work.Receiver, team))
}

// What a receiver that is gone was to show is closed. When it is back it is brought up to date.
func testKeepReceivers(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	keep := func(names ...string) map[string]int64 {
		t.Helper()
		gone, err := s.Outbox.KeepReceivers(ctx, names, noon)
		require.NoError(t, err)
		return gone
	}
	require.Empty(t, keep(team))
	a, b, over := firing("a", "dev:1"), firing("b", "dev:2"), firing("over", "dev:3")
	decide(t, s, store.Commit{Decision: store.Decision{
		Alerts: alerts(a, b, over), Show: map[string][]string{"a": {team, "on-call"}, "b": {team}, "over": {team}},
	}})
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(over, noon))}})
	show(t, s, team)
	require.Empty(t, keep(team, "on-call", "new"))
	require.Equal(t, map[string]int64{team: 2}, keep("on-call"), "what is over needs no further word")
	require.Empty(t, keep("on-call"), "that was said before")
	require.Equal(t, delivery.Removed, told(t, s, "a")[team].State)
	require.Equal(t, delivery.Delivered, told(t, s, "over")[team].State)
	require.Equal(t, delivery.Waiting, told(t, s, "a")["on-call"].State)

	b.Version, b.Level, b.Value = 2, rules.Critical, 80
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(a, noon), b), Show: shown("b", "on-call")}, Live: []string{team}})
	require.Empty(t, fresh(t, s, team))
	changes, err := s.Outbox.Changes(ctx, team)
	require.NoError(t, err)
	require.Empty(t, changes)
	stale, err := s.Outbox.Stale(ctx, team, 10)
	require.NoError(t, err)
	require.Empty(t, stale)
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "there is nobody to tell")

	require.Empty(t, keep(team, "on-call"))
	waiting, err := s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, alertsOf(waiting), "what it shows has changed meanwhile")
	for _, d := range waiting {
		require.Equal(t, int64(1), d.Have)
	}
}

// What is sent again is posted afresh with all that is in the same message.
func testRedeliver(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b, c := firing("a", "dev:1"), firing("b", "dev:2"), firing("c", "dev:3")
	decide(t, s, store.Commit{Decision: store.Decision{
		Alerts: alerts(a, b, c), Show: map[string][]string{"a": {team, "on-call", "held", "gone"}, "b": {team}, "c": {"on-call"}},
	}})
	serve := func() {
		t.Helper()
		for _, receiver := range []string{team, "on-call"} {
			show(t, s, receiver)
		}
	}
	serve()
	lease := claim(t, s, work.Receiver, "held")
	below := delivery.Policy{From: rules.Critical}
	require.NoError(t, s.Outbox.Settle(ctx, lease, below, []outbox.Delivery{undelivered(t, s, "held")}))
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	_, err := s.Outbox.KeepReceivers(ctx, []string{team, "on-call", "held"}, noon)
	require.NoError(t, err)
	again := func(alert, receiver string) []string {
		t.Helper()
		receivers, err := s.Outbox.Redeliver(ctx, alert, receiver, noon)
		require.NoError(t, err)
		return receivers
	}
	require.Empty(t, again("nothing", ""))
	require.Empty(t, again("b", "on-call"), "it was never to show it")
	require.Empty(t, again("a", "gone"), "there is nobody to tell")

	before := told(t, s, "a")["on-call"]
	require.Equal(t, []string{team}, again("b", team))
	require.Equal(t, noon, due(t, s, work.Receiver, team))
	require.True(t, due(t, s, work.Receiver, "on-call").IsZero())
	require.Equal(t, before, told(t, s, "a")["on-call"])
	message, members, err := s.Outbox.Members(ctx, "m-"+team)
	require.NoError(t, err)
	require.Empty(t, message.Ref, "what stands there is not touched")
	require.Equal(t, []string{"a", "b"}, alertsOf(members))
	for _, d := range members {
		require.Zero(t, d.Have)
		require.Equal(t, rules.Inactive, d.Shown)
	}
	show(t, s, team)

	require.Equal(t, []string{team, "held", "on-call"}, again("a", ""))
	require.Equal(t, "a", undelivered(t, s, "held").Alert.ID, "also where it was held back")
	require.Empty(t, told(t, s, "a")["held"].Reason)
	waiting, err := s.Outbox.Undelivered(ctx, "on-call")
	require.NoError(t, err)
	require.Equal(t, []string{"a", "c"}, alertsOf(waiting))

	slow := claim(t, s, work.Receiver, team)
	attempt, err := beginOne(ctx, s, slow, message, members, noon)
	require.NoError(t, err)
	again("b", team)
	require.NoError(t, s.Outbox.End(ctx, slow, of(attempt, posted(message, members...))))
	require.Zero(t, told(t, s, "b")[team].Have, "what was on its way does not count")
	require.NoError(t, s.Work.Complete(ctx, slow, noon, never, 0))
	require.Equal(t, noon, due(t, s, work.Receiver, team))
}

// What shows an old figure is known, and forgotten where nobody knows what stands there.
func testFigure(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	show(t, s, team)
	figure := func() (x *float64) {
		t.Helper()
		require.NoError(t, s.DB().QueryRowContext(ctx, "SELECT figure FROM delivery").Scan(&x))
		return x
	}
	require.InDelta(t, 41, *figure(), 0, "that of the alert which was posted")
	d := told(t, s, "a")[team]
	_, err := s.Outbox.Redeliver(ctx, "a", team, noon)
	require.NoError(t, err)
	require.Nil(t, figure())
	show(t, s, team)
	require.InDelta(t, 41, *figure(), 0)
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, noon))
	lease := claim(t, s, work.Receiver, team)
	require.NoError(t, s.Outbox.Repair(ctx, lease, of(1, posted(outbox.Message{ID: "m-" + team, Receiver: team}, d))))
	require.Nil(t, figure())
}
