package slack_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/slack"
)

func TestSlackWebhookPostsWhatABotPosts(t *testing.T) {
	for _, s := range fixture.Samples() {
		server := newSlackServer(t)
		ref, err := newSlackWebhook(t, server.WebhookURL).Send(t.Context(), fixture.Notification(s.Alert), nil)
		require.NoError(t, err)
		require.NotEmpty(t, ref)
		messages := server.Messages(notifytest.IncomingChannel)
		require.Len(t, messages, 1)
		fixture.Golden(t, "slack_"+s.Name+".golden.json", shown(t, messages[0]))

		var body map[string]any
		require.NoError(t, json.Unmarshal(server.Calls()[0].Body, &body))
		require.Equal(t, false, body["unfurl_links"])
		require.Equal(t, false, body["unfurl_media"])
	}
}

func TestSlackWebhookPostsEachChange(t *testing.T) {
	server := newSlackServer(t)
	receiver := newSlackWebhook(t, server.WebhookURL)
	ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)

	still := fixture.With(func(a *notify.Alert) { a.ID, a.Changed = "0000", false })
	_, err = receiver.Send(t.Context(), fixture.Notification(still, fixture.With(fixture.Ended)), ref)
	require.NoError(t, err)
	messages := server.Messages(notifytest.IncomingChannel)
	require.Len(t, messages, 2)
	require.Contains(t, messages[1].Text, "RESOLVED")
	require.NotContains(t, messages[1].Text, "0000", "what did not change stands in an earlier message")
}

// What is only brought up to date would be news again: a day rule falls quiet and comes back every day.
func TestSlackWebhookPostsNoUpdates(t *testing.T) {
	updated := func(a *notify.Alert) { a.Version, a.Reason, a.Was = 2, "updated", "critical" }
	ref := notify.Ref(`{"posted":true}`)
	for _, test := range []struct {
		name   string
		alerts []notify.Alert
		ref    notify.Ref
		posts  int
	}{
		{"updated", []notify.Alert{fixture.With(updated)}, ref, 0},
		{"several", []notify.Alert{fixture.With(updated), fixture.With(updated)}, ref, 0},
		{"beside one that did not change", []notify.Alert{
			fixture.With(updated), fixture.With(func(a *notify.Alert) { a.Changed = false }),
		}, ref, 0},
		{"beside one that ended", []notify.Alert{fixture.With(updated), fixture.With(fixture.Ended)}, ref, 1},
		{"nothing was posted", []notify.Alert{fixture.With(updated)}, nil, 1},
		{"nobody was told of it", []notify.Alert{fixture.With(func(a *notify.Alert) { updated(a); a.Was = "" })}, ref, 1},
		{"nor of the new level", []notify.Alert{fixture.With(func(a *notify.Alert) { updated(a); a.Was = "warning" })}, ref, 1},
		{"reminded", []notify.Alert{fixture.With(func(a *notify.Alert) { updated(a); a.Reason = "reminded" })}, ref, 1},
		{"muted", []notify.Alert{fixture.SampleNamed(t, "muted")}, ref, 0},
		{"unmuted", []notify.Alert{fixture.SampleNamed(t, "unmuted")}, ref, 0},
		{"unmuted at another level", []notify.Alert{fixture.SampleNamed(t, "unmuted_worse")}, ref, 1},
		{"acknowledged", []notify.Alert{fixture.SampleNamed(t, "acknowledged")}, ref, 0},
		{"unacknowledged", []notify.Alert{fixture.SampleNamed(t, "unacknowledged")}, ref, 0},
		{"report", []notify.Alert{fixture.SampleNamed(t, "reported")}, ref, 1},
		{"drill", []notify.Alert{fixture.SampleNamed(t, "drill")}, ref, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newSlackServer(t)
			got, err := newSlackWebhook(t, server.WebhookURL).Send(t.Context(), fixture.Notification(test.alerts...), test.ref)
			fixture.RequireSent(t, test.posts > 0, err)
			require.JSONEq(t, string(ref), string(got))
			require.Len(t, server.Messages(notifytest.IncomingChannel), test.posts)
		})
	}
}

func TestSlackWebhookQuietPostsNothing(t *testing.T) {
	server := newSlackServer(t)
	quiet := fixture.Notification(fixture.Firing())
	quiet.Quiet = true
	for _, ref := range []notify.Ref{nil, notify.Ref(`{"posted":true}`)} {
		got, err := newSlackWebhook(t, server.WebhookURL).Send(t.Context(), quiet, ref)
		require.ErrorIs(t, err, notify.ErrSkipped)
		require.Equal(t, ref, got)
	}
	require.Empty(t, server.Calls())
}

// A further message tells only of what changed, and of how much of the whole still fires.
func TestSlackWebhookCountsWhatStillFires(t *testing.T) {
	alerts := fixture.Fleet(12)
	for i := range alerts {
		alerts[i].Changed = i == 0
	}
	server := newSlackServer(t)
	receiver := newSlackWebhook(t, server.WebhookURL)
	_, err := receiver.Send(t.Context(), fixture.Notification(alerts...), nil)
	require.NoError(t, err)
	alerts[5].Changed = true
	_, err = receiver.Send(t.Context(), fixture.Notification(alerts...), nil)
	require.NoError(t, err)
	messages := server.Messages(notifytest.IncomingChannel)
	require.Contains(t, messages[0].Text, "\n9 of 12 still firing in its group\n")
	require.Contains(t, messages[1].Text, "RESOLVED: data-budget: 2 ended, 9 of 12 still firing in cold-chain\n")
}

func TestSlackWebhookErrors(t *testing.T) {
	for _, test := range []struct {
		status    int
		body      string
		class     notify.Class
		uncertain bool
		want      string
	}{
		{400, "invalid_payload", notify.Payload, false, "invalid_payload"},
		{400, "invalid_blocks", notify.Payload, false, "invalid_blocks"},
		{400, "no_text", notify.Payload, false, "no_text"},
		{400, "too_many_attachments", notify.Payload, false, "too_many_attachments"},
		{400, "user_not_found", notify.Permanent, false, "user_not_found"},
		{403, "action_prohibited", notify.Permanent, false, "action_prohibited: an administrator"},
		{403, "invalid_token", notify.Permanent, false, "invalid_token: check the webhook's URL"},
		{403, "posting_to_general_channel_denied", notify.Permanent, false, "posting_to_general_channel_denied"},
		{404, "no_service", notify.Permanent, false, "no_service: the webhook was removed"},
		{404, "no_team", notify.Permanent, false, "no_team"},
		{404, "channel_not_found", notify.Permanent, false, "channel_not_found"},
		{410, "channel_is_archived", notify.Permanent, false, "channel_is_archived"},
		{400, "<html>", notify.Payload, false, "status 400"},
		{404, "never_heard_of", notify.Temporary, false, "status 404"},
		{302, "", notify.Temporary, false, "redirects are not followed"},
		{403, "org_login_required", notify.Temporary, false, "org_login_required"},
		{429, "rate_limited", notify.Temporary, false, "status 429"},
		{500, "rollup_error", notify.Temporary, true, "status 500"},
		{500, "invalid_payload", notify.Temporary, true, "status 500"},
	} {
		t.Run(strconv.Itoa(test.status)+" "+test.body, func(t *testing.T) {
			server := newSlackServer(t)
			fault := notifytest.Status(test.status, test.body).With("Retry-After", "7")
			server.Fail(fault, fault)
			failure := fixture.Fails(t, newSlackWebhook(t, server.WebhookURL))
			require.Equal(t, test.class, failure.Class)
			require.Equal(t, test.status, failure.Status)
			require.Equal(t, test.uncertain, failure.Uncertain)
			require.ErrorContains(t, failure, `posting to Slack webhook "team" at http://127.0.0.1:`)
			require.ErrorContains(t, failure, test.want)
			if test.class == notify.Temporary {
				require.Equal(t, 7*time.Second, failure.RetryAfter)
			}
		})
	}
}

func TestSlackWebhookFallsBackToPlainText(t *testing.T) {
	server := newSlackServer(t)
	server.Fail(notifytest.Status(http.StatusBadRequest, "invalid_blocks"))
	_, err := newSlackWebhook(t, server.WebhookURL).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	message := server.Messages(notifytest.IncomingChannel)[0]
	require.Contains(t, message.Text, "FIRING critical")
	require.Empty(t, message.Blocks)
	require.Empty(t, message.Attachments)
}

func TestSlackWebhookConfig(t *testing.T) {
	for url, want := range map[string]string{
		"":                                  "the URL is missing",
		"http://hooks.slack.com/services/x": "does not begin with https://hooks.slack.com/",
		"https://hooks.slack.com.evil.example/services/x": "does not begin with https://hooks.slack.com/",
		"https://slack.com/services/x":                    "does not begin with https://hooks.slack.com/",
		"https://127.0.0.1/services/x":                    "does not begin with https://hooks.slack.com/",
		"https://a@hooks.slack.com/services/x":            "the URL holds a user or password",
	} {
		config := slack.WebhookConfig{URL: secret.New(url), Name: "team"}
		_, err := slack.NewWebhook(config)
		require.ErrorContains(t, err, want)
		require.EqualError(t, err, `checking Slack webhook "team": `+config.Validate().Error())
	}
	for _, url := range []string{"https://hooks.slack.com/services/T/B/x", "https://hooks.slack-gov.com/services/T/B/x"} {
		config := slack.WebhookConfig{URL: secret.New(url)}
		_, err := slack.NewWebhook(config)
		require.NoError(t, err)
		require.NoError(t, config.Validate())
	}
}

func TestSlackWebhookReadsErrorsInAnswers(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		class            notify.Class
	}{
		{"ok", "ok\n", "", 0},
		{"a code", "no_service", "no_service: the webhook was removed", notify.Permanent},
		{"a page", fixture.SignIn, "status 200 with a web page, which is not its answer", notify.Temporary},
		{"nothing", "", `status 200 without the text "ok"`, notify.Temporary},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := notifytest.NewWebhook()
			t.Cleanup(server.Close)
			server.Fail(notifytest.Status(http.StatusOK, test.text))
			receiver, err := slack.NewWebhook(slack.WebhookConfig{URL: secret.New(server.URL), AllowPrivate: true})
			require.NoError(t, err)
			_, err = receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			failure, ok := errors.AsType[*notify.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, test.class, failure.Class)
			require.ErrorContains(t, err, test.want)
		})
	}
}
