package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

func testPrune(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	cut := today - 200
	ended := resolved(firing("ended", "dev:1"), cut.Start().Add(-time.Hour))
	lately := resolved(firing("lately", "dev:1"), cut.Start())
	lasting := firing("open", "dev:1")
	lasting.Since, lasting.FiredAt = cut.Start().Add(-time.Hour), cut.Start().Add(-time.Hour)
	decide(t, s, store.Commit{
		Decision: store.Decision{Alerts: alerts(ended, lately, lasting), Show: map[string][]string{"ended": {team}, "lately": {team}, "open": {team}}},
	})
	lease := claim(t, s, work.Receiver, team)
	waiting, err := s.Outbox.Undelivered(ctx, team)
	require.NoError(t, err)
	for _, d := range waiting {
		started := cut.Start().Add(-minute)
		if d.Alert.ID == "lately" {
			started = noon
		}
		_, err := beginOne(ctx, s, lease, outbox.Message{ID: "m-" + d.Alert.ID, Receiver: team}, []outbox.Delivery{d}, started)
		require.NoError(t, err)
	}

	require.NoError(t, s.Prune(ctx, cut))
	all, err := s.Alerts(ctx, store.AlertFilter{Limit: 10})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"lately", "open"}, ids(all))
	for id, want := range map[string]int{"ended": 0, "lately": 1, "open": 1} {
		transitions, err := s.Transitions(ctx, id)
		require.NoError(t, err)
		require.Len(t, transitions, want, "history goes with its alert: %s", id)
	}
	deliveries := storetest.Deliveries(t, s, team)
	require.Len(t, deliveries, 2, "deliveries go with their alerts")
	attempts, err := s.Outbox.Attempts(ctx, "")
	require.NoError(t, err)
	require.Len(t, attempts, 1)
	_, _, err = s.Outbox.Members(ctx, "m-ended")
	require.ErrorIs(t, err, outbox.ErrNoMessage)
	require.ErrorContains(t, err, `reading message "m-ended": `)
	_, members, err := s.Outbox.Members(ctx, "m-open")
	require.NoError(t, err, "a message stays as long as it shows something")
	require.Len(t, members, 1)
}

// Figures go by day. A device that is no longer listed goes when the last of its figures does. Its ordinal is not given again.
func testPruneHistory(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	figuresOf := func(device string, days ...rules.Day) (rows []storetest.Usage) {
		for _, day := range days {
			rows = append(rows, storetest.Usage{Device: device, Day: day})
		}
		return rows
	}
	devices := []usage.Device{{UID: "stays"}, {UID: "left"}, {UID: "left early"}, {UID: "left, and still has figures"}}
	storetest.SaveDevices(t, s, project, devices, (today - 300).Start())
	storetest.SaveUsage(t, s, project, slices.Concat(
		figuresOf("", today-300, today), figuresOf("stays", today-300, today-200, today), figuresOf("left", today-300, today-100),
		figuresOf("left early", today-300), figuresOf("left, and still has figures", today-300, today),
	), rules.Bytes)
	storetest.SaveUsage(t, s, project, figuresOf("stays", today-300), rules.Events)
	storetest.SaveDevices(t, s, project, devices[:1], (today - 99).Start())

	check := func(before rules.Day, want map[string][]rules.Day) {
		t.Helper()
		require.NoError(t, s.Prune(ctx, before))
		for _, d := range devices {
			_, ok, err := s.Usage.Ordinal(ctx, project, d.UID)
			require.NoError(t, err)
			var days []rules.Day
			if ok {
				days = []rules.Day{}
			}
			for _, row := range storetest.ReadUsage(t, s, project, []string{d.UID}, 0, today) {
				days = append(days, row.Day)
			}
			require.Equal(t, want[d.UID], days, d.UID)
		}
	}
	check(today-200, map[string][]rules.Day{
		"stays": {today - 200, today}, "left": {today - 100}, "left early": {}, "left, and still has figures": {today},
	})
	spans, err := s.Usage.Coverage(ctx, project)
	require.NoError(t, err)
	require.Equal(t, map[rules.Figure]usage.Span{rules.Bytes: {First: today - 200, Last: today}}, spans)
	check(today-98, map[string][]rules.Day{"stays": {today}, "left, and still has figures": {today}})
	before := writes(t, s)
	require.NoError(t, s.Prune(ctx, today-98))
	require.Equal(t, before, writes(t, s), "once a day is enough")

	storetest.SaveDevices(t, s, project, append(devices, usage.Device{UID: "new"}), noon)
	for uid, want := range map[string]int{"stays": 1, "left": 5, "left early": 6, "left, and still has figures": 4, "new": 7} {
		ordinal, _, err := s.Usage.Ordinal(ctx, project, uid)
		require.NoError(t, err)
		require.Equal(t, want, ordinal, uid)
	}
}
