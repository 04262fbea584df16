package store_test

import (
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
	"notewatch/rules/muting"
)

// events commits alerts one version after the other, a minute apart.
func events(t *testing.T, s *store.Store, show map[string][]string, versions ...rules.Alert) {
	t.Helper()
	for i, a := range versions {
		a.ChangedAt = noon.Add(time.Duration(i) * minute)
		decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: show}})
	}
}

func testHappenings(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	first, second := firing("a", "dev:1"), firing("b", "dev:2")
	second.Rule, second.Texts.Subject = "spike", "sensor-2"
	events(t, s, nil, first, resolved(first, noon), second)

	all, count, err := s.Happenings(ctx, store.AlertFilter{}, noon)
	require.NoError(t, err)
	require.Equal(t, 3, count)
	require.Equal(t, []string{"b fired", "a resolved", "a fired"}, said(all), "the newest first")
	require.Equal(t, store.Happening{
		Transition: store.Transition{
			Alert: "b", Version: 1, At: noon.Add(2 * minute), Reason: rules.Fired, State: rules.Firing, Level: rules.Warning, Value: 41,
		},
		Rule: "spike", Project: project, Subject: "dev:2", Texts: rules.Texts{Subject: "sensor-2"},
	}, all[0])

	for _, c := range []struct {
		filter store.AlertFilter
		since  time.Time
		want   []string
		count  int
	}{
		{store.AlertFilter{Limit: 1}, noon, []string{"b fired"}, 3},
		{store.AlertFilter{}, noon.Add(minute), []string{"b fired", "a resolved"}, 2},
		{store.AlertFilter{Match: muting.Match{Rule: "spike"}}, noon, []string{"b fired"}, 1},
		{store.AlertFilter{Match: muting.Match{Subject: "sensor-2"}}, noon, []string{"b fired"}, 1},
		{store.AlertFilter{Open: true}, noon, []string{"b fired"}, 1},
		{store.AlertFilter{}, noon.Add(time.Hour), nil, 0},
	} {
		some, count, err := s.Happenings(ctx, c.filter, c.since)
		require.NoError(t, err)
		require.Equal(t, c.want, said(some), c)
		require.Equal(t, c.count, count, c)
	}
}

// said puts happenings into words.
func said(all []store.Happening) (words []string) {
	for _, h := range all {
		words = append(words, h.Alert+" "+string(h.Reason))
	}
	return words
}

func testCountAlerts(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	first := firing("a", "dev:1")
	events(t, s, shown("b", team), first, resolved(first, noon), firing("b", "dev:2"))
	show(t, s, team)
	for _, c := range []struct {
		filter store.AlertFilter
		want   int
	}{
		{store.AlertFilter{}, 2},
		{store.AlertFilter{Limit: 1}, 2},
		{store.AlertFilter{Open: true}, 1},
		{store.AlertFilter{Message: "m-" + team}, 1},
		{store.AlertFilter{Match: muting.Match{Project: "app:other"}}, 0},
	} {
		count, err := s.CountAlerts(ctx, c.filter)
		require.NoError(t, err)
		require.Equal(t, c.want, count, c)
	}
}

func testDeliveriesTo(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	events(t, s, shown("a", team, "on-call"), firing("a", "dev:1"), firing("b", "dev:2"))
	show(t, s, team)
	deliveries, err := s.Outbox.DeliveriesTo(ctx, []string{"a", "b"})
	require.NoError(t, err)
	require.Equal(t, map[string]map[string]outbox.Delivery{"a": {
		team:      waits(rules.Alert{}, delivered("m-"+team)),
		"on-call": waits(rules.Alert{}),
	}}, deliveries)
	deliveries, err = s.Outbox.DeliveriesTo(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, deliveries)
}

func testNames(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	names, err := s.Names(ctx)
	require.NoError(t, err)
	require.Equal(t, store.Names{}, names)

	a := firing("a", "dev:1")
	a.Texts = rules.Texts{Subject: "sensor-1", Project: "cold-chain"}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}, Meanings: judged("quiet", "1", "data-budget", "1")})
	storetest.SaveDevices(t, s, project, []usage.Device{{UID: "dev:2", Name: "sensor-2"}, {UID: "dev:3"}}, noon)
	names, err = s.Names(ctx)
	require.NoError(t, err)
	require.Equal(t, store.Names{
		Rules: []string{"data-budget", "quiet"}, Projects: []store.ProjectName{{UID: project, Name: "cold-chain"}},
		Subjects: []string{"dev:1", "dev:2", "dev:3", "sensor-1", "sensor-2"},
	}, names)
}

func testFilter(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b, c := firing("a", "dev:1"), firing("b", "dev:2"), firing("c", "dev:1")
	a.Texts = rules.Texts{Subject: "freezer", Project: "cold-chain"}
	b.Rule, b.State, b.Since = "spike", rules.Pending, noon
	c.Rule, c.Project, c.Since = "", "", noon.Add(-time.Hour)
	ended := resolved(firing("d", "dev:1"), noon)
	ended.Since = noon.Add(-time.Minute)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a, b, c, ended), Show: map[string][]string{"a": {team}, "d": {team}, "c": {"on-call"}}}})
	show(t, s, team)
	show(t, s, "on-call")
	for name, f := range map[string]struct {
		filter store.AlertFilter
		want   []string
	}{
		"all":                {store.AlertFilter{}, []string{"b", "a", "d", "c"}},
		"the newest":         {store.AlertFilter{Limit: 2}, []string{"b", "a"}},
		"alert":              {store.AlertFilter{Match: muting.Match{Alert: "d"}}, []string{"d"}},
		"rule":               {store.AlertFilter{Match: muting.Match{Rule: "spike"}}, []string{"b"}},
		"project":            {store.AlertFilter{Match: muting.Match{Project: project}}, []string{"b", "a", "d"}},
		"project by name":    {store.AlertFilter{Match: muting.Match{Project: "cold-chain"}}, []string{"a"}},
		"subject":            {store.AlertFilter{Match: muting.Match{Subject: "dev:1"}}, []string{"a", "d", "c"}},
		"subject by name":    {store.AlertFilter{Match: muting.Match{Subject: "freezer"}}, []string{"a"}},
		"open":               {store.AlertFilter{Open: true}, []string{"b", "a", "c"}},
		"message":            {store.AlertFilter{Message: "m-" + team}, []string{"a", "d"}},
		"another message":    {store.AlertFilter{Message: "m-on-call"}, []string{"c"}},
		"several":            {store.AlertFilter{Match: muting.Match{Project: project, Subject: "dev:1"}, Open: true, Message: "m-" + team}, []string{"a"}},
		"nothing":            {store.AlertFilter{Match: muting.Match{Alert: "e"}}, nil},
		"a name is no ID":    {store.AlertFilter{Match: muting.Match{Rule: "cold-chain"}}, nil},
		"text, not pattern":  {store.AlertFilter{Match: muting.Match{Subject: "dev:%"}}, nil},
		"a quote stays text": {store.AlertFilter{Match: muting.Match{Subject: "' OR '' = '"}}, nil},
	} {
		found, err := s.Alerts(ctx, f.filter)
		require.NoError(t, err, name)
		require.Equal(t, f.want, ids(found), name)
		var paged []rules.Alert
		require.NoError(t, s.EachAlerts(ctx, f.filter, 2, func(page []rules.Alert) error {
			require.LessOrEqual(t, len(page), 2, name)
			paged = append(paged, page...)
			return nil
		}), name)
		require.Equal(t, found, paged, name)
		f.filter.Limit = 0
		count, err := s.CountAlerts(ctx, f.filter)
		require.NoError(t, err, name)
		if name != "the newest" {
			require.Equal(t, len(f.want), count, name)
		}
	}
}

func testFired(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b, early := firing("a", "dev:1"), resolved(firing("b", "dev:2"), noon), firing("early", "dev:3")
	early.FiredAt = noon.Add(-time.Millisecond)
	pending, drill, spike := firing("pending", "dev:4"), firing("drill", "dev:5"), firing("spike", "dev:1")
	pending.State, pending.FiredAt = rules.Pending, never
	drill.Drill = true
	spike.Rule = "spike"
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a, b, early, pending, drill, spike)}})
	fired, err := s.Fired(ctx, noon)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"data-budget": 2, "spike": 1}, fired)
	fired, err = s.Fired(ctx, noon.Add(time.Millisecond))
	require.NoError(t, err)
	require.Empty(t, fired)
}

func testStanding(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	standing, err := s.Standing(ctx, noon)
	require.NoError(t, err)
	require.Equal(t, store.Standing{Firing: map[rules.Level]int{}, Queues: map[string]outbox.Queue{}, PolledAt: map[string]time.Time{}}, standing)

	a, b, c, pending := firing("a", "dev:1"), firing("b", "dev:2"), firing("c", "dev:3"), firing("p", "dev:4")
	c.Level, pending.State = rules.Critical, rules.Pending
	drill := firing("drill", "dev:6")
	drill.Drill = true
	decide(t, s, store.Commit{
		Project:  store.Project{PolledAt: noon},
		Decision: store.Decision{Alerts: alerts(a, b, c, pending, drill, resolved(firing("over", "dev:5"), noon)), Show: shown("a", "shown", "gone", "held", "dead")},
	})
	for hours, show := range []map[string][]string{1: {"a": {team}}, 2: {"b": {team, "dead"}}, 3: {"c": {"gone"}}} {
		require.NoError(t, s.Decide(ctx, store.Decision{Show: show, Now: noon.Add(-time.Duration(hours) * time.Hour)}))
	}
	a.Version, a.Mute = 2, silenced(a).Mute
	decideNow(t, s, store.Decision{Alerts: alerts(a)})
	show(t, s, "shown")
	settle(t, s, claim(t, s, work.Receiver, "held"), undelivered(t, s, "held"))
	require.NoError(t, s.Outbox.GiveUp(ctx, claim(t, s, work.Receiver, "dead"), "no such channel"))
	_, err = s.Outbox.KeepReceivers(ctx, []string{team, "shown", "held", "dead"}, noon)
	require.NoError(t, err)

	standing, err = s.Standing(ctx, noon)
	require.NoError(t, err)
	require.Equal(t, store.Standing{
		Firing: map[rules.Level]int{rules.Warning: 2, rules.Critical: 1}, Pending: 1,
		Queues: map[string]outbox.Queue{team: {Count: one(delivery.Waiting, 2), Oldest: 2 * time.Hour}, "dead": {Count: one(delivery.GivenUp, 2)},
			"held": {Count: one(delivery.Held, 1)}, "gone": {Count: one(delivery.Removed, 2)}},
		PolledAt: map[string]time.Time{project: noon},
	}, standing)
}

// one is a count of deliveries of one state.
func one(state delivery.State, n int) map[delivery.State]int { return map[delivery.State]int{state: n} }
