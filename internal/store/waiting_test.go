package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/rules"
)

// It is known since when something has had to be shown without a gap, however often that changes meanwhile.
func testWaiting(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, now := firing("a", "dev:1"), noon.Add(-10*time.Hour)
	newer := func(receivers ...string) time.Time {
		t.Helper()
		now = now.Add(minute)
		require.NoError(t, s.Decide(ctx, store.Decision{Alerts: alerts(a), Show: shown("a", receivers...), Now: now}))
		a.Version++
		return now
	}
	waits := func(since time.Time, why string) {
		t.Helper()
		require.Equal(t, since, told(t, s, "a")[team].Since, why)
	}
	first := newer(team, "on-call")
	lease := claim(t, s, store.Receiver, team)
	message := store.Message{ID: "m", Receiver: team}
	try := func(status store.AttemptStatus, meanwhile func()) (ended time.Time) {
		t.Helper()
		d := undelivered(t, s, team)
		attempt, err := beginOne(ctx, s, lease, message, []store.Delivery{d}, now)
		require.NoError(t, err)
		meanwhile()
		out := refused(message, status, d)
		if status == store.Posted {
			out = posted(message, d)
		}
		require.NoError(t, s.End(ctx, lease, of(attempt, out)))
		return out.At
	}
	nothing := func() {}

	waits(first, "new")
	newer()
	waits(first, "changed")
	try(store.Retrying, nothing)
	newer()
	waits(first, "tried in vain, and changed")
	try(store.GivenUp, nothing)
	waits(first, "given up")
	require.NoError(t, s.Revive(ctx, team, now))
	waits(first, "tried again all the same")
	try(store.GivenUp, nothing)
	waits(newer(), "changed after it was given up")

	a.Mute = silenced(a).Mute
	newer()
	settle(t, s, lease, undelivered(t, s, team))
	waits(never, "held back")
	waits(newer(), "changed after it was held back")
	d := undelivered(t, s, team)
	since := d.Since
	newer()
	settle(t, s, lease, d)
	waits(since, "changed while it was to be held back")
	settle(t, s, lease, undelivered(t, s, team))
	require.NoError(t, s.Reconsider(ctx, now.Add(time.Second)))
	waits(now.Add(time.Second), "held back no more")

	try(store.Posted, nothing)
	waits(never, "shown")
	newer()
	waits(try(store.Posted, func() { newer() }), "changed while it was being shown")
	d = undelivered(t, s, team)
	try(store.Posted, nothing)
	require.NoError(t, s.Repair(ctx, lease, of(1, posted(message, d))))
	waits(never, "what is repaired shows the newest")
	d.Alert.Version--
	late := posted(message, d)
	require.NoError(t, s.Repair(ctx, lease, of(1, late)))
	waits(late.At, "what is repaired does not show the newest")
	try(store.Posted, nothing)

	below := delivery.Policy{From: rules.Critical}
	require.NoError(t, s.Settle(ctx, claim(t, s, store.Receiver, "on-call"), below, []store.Delivery{undelivered(t, s, "on-call")}))
	require.Zero(t, told(t, s, "a")["on-call"].Since, "skipped")

	_, err := s.Redeliver(ctx, "a", team, noon)
	require.NoError(t, err)
	waits(noon, "to be posted afresh")
	try(store.Posted, nothing)
	for _, changed := range []bool{false, true} {
		_, err = s.KeepReceivers(ctx, nil, now)
		require.NoError(t, err)
		back := never
		if changed {
			newer()
			back = noon
		}
		_, err = s.KeepReceivers(ctx, []string{team}, noon)
		require.NoError(t, err)
		waits(back, "of a receiver that is back")
	}
}
