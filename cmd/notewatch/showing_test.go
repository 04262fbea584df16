package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/rules"
)

// What a receiver shows, and why not if it does not, for all that can become of a delivery.
func TestShowing(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	since := now.Add(-10 * time.Minute)
	for _, c := range []struct {
		name     string
		delivery store.Delivery
		next     time.Time
		state    string
		text     string
	}{
		{"shown", store.Delivery{Want: 2, Have: 2, Shown: rules.Critical, Message: "m", Error: "before"}, never,
			stateTold, "shows it as critical"},
		{"its end is shown", store.Delivery{Want: 2, Have: 2, Message: "m"}, never, stateTold, "shows that it is over"},
		{"new", store.Delivery{Want: 1}, now, stateWaits, "waits since Mon 15 Jun 11:50 UTC (10 min), due now"},
		{"failed", store.Delivery{Want: 1, Error: "status 503"}, now.Add(40 * time.Second), stateWaits,
			"waits since Mon 15 Jun 11:50 UTC (10 min), next try in 40 s: status 503"},
		{"failed since it was shown", store.Delivery{Want: 2, Have: 1, Shown: rules.Warning, Message: "m", Error: "status 503"}, never,
			stateWaits, "waits since Mon 15 Jun 11:50 UTC (10 min): status 503; meanwhile it shows it as warning"},
		{"nobody serves it", store.Delivery{Want: 1}, since, stateWaits,
			"waits since Mon 15 Jun 11:50 UTC (10 min), due for 10 min: does notewatch run?"},
		{"given up", store.Delivery{Want: 1, Dead: true, Error: "status 410"}, never, stateGaveUp, "gave up: status 410"},
		{"silenced", store.Delivery{Want: 1, Why: "silenced by amy"}, never, stateHeld, "held back: silenced by amy"},
		{"below its level", store.Delivery{Want: 1, Have: 1, Why: "info is below critical"}, never, stateNotTold,
			"not told: info is below critical"},
		{"a fallback", store.Delivery{Want: 1, Have: 1, Shown: rules.Warning, Message: "m", Via: "on-call"}, never, stateTold,
			"shows it as warning, in place of on-call"},
		{"told elsewhere", store.Delivery{Want: 2, Have: 2, Message: "m", Moves: 1}, never, stateNotTold,
			"not told: others are told of it now, as the rules file says; meanwhile it shows that it is over"},
		{"to be taken back", store.Delivery{Want: 2, Have: 1, Shown: rules.Warning, Message: "m", Moves: 3}, now, stateWaits,
			"waits since Mon 15 Jun 11:50 UTC (10 min), due now; meanwhile it shows it as warning"},
		{"back", store.Delivery{Want: 2, Have: 2, Shown: rules.Warning, Message: "m", Moves: 2}, never, stateTold, "shows it as warning"},
		{"gone", store.Delivery{Want: 2, Have: 1, Shown: rules.Warning, Message: "m", Closed: true}, never, stateGone,
			"no longer in the rules file; it shows it as warning"},
		{"gone before it was told", store.Delivery{Want: 1, Closed: true}, never, stateGone, "no longer in the rules file"},
	} {
		s := showingOf("team", c.delivery)
		s.Next = c.next
		require.Equal(t, c.state, s.State, c.name)
		require.Equal(t, c.text, s.text(since, now), c.name)
	}
}

var never time.Time

func TestBrief(t *testing.T) {
	require.Equal(t, "-", brief(nil))
	require.Equal(t, "log, team; waits: on-call, pager; gave up: mail", brief([]showing{
		{Receiver: "log", State: stateTold}, {Receiver: "mail", State: stateGaveUp}, {Receiver: "on-call", State: stateWaits},
		{Receiver: "pager", State: stateWaits}, {Receiver: "team", State: stateTold},
	}))
}
