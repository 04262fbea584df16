package bot_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/metrics"
	"notewatch/internal/request"
	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// several has the bot watch n projects of one account, by the rule watcher-blind alone.
func several(t *testing.T, n int, blind rules.Spec) *rig {
	t.Helper()
	r := newRig(t, 1, nil, events("500"), blind)
	r.config.Bot.Accounts[0].TokenFrom = "NOTEWATCH_NOTEHUB_TOKEN"
	var projects []notehubtest.Project
	r.config.Bot.Projects = nil
	for i := range n {
		p := r.project
		p.UID, p.Name = fmt.Sprintf("app:%d", i+1), fmt.Sprintf("site-%d", i+1)
		projects = append(projects, p)
		r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: p.UID, Name: p.Name, Account: "acme", Notify: []string{"ops"}})
	}
	r.serve(projects...)
	r.config.Bot.Rules[1].Notify = nil
	r.open()
	r.run(monday.Add(time.Hour))
	require.Empty(t, r.told("ops"))
	return r
}

// What concerns a whole account is one alert, not one for each of its projects, and leads with the cause and the next step.
func TestAnAccountThatCannotBePolledIsOneAlert(t *testing.T) {
	own := blind()
	own.When[0].Expr, own.Summary, own.Advice = "poll.failures >= 2", "blind: {{.Subject}}", "Call Amy."
	for name, c := range map[string]struct {
		fault   notehubtest.FaultKind
		rule    rules.Spec
		summary string
		advice  string
	}{
		"token refused": {notehubtest.Unauthorized, blind(), "Notehub refuses the token of account acme (401)",
			"Next step: make a new token at notehub.io/api-access, put it in NOTEWATCH_NOTEHUB_TOKEN and restart notewatch."},
		"own rule": {notehubtest.Unauthorized, own, "Notehub refuses the token of account acme (401)",
			"Next step: make a new token at notehub.io/api-access, put it in NOTEWATCH_NOTEHUB_TOKEN and restart notewatch."},
		"suspended": {notehubtest.Suspended, blind(), "the billing account of account acme is suspended (403)",
			"Next step: settle the billing account on notehub.io."},
	} {
		t.Run(name, func(t *testing.T) {
			r := several(t, 4, c.rule)
			r.hub.Fail(notehubtest.Fault{Kind: c.fault})
			r.run(monday.Add(5 * time.Hour))
			require.Equal(t, []told{{"fired", "firing", "critical", "account-failing", "acme"}}, r.told("ops"))
			fired := r.taken("ops")[0]
			require.Equal(t, c.summary, fired.Summary)
			require.Equal(t, c.advice, fired.Advice)
			require.Contains(t, fired.Body, "site-1, site-2, site-3, site-4")
			require.Less(t, fired.FiredAt.Sub(monday.Add(time.Hour)), 20*time.Minute, "two minutes after the first poll that failed")

			r.hub.ClearFaults()
			r.run(monday.Add(6 * time.Hour))
			require.Equal(t, []told{
				{"fired", "firing", "critical", "account-failing", "acme"},
				{"resolved", "resolved", "critical", "account-failing", "acme"},
			}, r.told("ops"))
			r.requireTruth("ops")
		})
	}
}

func TestABlipOfTheTokenNotifiesNobody(t *testing.T) {
	r := several(t, 4, blind())
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Unauthorized, Times: 4})
	r.run(monday.Add(3 * time.Hour))
	require.Empty(t, r.told("ops"))
}

// A network that is gone is one alert, too; the proxy counts as the network.
func TestANetworkThatIsGoneIsOneAlert(t *testing.T) {
	r := several(t, 3, blind())
	unplugged, err := notehub.New(notehub.Config{BaseURL: "http://127.0.0.1:1", Token: secret.New(token)})
	require.NoError(t, err)
	r.config.Bot.Accounts[0].Client = unplugged
	r.open()
	r.run(monday.Add(4 * time.Hour))
	require.Equal(t, []told{{"fired", "firing", "critical", "account-failing", "acme"}}, r.told("ops"))
	require.Contains(t, r.taken("ops")[0].Summary, "Notehub is unreachable for account acme: reading ")
	require.Contains(t, r.taken("ops")[0].Summary, "connection refused")
}

// What fails for one project is an alert of that project. Its messages say why, and what to do.
func TestAProjectThatCannotBePolledSaysWhy(t *testing.T) {
	r := several(t, 3, blind())
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Forbidden, Project: "app:2"})
	r.run(monday.Add(3 * time.Hour))
	require.Equal(t, []told{{"fired", "firing", "critical", "watcher-blind", "site-2"}}, r.told("ops"))
	fired := r.taken("ops")[0]
	require.Contains(t, fired.Summary, ": Notehub answers 403 Forbidden")
	require.NotRegexp(t, "reading.*reading", fired.Summary)
	require.Contains(t, fired.Advice, "Next step: the owner of the token needs at least the viewer role in this project.")
}

// An alert about an account ends with the account.
func TestTheAlertOfAnAccountEndsWithTheAccount(t *testing.T) {
	r := several(t, 2, blind())
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Unauthorized})
	r.run(monday.Add(2 * time.Hour))
	r.config.Bot.Accounts[0].Name = "other"
	for i := range r.config.Bot.Projects {
		r.config.Bot.Projects[i].Account = "other"
	}
	r.open()
	r.run(monday.Add(2*time.Hour + time.Second))
	require.Contains(t, r.told("ops"), told{"withdrawn", "withdrawn", "critical", "account-failing", "acme"})
}

// An account that no project uses any longer is never polled, so that no poll can end its alert.
func TestTheAlertOfAnAccountEndsWithItsLastProject(t *testing.T) {
	r := several(t, 2, blind())
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Unauthorized})
	r.run(monday.Add(2 * time.Hour))
	r.config.Bot.Accounts = append(r.config.Bot.Accounts, bot.Account{Name: "other", Client: r.client, PerMinute: 4})
	for i := range r.config.Bot.Projects {
		r.config.Bot.Projects[i].Account = "other"
	}
	r.open()
	r.run(monday.Add(2*time.Hour + time.Second))
	require.Contains(t, r.told("ops"), told{"withdrawn", "withdrawn", "critical", "account-failing", "acme"})
}

// Notehub that accepts the token, and refuses a project, ends the alert of the account.
func TestARefusalOfAProjectEndsTheAlertOfItsAccount(t *testing.T) {
	r := several(t, 1, blind())
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Unauthorized})
	r.run(monday.Add(2 * time.Hour))
	r.hub.ClearFaults()
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Forbidden})
	r.run(monday.Add(4 * time.Hour))
	require.ElementsMatch(t, []told{
		{"fired", "firing", "critical", "account-failing", "acme"},
		{"resolved", "resolved", "critical", "account-failing", "acme"},
		{"unmuted", "firing", "critical", "watcher-blind", "site-1"},
	}, r.told("ops"))
}

// A connection that is not made in time is a network that is gone, not a query that takes long.
func TestAConnectionThatTimesOutIsUnreachable(t *testing.T) {
	dialer := net.Dialer{Deadline: time.Unix(1, 0)}
	_, err := dialer.DialContext(t.Context(), "tcp", "127.0.0.1:1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, metrics.Unreachable, request.ClassOf(err, false))
}
