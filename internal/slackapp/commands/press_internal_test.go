package commands

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/slackapp"
	"notewatch/rules"
)

// What is said to somebody for whom nothing was left to take on.
func TestWhoHasIt(t *testing.T) {
	at := time.Date(2026, 6, 15, 13, 2, 0, 0, time.UTC)
	by := func(who string) rules.Alert {
		return rules.Alert{State: rules.Firing, Ack: rules.Ack{By: who, At: at}}
	}
	free, over := rules.Alert{State: rules.Firing}, rules.Alert{State: rules.Resolved, EndedAt: at}
	for want, alerts := range map[string][]rules.Alert{
		"You already acknowledged it, at Mon 15 Jun 13:02 UTC.":                                   {by("amy (U1)")},
		"amy already acknowledged it, at Mon 15 Jun 13:02 UTC.":                                   {by("amy (U2)")}, // another one
		"bob already acknowledged it, at Mon 15 Jun 13:02 UTC.":                                   {by("bob (U3)")},
		"&lt;!channel&gt; already acknowledged it, at Mon 15 Jun 13:02 UTC.":                      {by("<!channel>")},
		"This alert ended at Mon 15 Jun 13:02 UTC.":                                               {over},
		"All alerts of this message have ended.":                                                  {over, over},
		"This has just changed. Press again to acknowledge it.":                                   {by("bob"), free},
		"All firing alerts of this message are already acknowledged, by bob, you.":                {by("bob"), by("amy (U1)"), over, by("bob")},
		"All firing alerts of this message are already acknowledged, by bob, cem, dee, 2 others.": {by("bob"), by("cem"), by("dee"), by("eve"), by("fay"), by("eve")},
		"All firing alerts of this message are already acknowledged, by bob, cem, dee, 1 other.":  {by("bob"), by("cem"), by("dee"), by("amy (U1)")},
	} {
		q := pressed{asked: slackapp.Press{Person: slackapp.Person{ID: "U1", Name: "amy"}}, alerts: alerts}
		require.Equal(t, want, string(q.alreadyAcknowledged()))
	}
}
