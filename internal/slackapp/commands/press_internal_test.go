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
		"You have it already, since Mon 15 Jun 13:02 UTC.":                         {by("amy (U1)")},
		"amy has it already, since Mon 15 Jun 13:02 UTC.":                          {by("amy (U2)")}, // another one
		"bob has it already, since Mon 15 Jun 13:02 UTC.":                          {by("bob (U3)")},
		"&lt;!channel&gt; has it already, since Mon 15 Jun 13:02 UTC.":             {by("<!channel>")},
		"That is over, since Mon 15 Jun 13:02 UTC.":                                {over},
		"That is over: none of these alerts fires any more.":                       {over, over},
		"That changed just now. Please press again if you want it.":                {by("bob"), free},
		"All of these that fire are taken on already, by bob, you.":                {by("bob"), by("amy (U1)"), over, by("bob")},
		"All of these that fire are taken on already, by bob, cem, dee, 2 others.": {by("bob"), by("cem"), by("dee"), by("eve"), by("fay"), by("eve")},
		"All of these that fire are taken on already, by bob, cem, dee, 1 other.":  {by("bob"), by("cem"), by("dee"), by("amy (U1)")},
	} {
		q := pressed{asked: slackapp.Press{Person: slackapp.Person{ID: "U1", Name: "amy"}}, alerts: alerts}
		require.Equal(t, want, string(q.taken()))
	}
}
