package commands

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/internal/status"
)

func TestStatusInTrouble(t *testing.T) {
	project := lookup.Project{UID: coldChainUID, Name: "cold-chain", Account: "acme"}
	s := status.Status{
		Now:    midday,
		Alerts: status.Alerts{Warning: 3, Critical: 1, Pending: 2, Muted: 1, Acknowledged: 1, Silences: 1},
		Projects: []status.Project{
			{Project: project, Devices: 214, PolledAt: midday.Add(-3 * time.Hour), Failures: 4, Failure: "status 503 <b>", Truncated: true, Next: midday},
			{Project: lookup.Project{Name: "lab"}},
		},
		Receivers: []status.Receiver{
			{Name: "team"}, {Name: "on-call", Waiting: 2, GivenUp: 1, Oldest: time.Hour, Next: midday.Add(time.Minute)},
		},
	}
	require.Equal(t, "*Firing:* 1 critical and 3 warning, of them 1 muted and 1 acknowledged · 2 pending · 1 silence", alarmText(s))
	require.Equal(t, "Watching 2 projects with 214 devices · not all projects polled yet · 1 project with failed polls: see the command status", ageText(s))
	require.Equal(t, "*cold-chain* 214 devices · polled Mon 15 Jun 09:00 UTC, 3 h ago · next poll now · failed 4 times since: status 503 &lt;b&gt; · Notehub truncated an answer: missing devices are read in turn",
		projectText(s.Projects[0], s.Now))
	require.Equal(t, "*lab* 0 devices · never polled", projectText(s.Projects[1], s.Now))
	require.Equal(t, []string{"• receiver *on-call* · 2 alerts waiting, the oldest for 1 h · 1 alert given up · next try Mon 15 Jun 12:01 UTC"}, receiverLines(s))
	require.Equal(t, "account acme: 1 request today (UTC), of at most 5,760; rate-limited by Notehub until Mon 15 Jun 12:05 UTC", accountText(status.Account{
		Account: lookup.Account{Name: "acme", PerMinute: 4}, Today: 1, HeldUntil: midday.Add(5 * time.Minute),
	}, s.Now))
	require.Equal(t, "account acme: 0 requests today (UTC), of at most 5,760, a poll of each project every 50 min; "+
		"sending 2 of 4 requests a minute until Mon 15 Jun 12:05 UTC, because Notehub rate-limited the account", accountText(status.Account{
		Account: lookup.Account{Name: "acme", PerMinute: 4}, Interval: 50 * time.Minute, Rate: 2, RestoredAt: midday.Add(5 * time.Minute),
	}, s.Now))
}

// When the store cannot be read people hear that something is wrong, and not what: that is for the log.
func TestAnswersWithoutTheStore(t *testing.T) {
	d := newAskDesk(t, usualScene())
	require.NoError(t, d.store.Close())
	for _, w := range append(commands(), word{}) {
		if w.name != "help" {
			require.Contains(t, d.refusedAnything(w.name), slackapp.SorryText, w.name)
		}
	}
	require.Contains(t, d.ask("help"), "*usage*")
}

// refusedAnything asks with something behind each word that needs it.
func (d *askDesk) refusedAnything(name string) string {
	behind := map[string]string{
		"usage": " x", "explain": " x", "silence": " x for 2h because y", "unsilence": " x", "ack": " x", "unack": " x", "refresh": "",
	}
	return d.refused(name + behind[name])
}
