package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
)

func testPrune(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	cut := today - 200
	ended := resolved(firing("ended", "dev:1"), cut.Start().Add(-time.Hour))
	lately := resolved(firing("lately", "dev:1"), cut.Start())
	lasting := firing("open", "dev:1")
	lasting.Since, lasting.FiredAt = cut.Start().Add(-time.Hour), cut.Start().Add(-time.Hour)
	decide(t, s, store.Commit{
		Decision: store.Decision{Alerts: alerts(ended, lately, lasting), Show: map[string][]string{"ended": {team}, "lately": {team}, "open": {team}}},
	})
	lease := claim(t, s, store.Receiver, team)
	waiting, err := s.Undelivered(ctx, team)
	require.NoError(t, err)
	for _, d := range waiting {
		started := cut.Start().Add(-minute)
		if d.Alert.ID == "lately" {
			started = noon
		}
		_, err := beginOne(ctx, s, lease, store.Message{ID: "m-" + d.Alert.ID, Receiver: team}, []store.Delivery{d}, started)
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
	attempts, err := s.Attempts(ctx, "")
	require.NoError(t, err)
	require.Len(t, attempts, 1)
	_, _, err = s.Members(ctx, "m-ended")
	require.ErrorIs(t, err, store.ErrNoMessage)
	require.ErrorContains(t, err, `reading message "m-ended": `)
	_, members, err := s.Members(ctx, "m-open")
	require.NoError(t, err, "a message stays as long as it shows something")
	require.Len(t, members, 1)
}
