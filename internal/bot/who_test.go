package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Messages call people by their names; what is kept tells them apart.
func TestMessagesCallPeopleByName(t *testing.T) {
	const amy, eve = "amy (U0AMY)", "amy (U0EVE)"
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	r.run(monday.Add(12 * hour))
	change := func(what func(a rules.Alert) (bool, error)) {
		t.Helper()
		ok, err := what(r.delivery("ops", "silent-device").Alert)
		require.NoError(t, err)
		require.True(t, ok)
		r.run(r.now.Add(time.Minute))
	}
	for _, who := range []string{amy, eve} {
		change(func(a rules.Alert) (bool, error) { return r.bot.Acknowledge(t.Context(), a, who) })
		require.Equal(t, who, r.delivery("ops", "silent-device").Alert.Ack.By)
	}
	change(func(a rules.Alert) (bool, error) { return r.bot.Unacknowledge(t.Context(), a, eve) })
	change(func(a rules.Alert) (bool, error) {
		return true, r.bot.Silence(t.Context(), muting.Silence{ID: "s-1", Match: muting.Match{Alert: a.ID}, Start: r.now, By: amy, Because: "moving"})
	})
	change(func(rules.Alert) (bool, error) { return r.bot.Unsilence(t.Context(), "s-1", eve) })
	require.Equal(t, eve, r.delivery("ops", "silent-device").Alert.By)

	taken := r.taken("ops")[1:]
	require.Len(t, taken, 5)
	require.Contains(t, taken[0].Ack, "amy at ")
	require.Contains(t, taken[1].Ack, "amy at ")
	require.Contains(t, taken[2].Detail, "unacknowledged by amy")
	require.Equal(t, "silenced until the alert ends by amy: moving", taken[3].Mute)
	require.Contains(t, taken[4].Detail, "silence ended by amy")
}
