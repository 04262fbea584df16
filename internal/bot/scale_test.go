package bot_test

import (
	"flag"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	notifyslack "notewatch/notify/slack"
	"notewatch/rules"
)

var long = flag.Bool("long", false, "kill the bot at every point, live through a whole week, watch forty projects for 12 hours, commit and send 100,000 alerts")

// everywhere is a fleet of n devices of which all but one go silent at once.
func everywhere(n int) []notehubtest.Incident {
	return []notehubtest.Incident{outage(n-1, monday.Add(2*hour), 12*hour)}
}

// stormRig has n devices, one Slack channel, one PagerDuty service and one webhook.
func stormRig(t *testing.T, n int, specs ...rules.Spec) (*rig, *notifytest.Slack, *notifytest.PagerDuty) {
	t.Helper()
	slack := notifytest.NewSlack()
	t.Cleanup(slack.Close)
	team, err := notifyslack.NewBot(notifyslack.BotConfig{Token: secret.New("xoxb-token"), Channel: "C1", APIURL: slack.URL})
	require.NoError(t, err)
	r := newRig(t, n, everywhere(n), specs...)
	r.config.Receivers = append(r.config.Receivers, deliver.Receiver{Name: "team", Live: true, Receiver: team})
	pager := r.onCall()
	r.rules(specs...)
	r.hourly().run(monday.Add(hour))
	r.now = monday.Add(12 * hour) // the next poll sees all of it at once
	return r, slack, pager
}

// A whole fleet at once is 1,000 devices, and 10,000 in the long form.
func TestAWholeFleetAtOnceIsAFewMessages(t *testing.T) {
	devices := 1_000
	if *long {
		devices = 10_000
	}
	r, slack, pager := stormRig(t, devices, silent())
	r.run(r.now)

	require.LessOrEqual(t, len(slack.Messages("C1"))+len(slack.Replies("C1", slack.Messages("C1")[0].TS)), 3)
	require.Len(t, r.bodies(), 1)
	require.Len(t, r.bodies()[0].Data.Alerts, devices-1, "the whole list")
	require.Len(t, pager.Incidents(), 1)
	require.Equal(t, "triggered", pager.Incidents()[0].State)
	message := r.bodies()[0].Data.Message
	listed, err := r.store.Alerts(t.Context(), store.AlertFilter{Message: message})
	require.NoError(t, err)
	require.Len(t, listed, devices-1)

	r.run(monday.Add(day))
	require.LessOrEqual(t, len(slack.Messages("C1")), 1, "the same message says that all is well")
	require.Contains(t, slack.Messages("C1")[0].Text, "RESOLVED")
	require.Equal(t, "resolved", pager.Incidents()[0].State)
	r.requireTruth("ops")
}

// Ten rules that all 10,000 devices break at once are 100,000 alerts. Every one is committed, shown, and ends.
func TestAHundredThousandAlertsAreAllAccountedFor(t *testing.T) {
	if !*long {
		t.Skip("takes minutes: run it with -long")
	}
	const devices = 10_000
	r, slack, pager := stormRig(t, devices, alike(10)...)
	r.run(r.now)
	count := func(state rules.State) (n int) {
		alerts, err := r.store.Alerts(t.Context(), store.AlertFilter{})
		require.NoError(t, err)
		for _, a := range alerts {
			if a.State == state {
				n++
			}
		}
		return n
	}
	require.Equal(t, 10*(devices-1), count(rules.Firing))
	require.Len(t, slack.Messages("C1"), 10, "one a rule")
	require.Len(t, pager.Incidents(), 10)
	told := 0
	for _, body := range r.bodies() {
		told += len(body.Data.Alerts)
	}
	require.Equal(t, 10*(devices-1), told)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("heap %d MB, from the system %d MB", memory.HeapAlloc>>20, memory.Sys>>20)

	r.now = monday.Add(day)
	r.run(r.now)
	require.Equal(t, 10*(devices-1), count(rules.Resolved))
	for _, incident := range pager.Incidents() {
		require.Equal(t, "resolved", incident.State)
	}
	for _, name := range []string{"ops", "team", "on-call"} {
		waiting, err := r.store.Outbox.Undelivered(t.Context(), name)
		require.NoError(t, err)
		require.Empty(t, waiting)
	}
}
