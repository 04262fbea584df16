package deliver_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/rules"
)

// monday is a Monday, 00:00 UTC, in the middle of a month.
var monday = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)

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
		require.Equal(t, want, deliver.Name(by), by)
	}
}

func TestMuteText(t *testing.T) {
	until := monday.Add(14 * time.Hour)
	for want, m := range map[string]rules.Mute{
		"": {},
		"silenced until Mon 15 Jun 14:00 UTC by amy: maintenance": {Kind: rules.BySilence, Until: until, By: "amy (U0AMY)", Because: "maintenance"},
		"silenced until the alert ends by amy":                    {Kind: rules.BySilence, By: "amy (U0AMY)"},
		"muted until Mon 15 Jun 14:00 UTC: no shift":              {Kind: rules.ByWindow, Until: until, Because: "no shift"},
		"muted while fleet-silent fires":                          {Kind: rules.ByUnless, By: "fleet-silent"},
		"the rule is in shadow mode: no notifications":            {Kind: rules.ByShadow},
	} {
		require.Equal(t, want, deliver.MuteText(m))
	}
	require.Equal(t, "silenced until the alert ends by amy (U0AMY)", deliver.MuteRecord(rules.Mute{Kind: rules.BySilence, By: "amy (U0AMY)"}))
}

func TestAckText(t *testing.T) {
	ack := rules.Ack{By: "amy (U0AMY)", At: monday.Add(13 * time.Hour)}
	require.Equal(t, "amy at Mon 15 Jun 13:00 UTC", deliver.AckText(ack))
	require.Equal(t, "amy (U0AMY) at Mon 15 Jun 13:00 UTC", deliver.AckRecord(ack))
	require.Empty(t, deliver.AckText(rules.Ack{}))
}
