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
	lease := claim(t, s, work.Receiver, team)
	message := outbox.Message{ID: "m", Receiver: team}
	try := func(status outbox.AttemptStatus, meanwhile func()) (ended time.Time) {
		t.Helper()
		d := undelivered(t, s, team)
		attempt, err := beginOne(ctx, s, lease, message, []outbox.Delivery{d}, now)
		require.NoError(t, err)
		meanwhile()
		out := refused(message, status, d)
		if status == outbox.Posted {
			out = posted(message, d)
		}
		require.NoError(t, s.Outbox.End(ctx, lease, of(attempt, out)))
		return out.At
	}
	nothing := func() {}

	waits(first, "new")
	newer()
	waits(first, "changed")
	try(outbox.Retrying, nothing)
	newer()
	waits(first, "tried in vain, and changed")
	try(outbox.GivenUp, nothing)
	waits(first, "given up")
	require.NoError(t, s.Outbox.Revive(ctx, team, now))
	waits(first, "tried again all the same")
	try(outbox.GivenUp, nothing)
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
	require.NoError(t, s.Outbox.Reconsider(ctx, now.Add(time.Second)))
	waits(now.Add(time.Second), "held back no more")

	try(outbox.Posted, nothing)
	waits(never, "shown")
	newer()
	waits(try(outbox.Posted, func() { newer() }), "changed while it was being shown")
	d = undelivered(t, s, team)
	try(outbox.Posted, nothing)
	require.NoError(t, s.Outbox.Repair(ctx, lease, of(1, posted(message, d))))
	waits(never, "what is repaired shows the newest")
	d.Alert.Version--
	late := posted(message, d)
	require.NoError(t, s.Outbox.Repair(ctx, lease, of(1, late)))
	waits(late.At, "what is repaired does not show the newest")
	try(outbox.Posted, nothing)

	below := delivery.Policy{From: rules.Critical}
	require.NoError(t, s.Outbox.Settle(ctx, claim(t, s, work.Receiver, "on-call"), below, []outbox.Delivery{undelivered(t, s, "on-call")}))
	require.Zero(t, told(t, s, "a")["on-call"].Since, "skipped")

	_, err := s.Outbox.Redeliver(ctx, "a", team, noon)
	require.NoError(t, err)
	waits(noon, "to be posted afresh")
	try(outbox.Posted, nothing)
	for _, changed := range []bool{false, true} {
		_, err = s.Outbox.KeepReceivers(ctx, nil, now)
		require.NoError(t, err)
		back := never
		if changed {
			newer()
			back = noon
		}
		_, err = s.Outbox.KeepReceivers(ctx, []string{team}, noon)
		require.NoError(t, err)
		waits(back, "of a receiver that is back")
	}
}
