package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// budget is the rule of firing.
var budget = rules.Key{Rule: "data-budget", Project: project}

// What fires is told to those whom the route names, and turned away from the others until it comes back.
func testRoute(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	shows, waits, other := firing("shows", "dev:1"), firing("waits", "dev:2"), firing("other", "dev:3")
	other.Rule = "other"
	pending, over := firing("pending", "dev:4"), firing("over", "dev:5")
	pending.State, pending.Version = rules.Pending, 0
	all := map[string][]string{"other": {team}, "over": {team}}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(other, over, pending), Show: all}})
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(resolved(over, noon))}})
	show(t, s, team)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(shows, waits), Show: map[string][]string{"shows": {team}, "waits": {team}}}})
	lease := claim(t, s, work.Receiver, team)
	post(t, s, lease, "m", told(t, s, "shows")[team])
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	route := func(receivers ...string) (changed int) {
		t.Helper()
		changed, err := s.Outbox.Route(ctx, budget, receivers, noon)
		require.NoError(t, err)
		return changed
	}
	firing, err := s.Outbox.FiringRules(ctx)
	require.NoError(t, err)
	require.Equal(t, []rules.Key{budget, {Rule: "other", Project: project}}, firing)
	before := dump(t, s)
	require.Zero(t, route(team), "all is as it should be")
	require.Equal(t, before, dump(t, s))

	require.Equal(t, 4, route("on-call"))
	require.Equal(t, []string{"shows", "waits"}, alertsOf(fresh(t, s, "on-call")))
	require.Equal(t, noon, due(t, s, work.Receiver, "on-call"))
	require.Equal(t, noon, due(t, s, work.Receiver, team))
	away := told(t, s, "shows")[team]
	require.True(t, away.Rerouted)
	require.Equal(t, delivery.Waiting, away.State, "that has to be shown")
	require.Equal(t, rules.Warning, away.Shown, "until then this is")
	require.True(t, told(t, s, "waits")[team].Rerouted)
	for _, left := range []string{"other", "over"} {
		require.False(t, told(t, s, left)[team].Rerouted, left)
	}
	before = dump(t, s)
	require.Zero(t, route("on-call"), "that was done")
	require.Equal(t, before, dump(t, s))
	stale, err := s.Outbox.Stale(ctx, team, 10)
	require.NoError(t, err)
	require.Empty(t, stale)
	receivers, err := s.Outbox.Redeliver(ctx, "shows", "", noon)
	require.NoError(t, err)
	require.Equal(t, []string{"on-call"}, receivers)

	require.Equal(t, 4, route(team))
	back := told(t, s, "shows")[team]
	require.False(t, back.Rerouted)
	require.Equal(t, int64(2), back.Turns)
	require.True(t, told(t, s, "shows")["on-call"].Rerouted)
	require.Equal(t, 2, route(), "nobody is told any more")
}

// What is sent while the route is turned away may be displayed, and is to be taken back.
func testRouteWhileSending(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team)}})
	lease := claim(t, s, work.Receiver, team)
	message, d := outbox.Message{ID: "m", Receiver: team}, undelivered(t, s, team)
	attempt, err := beginOne(ctx, s, lease, message, []outbox.Delivery{d}, noon)
	require.NoError(t, err)
	_, err = s.Outbox.Route(ctx, budget, []string{"on-call"}, noon)
	require.NoError(t, err)
	require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, posted(message, d))))
	d = undelivered(t, s, team)
	require.True(t, d.Rerouted)
	require.Equal(t, int64(1), d.Have, "it may be displayed")
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	require.Equal(t, noon, due(t, s, work.Receiver, team))
}

// Receivers that are gone and those that are told in place of others stay as they are, but one that was told before can be told
// in place of another.
func testRouteBesideOthers(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b := firing("a", "dev:1"), firing("b", "dev:2")
	a.ChangedAt, b.ChangedAt = noon, noon
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a, b), Show: map[string][]string{"a": {team, "gone"}, "b": {team, "spare"}}}})
	_, err := s.Outbox.KeepReceivers(ctx, []string{team, "spare"}, noon)
	require.NoError(t, err)
	fallBack := func() int {
		t.Helper()
		require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, "spare", noon))
		lease := claim(t, s, work.Receiver, "spare")
		n, err := s.Outbox.FallBack(ctx, lease, outbox.Unreachable{For: team, Before: noon.Add(minute), Now: noon})
		require.NoError(t, err)
		require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
		return n
	}
	route := func(receivers ...string) {
		t.Helper()
		_, err := s.Outbox.Route(ctx, budget, receivers, noon)
		require.NoError(t, err)
	}
	route(team)
	require.Equal(t, delivery.Removed, told(t, s, "a")["gone"].State)
	require.Zero(t, told(t, s, "a")["gone"].Turns)
	require.True(t, told(t, s, "b")["spare"].Rerouted)

	require.Equal(t, 2, fallBack())
	require.Equal(t, team, told(t, s, "a")["spare"].For)
	require.Equal(t, team, told(t, s, "b")["spare"].For)
	require.Equal(t, []string{"a", "b"}, alertsOf(fresh(t, s, "spare")))
	require.Zero(t, fallBack(), "it knows")
	route(team)
	require.False(t, told(t, s, "a")["spare"].Rerouted)
	route("on-call")
	require.False(t, told(t, s, "b")["spare"].Rerouted, "in place of whom it was told")
	require.True(t, told(t, s, "b")[team].Rerouted)
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, "spare", noon))
	show(t, s, "spare")
	require.NoError(t, s.Outbox.Revive(ctx, team, noon))
	require.Zero(t, fallBack(), "what goes elsewhere is nothing to stand in for")
}

// What is muted is displayed though people were not notified of it: it has to be taken back, and is new to the receiver once it is back.
func testRouteMuted(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := silenced(firing("a", "dev:1"))
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	lease := claim(t, s, work.Receiver, team)
	route := func(receivers ...string) outbox.Delivery {
		t.Helper()
		_, err := s.Outbox.Route(ctx, budget, receivers, noon)
		require.NoError(t, err)
		return undelivered(t, s, team)
	}
	post(t, s, lease, "m", undelivered(t, s, team))
	require.Equal(t, rules.Inactive, told(t, s, "a")[team].Shown)
	away := route()
	require.Equal(t, delivery.DisplayFiring, away.Display)
	post(t, s, lease, "m", away)
	require.Equal(t, delivery.DisplayEnded, route(team).Display)
}

// More than one transaction can take is routed all the same.
func testManyRoutes(t *testing.T, open opening) {
	const n = 10_001
	s := open()
	var all []rules.Alert
	to := map[string][]string{}
	for i := range n {
		a := firing(fmt.Sprintf("a-%05d", i), fmt.Sprintf("dev:%05d", i))
		all, to[a.ID] = append(all, a), []string{team}
	}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(all...), Show: to}})
	changed, err := s.Outbox.Route(t.Context(), budget, []string{"on-call"}, noon)
	require.NoError(t, err)
	require.Equal(t, 2*n, changed)
	for _, d := range storetest.Deliveries(t, s, team) {
		require.True(t, d.Rerouted)
	}
	require.Len(t, storetest.Deliveries(t, s, "on-call"), n)
}

// A post that was made without a lease, or cut off, may have replaced a withdrawal of the same version.
func testRouteOvertaken(late func(ctx context.Context, s *store.Store, slow work.Lease, late outbox.Outcome) error) func(*testing.T, opening) {
	return func(t *testing.T, open opening) {
		ctx, s := t.Context(), open()
		decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team)}})
		slow := claim(t, s, work.Receiver, team)
		message, d := outbox.Message{ID: "m", Receiver: team}, undelivered(t, s, team)
		attempt, err := beginOne(ctx, s, slow, message, []outbox.Delivery{d}, noon)
		require.NoError(t, err)
		_, err = s.Outbox.Route(ctx, budget, []string{"on-call"}, noon)
		require.NoError(t, err)
		fast := steal(t, s, slow)
		post(t, s, fast, "m", undelivered(t, s, team))
		require.NoError(t, s.Work.Complete(ctx, fast, noon, never, 0))

		require.NoError(t, late(ctx, s, slow, of(attempt, posted(message, d))))
		require.Equal(t, delivery.DisplayFiring, undelivered(t, s, team).Display, "it is to be taken back once more")
		require.False(t, due(t, s, work.Receiver, team).IsZero())
	}
}
