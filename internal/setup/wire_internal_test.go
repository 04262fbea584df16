package setup

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/config/environ"
	"notewatch/internal/env"
	"notewatch/internal/secret"
)

func TestErrorsOfReceiversNameThem(t *testing.T) {
	url := secret.New("https://user:hunter2@example.com/")
	for want, r := range map[string]config.Receiver{
		`webhook "billing"`:    {Name: "billing", Webhook: &config.Webhook{URL: url}},
		`Slack webhook "team"`: {Name: "team", Slack: &config.Slack{URL: url}},
		`PagerDuty "on-call"`:  {Name: "on-call", PagerDuty: &config.PagerDuty{RoutingKey: url}},
		`"desk"`:               {Name: "desk", Email: &config.Email{}},
	} {
		_, err := Setup{}.Receiver(r)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter2")
		require.Error(t, Setup{}.check(r))
	}
}

// The bot is given what the rules file says.
func TestWire(t *testing.T) {
	environment := environ.Settings{NotehubToken: secret.New("token"), SlackBotToken: secret.New("xoxb-1")}
	s := Setup{Environment: environment, Stdout: &bytes.Buffer{}}
	file, err := config.Parse("rules.yaml", []byte(`
projects: [{uid: 'app:1', notify: [print]}, {uid: 'app:2'}]
receivers:
  - {name: print, terminal: {}}
  - {name: team, slack: {channel: C1, mention: {critical: <!here>}}, fallback: mail}
  - {name: managers, slack: {channel: C1}, from: critical}
  - {name: guests, slack: {url: 'https://hooks.slack.com/services/T1/B1/x', mention: {warning: <!channel>}}}
  - {name: more-guests, slack: {url: 'https://hooks.slack.com/services/T1/B1/x'}}
  - {name: others, slack: {url: 'https://hooks.slack.com/services/T1/B1/y'}}
  - {name: on-call, pagerduty: {routing_key: 0123456789abcdef0123456789abcdef}}
  - name: hook
    webhook:
      url: https://example.com/x
      secret: [0123456789abcdef0123456789abcdef, fedcba9876543210fedcba9876543210]
      headers: {Authorization: Bearer x}
      format: alertmanager
  - {name: mail, email: {server: 'mail.example.com:587', from: notewatch@example.com, to: ops@example.com}}
defaults: {notify: [team, mail], summary: weekly}
silences: [{match: {subject: 'dev:1'}, days: sun, because: closed}]
rules:
  - {name: own, when: events.today > 5, notify: [on-call]}
  - {name: spike, when: events.today > 500}
`), os.LookupEnv, s.check)
	require.NoError(t, err)
	s.File = file
	wired, err := s.Wire(bot.SystemClock())
	require.NoError(t, err)

	require.Equal(t, []string{"team", "mail"}, wired.Bot.DefaultReceivers)
	require.Equal(t, file.Silences, wired.Bot.Windows)
	require.True(t, wired.Bot.Summary)
	satellite := env.Satellite{Bytes: 10_000, Once: true}
	require.Equal(t, []bot.Project{
		{UID: "app:1", Name: "app:1", Account: "default", Notify: []string{"print"}, Satellite: satellite},
		{UID: "app:2", Name: "app:2", Account: "default", Notify: []string{"team", "mail"}, Satellite: satellite},
	}, wired.Bot.Projects)
	require.Equal(t, []string{"on-call"}, wired.Bot.Rules[0].Notify)
	require.Nil(t, wired.Bot.Rules[1].Notify)

	lanes := map[string]string{}
	for _, r := range wired.Receivers {
		lanes[r.Name] = r.Lane
		require.Equal(t, r.Name == "team" || r.Name == "managers", r.Live, r.Name)
		require.Equal(t, r.Lane != "", r.Pause == time.Second, r.Name)
	}
	require.Equal(t, map[string]string{
		"print": "", "on-call": "", "hook": "", "mail": "",
		"team": "slack C1", "managers": "slack C1",
		"guests": "slack webhook of guests", "more-guests": "slack webhook of guests", "others": "slack webhook of others",
	}, lanes)
	require.Equal(t, "mail", wired.Receivers[1].Fallback)
}

// A file system that does not answer keeps no command from ending.
func TestReadingSettingsCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	blocked := make(chan struct{})
	defer close(blocked)
	_, err := interruptible(ctx, func() (Setup, error) {
		cancel()
		<-blocked
		return Setup{}, nil
	})
	require.ErrorIs(t, err, context.Canceled)

	value, err := interruptible(t.Context(), func() (int, error) { return 7, io.EOF })
	require.Equal(t, 7, value)
	require.ErrorIs(t, err, io.EOF)
}
