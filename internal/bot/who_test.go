package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// What somebody calls themself can be changed, so the ID is kept with it. People are shown the name alone.
func TestName(t *testing.T) {
	for by, want := range map[string]string{
		"amy (U0AMY)":         "amy",
		"amy b (ops) (W0AMY)": "amy b (ops)",
		"amy (U0AMY) (U0EVE)": "amy (U0AMY)", // who eve calls herself
		"U0AMY":               "U0AMY",       // whose name nobody knows
		"amy":                 "amy",         // at the terminal
		"amy (ops)":           "amy (ops)",
		"(U0AMY)":             "(U0AMY)",
		"":                    "",
	} {
		require.Equal(t, want, bot.Name(by), by)
	}
}

func TestMuteText(t *testing.T) {
	until := monday.Add(14 * hour)
	for want, m := range map[string]rules.Mute{
		"": {},
		"silenced until Mon 15 Jun 14:00 UTC by amy: maintenance": {Kind: rules.BySilence, Until: until, By: "amy (U0AMY)", Because: "maintenance"},
		"silenced until it is over by amy":                        {Kind: rules.BySilence, By: "amy (U0AMY)"},
		"muted until Mon 15 Jun 14:00 UTC: no shift":              {Kind: rules.ByWindow, Until: until, Because: "no shift"},
		"muted while fleet-silent fires":                          {Kind: rules.ByUnless, By: "fleet-silent"},
		"the rule is on trial (shadow): nobody is told":           {Kind: rules.ByShadow},
	} {
		require.Equal(t, want, bot.MuteText(m))
	}
	require.Equal(t, "silenced until it is over by amy (U0AMY)", bot.MuteRecord(rules.Mute{Kind: rules.BySilence, By: "amy (U0AMY)"}))
}

func TestAckText(t *testing.T) {
	ack := rules.Ack{By: "amy (U0AMY)", At: monday.Add(13 * hour)}
	require.Equal(t, "amy at Mon 15 Jun 13:00 UTC", bot.AckText(ack))
	require.Equal(t, "amy (U0AMY) at Mon 15 Jun 13:00 UTC", bot.AckRecord(ack))
	require.Empty(t, bot.AckText(rules.Ack{}))
}

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
		return true, r.bot.Silence(t.Context(), rules.Silence{ID: "s-1", Match: rules.Match{Alert: a.ID}, Start: r.now, By: amy, Because: "moving"})
	})
	change(func(rules.Alert) (bool, error) { return r.bot.Unsilence(t.Context(), "s-1", eve) })
	require.Equal(t, eve, r.delivery("ops", "silent-device").Alert.By)

	taken := r.taken("ops")[1:]
	require.Len(t, taken, 5)
	require.Contains(t, taken[0].Ack, "amy at ")
	require.Contains(t, taken[1].Ack, "amy at ")
	require.Contains(t, taken[2].Detail, "given back by amy")
	require.Equal(t, "silenced until it is over by amy: moving", taken[3].Mute)
	require.Contains(t, taken[4].Detail, "the silence was ended by amy")
}
