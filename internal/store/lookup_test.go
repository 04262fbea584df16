package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/rules"
)

// events commits alerts one version after the other, a minute apart.
func events(t *testing.T, s *store.Store, show map[string][]string, versions ...rules.Alert) {
	t.Helper()
	for i, a := range versions {
		a.ChangedAt = noon.Add(time.Duration(i) * minute)
		decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: show}})
	}
}

func testHappenings(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	first, second := firing("a", "dev:1"), firing("b", "dev:2")
	second.Rule, second.Told.Subject = "spike", "sensor-2"
	events(t, s, nil, first, resolved(first, noon), second)

	all, count, err := s.Happenings(ctx, store.AlertFilter{}, noon)
	require.NoError(t, err)
	require.Equal(t, 3, count)
	require.Equal(t, []string{"b fired", "a resolved", "a fired"}, said(all), "the newest first")
	require.Equal(t, store.Happening{
		Transition: store.Transition{
			Alert: "b", Version: 1, At: noon.Add(2 * minute), Reason: rules.Fired, State: rules.Firing, Level: rules.Warning, Value: 41,
		},
		Rule: "spike", Project: project, Subject: "dev:2", Told: rules.Told{Subject: "sensor-2"},
	}, all[0])

	for _, c := range []struct {
		filter store.AlertFilter
		since  time.Time
		want   []string
		count  int
	}{
		{store.AlertFilter{Limit: 1}, noon, []string{"b fired"}, 3},
		{store.AlertFilter{}, noon.Add(minute), []string{"b fired", "a resolved"}, 2},
		{store.AlertFilter{Match: rules.Match{Rule: "spike"}}, noon, []string{"b fired"}, 1},
		{store.AlertFilter{Match: rules.Match{Subject: "sensor-2"}}, noon, []string{"b fired"}, 1},
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

func testCountAlerts(t *testing.T, open database) {
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
		{store.AlertFilter{Match: rules.Match{Project: "app:other"}}, 0},
	} {
		count, err := s.CountAlerts(ctx, c.filter)
		require.NoError(t, err)
		require.Equal(t, c.want, count, c)
	}
}

func testDeliveriesTo(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	events(t, s, shown("a", team, "on-call"), firing("a", "dev:1"), firing("b", "dev:2"))
	show(t, s, team)
	deliveries, err := s.DeliveriesTo(ctx, []string{"a", "b"})
	require.NoError(t, err)
	require.Equal(t, map[string]map[string]store.Delivery{"a": {
		team:      {Want: 1, Have: 1, Shown: rules.Warning, Message: "m-" + team},
		"on-call": {Want: 1},
	}}, deliveries)
	deliveries, err = s.DeliveriesTo(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, deliveries)
}

func testNames(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	names, err := s.Names(ctx)
	require.NoError(t, err)
	require.Equal(t, store.Names{}, names)

	a := firing("a", "dev:1")
	a.Told = rules.Told{Subject: "sensor-1", Project: "cold-chain"}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}, Judged: judged("quiet", "1", "data-budget", "1")})
	require.NoError(t, s.SaveDevices(ctx, project, []store.Device{{UID: "dev:2", Name: "sensor-2"}, {UID: "dev:3"}}, noon))
	names, err = s.Names(ctx)
	require.NoError(t, err)
	require.Equal(t, store.Names{
		Alerts: []string{"a"}, Rules: []string{"data-budget", "quiet"}, Projects: []string{project, "cold-chain"},
		Subjects: []string{"dev:1", "dev:2", "dev:3", "sensor-1", "sensor-2"},
	}, names)
}
