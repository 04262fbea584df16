package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
)

const slackRules = `
projects: [{uid: 'app:1', name: one}]
receivers: [{name: team, slack: {channel: C0123456789}}]
rules:
  - {name: calm, when: events.today >= 0, each: project}
`

// TestRunAnswersSlack has people press a button and type commands, over both ways, while notewatch runs. New settings hold
// for them as for everything else.
func TestRunAnswersSlack(t *testing.T) {
	const signing = "0123456789abcdef0123456789abcdef"
	hub := notehubtest.New(notehubtest.Config{Now: time.Now, Token: "a-token", Seed: 1, Projects: []notehubtest.Project{
		{UID: "app:1", Name: "one", Devices: notehubtest.Fleet(1, 3, time.Now().AddDate(-1, 0, 0), notehubtest.Typical())},
	}})
	address, stop, err := hub.Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	slack := notifytest.NewSlack()
	t.Cleanup(slack.Close)
	folder := t.TempDir()
	file := filepath.Join(folder, "rules.yaml")
	require.NoError(t, os.WriteFile(file, []byte(slackRules), 0o600))
	for name, value := range map[string]string{
		"NOTEWATCH_RULES": file, "NOTEWATCH_DATABASE": storetest.Database(t), "NOTEWATCH_LISTEN": "127.0.0.1:0",
		"NOTEWATCH_NOTEHUB_URL": address, "NOTEWATCH_NOTEHUB_TOKEN": "a-token", "NOTEWATCH_SLACK_API_URL": slack.URL,
		"NOTEWATCH_SLACK_BOT_TOKEN": "xoxb-1", "NOTEWATCH_SLACK_APP_TOKEN": "xapp-1", "NOTEWATCH_SLACK_SIGNING_SECRET": signing,
	} {
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr journal
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"run"}, &stdout, &stderr) }()
	soon := func(condition func() bool, what string) {
		t.Helper()
		require.Eventually(t, condition, 50*time.Second, 20*time.Millisecond, "%s\n%s", what, &stderr)
	}
	amy := notifytest.Asker{ID: "U0123456789", Name: "amy", Channel: "C0123456789"}
	shown := func(action string) (message notifytest.Message, value string) {
		soon(func() (ok bool) {
			for _, message = range slack.Messages(amy.Channel) {
				if value, ok = message.Button(action); ok {
					return true
				}
			}
			return false
		}, "a message has the button "+action)
		return message, value
	}
	answer := func(asked notifytest.Asked) string {
		t.Helper()
		waiting, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		answer, err := slack.AwaitAnswer(waiting, asked.ResponseURL)
		require.NoError(t, err, &stderr)
		return answer.Text + string(answer.Blocks)
	}

	message, id := shown("ack")
	web := regexp.MustCompile(`msg=listening address=(\S+)`).FindStringSubmatch(stderr.String())[1]
	soon(func() bool {
		all, err := scrape(web)
		return err == nil && strings.Contains(all, `notewatch_deliveries_waiting{receiver="team"} 0`)
	}, "it is noted where the message is")
	request, err := slack.Press(amy, message, "ack", id).Request(t.Context(), "http://"+web, signing, time.Now())
	require.NoError(t, err)
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	message, _ = shown("unack")
	require.Contains(t, string(message.Blocks)+string(message.Attachments)+message.Text, "amy")

	asked := slack.Type(amy, "/notewatch", "status")
	require.NoError(t, slack.Deliver(t.Context(), slack.Envelope(asked)))
	require.Contains(t, answer(asked), "one")

	require.NoError(t, os.WriteFile(file, []byte(slackRules+"slack: {command: /fleet, allow: {look: U0000000BOB}}\n"), 0o600))
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	soon(func() bool { return strings.Count(stderr.String(), "msg=watching") == 2 }, "the new settings run")
	asked = slack.Type(amy, "/fleet", "status")
	require.NoError(t, slack.Deliver(t.Context(), slack.Envelope(asked)))
	require.Contains(t, answer(asked), "Only <@U0000000BOB> may look things up here.")
	cancel()
	require.Zero(t, <-done, &stderr)
	for _, text := range []string{signing, "xoxb-1", "xapp-1"} {
		require.NotContains(t, stderr.String(), text)
	}
}

// Without the bot token there is nobody to speak.
func TestSlackAppNeedsTheBotToken(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "rules.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(slackRules, "slack: {channel: C0123456789}", "terminal: ", 1)), 0o600))
	t.Setenv("NOTEWATCH_RULES", file)
	t.Setenv("NOTEWATCH_DATABASE", filepath.Join(folder, "notewatch.db"))
	t.Setenv("NOTEWATCH_LISTEN", "127.0.0.1:0")
	t.Setenv("NOTEWATCH_NOTEHUB_TOKEN", "a-token")
	t.Setenv("NOTEWATCH_SLACK_APP_TOKEN", "xapp-1")
	for _, command := range []string{"run", "check"} {
		var stdout, stderr journal
		require.Equal(t, exitFailure, run(t.Context(), []string{command}, &stdout, &stderr), command)
		require.Contains(t, stderr.String(), "need the bot token too: set NOTEWATCH_SLACK_BOT_TOKEN")
	}
}
