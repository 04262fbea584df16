package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/slack"
)

const channel = "C0123456789"

func newSlackServer(t *testing.T) *notifytest.Slack {
	server := notifytest.NewSlack()
	t.Cleanup(server.Close)
	return server
}

func newSlack(t *testing.T, url string) *slack.Bot {
	t.Helper()
	receiver, err := slack.NewBot(slack.BotConfig{Token: secret.New("xoxb-token"), Channel: channel, APIURL: url})
	require.NoError(t, err)
	return receiver
}

func newSlackWebhook(t *testing.T, url string) *slack.Webhook {
	t.Helper()
	receiver, err := slack.NewWebhook(slack.WebhookConfig{
		URL: secret.New(url), AllowPrivate: true, Name: "team",
	})
	require.NoError(t, err)
	return receiver
}

// shown is a message as the golden files hold it.
func shown(t *testing.T, m notifytest.Message) string {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(map[string]any{"text": m.Text, "blocks": m.Blocks, "attachments": m.Attachments}))
	return b.String()
}

func TestSlackMessages(t *testing.T) {
	for _, s := range fixture.Samples() {
		t.Run(s.Name, func(t *testing.T) {
			server := newSlackServer(t)
			_, err := newSlack(t, server.URL).Send(t.Context(), fixture.Notification(s.Alert), nil)
			require.NoError(t, err)
			messages := server.Messages(channel)
			require.Len(t, messages, 1)
			fixture.Golden(t, "slack_"+s.Name+".golden.json", shown(t, messages[0]))
		})
	}
}

func TestSlackListsManyAlerts(t *testing.T) {
	for _, n := range []int{2, 12, 10_000} {
		server := newSlackServer(t)
		_, err := newSlack(t, server.URL).Send(t.Context(), fixture.Notification(fixture.Fleet(n)...), nil)
		require.NoError(t, err)
		require.Len(t, server.Messages(channel), 1)
		require.Zero(t, refused(server), "no fall-back was needed")
		fixture.Golden(t, fmt.Sprintf("slack_list_%d.golden.json", n), shown(t, server.Messages(channel)[0]))
		for _, reply := range server.Replies(channel, server.Messages(channel)[0].TS) {
			fixture.Golden(t, fmt.Sprintf("slack_list_%d_thread.golden.json", n), shown(t, reply))
		}
	}
}

func TestSlackDigest(t *testing.T) {
	for _, rules := range []int{3, 30} {
		server := newSlackServer(t)
		_, err := newSlack(t, server.URL).Send(t.Context(), fixture.Notification(fixture.Digest(rules)...), nil)
		require.NoError(t, err)
		require.Zero(t, refused(server))
		message := server.Messages(channel)[0]
		fixture.Golden(t, fmt.Sprintf("slack_digest_%d.golden.json", rules), shown(t, message))
		fixture.Golden(t, fmt.Sprintf("slack_digest_%d_thread.golden.json", rules), shown(t, server.Replies(channel, message.TS)[0]))
	}
}

// A long report is cut at a line, and says how much is missing.
func TestSlackReportIsCutAtALine(t *testing.T) {
	long := fixture.Weekly()
	long.Body = strings.Repeat("sensor-14 🛰 & 41.2 MB of 40 MB\n", 1000)
	server := newSlackServer(t)
	_, err := newSlack(t, server.URL).Send(t.Context(), fixture.Notification(long), nil)
	require.NoError(t, err)
	require.Zero(t, refused(server))
	message := server.Messages(channel)[0]
	require.Contains(t, message.Text, "41.2 MB of 40 MB\n…\napp:2606f411")
	require.Contains(t, unescaped(t, message.Attachments), `MB\n… 801 more lines\n`+"```")

	long.Body = strings.Repeat(strings.Repeat("&", 190)+"\n", 150)
	_, err = newSlack(t, server.URL).Send(t.Context(), fixture.Notification(long), nil)
	require.NoError(t, err)
	require.Zero(t, refused(server))
	require.Regexp(t, `&amp;\\n… 1\d\d more lines\\n`+"```", unescaped(t, server.Messages(channel)[1].Attachments))
}

// refused counts the calls that the server did not take.
func refused(server *notifytest.Slack) int {
	return len(slices.DeleteFunc(server.Calls(), func(c notifytest.Call) bool { return c.Taken }))
}

// Slack says characters but may count bytes, of which the longest characters have four.
func TestSlackTextsAreShortInBytesToo(t *testing.T) {
	wide := fixture.With(func(a *notify.Alert) {
		a.Summary, a.Advice = strings.Repeat("🛰", 1300), strings.Repeat("🔋", 1300)
		a.Detail = []string{strings.Repeat("📡", 1300), strings.Repeat("📶", 1300), strings.Repeat("📈", 1300)}
	})
	server := newSlackServer(t)
	_, err := newSlack(t, server.URL).Send(t.Context(), fixture.Notification(wide), nil)
	require.NoError(t, err)
	text := server.Messages(channel)[0].Text
	require.LessOrEqual(t, len(text), 4000)
	require.Greater(t, len(text), 3000)
	require.Contains(t, text, "\n…\n", "a line that has no room is left out whole")
	require.True(t, strings.HasSuffix(text, "as of Mon 12 Jan 14:04 UTC"), "the last line tells which alert it is")
}

func TestSlackAsksForNoParsing(t *testing.T) {
	server := newSlackServer(t)
	receiver := newSlack(t, server.URL)
	ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	_, err = receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
	require.NoError(t, err)
	require.Len(t, server.Calls(), 3, "a post, an update and a note in the thread")
	for _, call := range server.Calls() {
		require.Equal(t, "false", call.Form.Get("unfurl_links"))
		require.Equal(t, "false", call.Form.Get("unfurl_media"))
		require.Equal(t, "none", call.Form.Get("parse"))
		require.Equal(t, "false", call.Form.Get("link_names"))
		for _, part := range []string{"text", "blocks", "attachments"} {
			require.NotEmpty(t, call.Form.Get(part))
		}
	}
}

func TestSlackUpdatesTheSameMessage(t *testing.T) {
	server := newSlackServer(t)
	receiver := newSlack(t, server.URL)
	ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	posted := server.Messages(channel)[0]
	require.JSONEq(t, fmt.Sprintf(`{"channel":%q,"ts":%q}`, channel, posted.TS), string(ref))

	again, err := receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
	require.NoError(t, err)
	require.JSONEq(t, string(ref), string(again))
	messages := server.Messages(channel)
	require.Len(t, messages, 1)
	require.Equal(t, posted.TS, messages[0].TS)
	require.Equal(t, 1, messages[0].Edits)
	require.Contains(t, messages[0].Text, "RESOLVED")
}

func TestSlackPostsAfreshWhenTheMessageIsGone(t *testing.T) {
	t.Run("deleted", func(t *testing.T) {
		server := newSlackServer(t)
		receiver := newSlack(t, server.URL)
		ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		server.Delete(channel, server.Messages(channel)[0].TS)
		again, err := receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
		require.NoError(t, err)
		require.NotEqual(t, string(ref), string(again))
		require.Contains(t, server.Messages(channel)[0].Text, "RESOLVED")
	})
	for _, code := range []string{
		"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive",
		"channel_not_found", "is_archived", // of the channel that the message is in
	} {
		t.Run(code, func(t *testing.T) {
			server := newSlackServer(t)
			receiver := newSlack(t, server.URL)
			ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			require.NoError(t, err)
			server.Fail(notifytest.Code(code))
			again, err := receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
			require.NoError(t, err)
			require.NotEqual(t, string(ref), string(again))
			require.Len(t, server.Messages(channel), 2)
		})
	}
	t.Run("reference of something else", func(t *testing.T) {
		for _, ref := range []string{`{"posted":true}`, `null`, `"x"`, `{`, `{"channel":"C1"}`} {
			server := newSlackServer(t)
			again, err := newSlack(t, server.URL).Send(t.Context(), fixture.Notification(fixture.Firing()), notify.Ref(ref))
			require.NoError(t, err)
			require.NotEmpty(t, again)
			require.Len(t, server.Messages(channel), 1)
		}
	})
}

// classes are the error codes that Slack documents for chat.postMessage, and what they mean for a message.
var classes = map[string]notify.Class{
	"ratelimited": notify.Temporary, "rate_limited": notify.Temporary, "message_limit_exceeded": notify.Temporary,
	"internal_error": notify.Temporary, "fatal_error": notify.Temporary, "service_unavailable": notify.Temporary,
	"request_timeout": notify.Temporary, "team_added_to_org": notify.Temporary, "org_login_required": notify.Temporary,
	"never_heard_of": notify.Temporary, "cannot_reply_to_message": notify.Temporary, "thread_not_found": notify.Temporary,
	"as_user_not_supported": notify.Temporary, "deprecated_endpoint": notify.Temporary, "draft_not_found": notify.Temporary,
	"duplicate_message_not_found": notify.Temporary, "markdown_text_conflict": notify.Temporary,
	"metadata_must_be_sent_from_app": notify.Temporary, "method_deprecated": notify.Temporary, "missing_file_data": notify.Temporary,
	"missing_post_type": notify.Temporary, "slack_connect_file_link_sharing_blocked": notify.Temporary,
	"team_not_found": notify.Temporary, "too_many_contact_cards": notify.Temporary,
	"channel_not_found": notify.Permanent, "not_in_channel": notify.Permanent, "is_archived": notify.Permanent,
	"restricted_action": notify.Permanent, "restricted_action_read_only_channel": notify.Permanent,
	"restricted_action_non_threadable_channel": notify.Permanent, "restricted_action_thread_locked": notify.Permanent,
	"restricted_action_thread_only_channel": notify.Permanent,
	"messages_tab_disabled":                 notify.Permanent, "ekm_access_denied": notify.Permanent,
	"invalid_auth": notify.Permanent, "not_authed": notify.Permanent, "account_inactive": notify.Permanent,
	"token_revoked": notify.Permanent, "token_expired": notify.Permanent, "no_permission": notify.Permanent,
	"missing_scope": notify.Permanent, "not_allowed_token_type": notify.Permanent, "access_denied": notify.Permanent,
	"team_access_not_granted": notify.Permanent, "enterprise_is_restricted": notify.Permanent, "two_factor_setup_required": notify.Permanent,
	"invalid_blocks": notify.Payload, "invalid_blocks_format": notify.Payload, "msg_blocks_too_long": notify.Payload,
	"msg_too_long": notify.Payload, "too_many_attachments": notify.Payload, "no_text": notify.Payload,
	"metadata_too_large": notify.Payload, "invalid_arguments": notify.Payload, "attachment_payload_limit_exceeded": notify.Payload,
	"invalid_arg_name": notify.Payload, "invalid_array_arg": notify.Payload, "invalid_charset": notify.Payload,
	"invalid_form_data": notify.Payload, "invalid_metadata_format": notify.Payload, "invalid_post_type": notify.Payload,
}

// passing are those of them that are known to pass by themselves.
var passing = []string{
	"ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org", "org_login_required",
	"internal_error", "fatal_error", "service_unavailable", "request_timeout",
}

func TestSlackErrorCodes(t *testing.T) {
	for code, want := range classes {
		t.Run(code, func(t *testing.T) {
			server := newSlackServer(t)
			server.Fail(notifytest.Code(code), notifytest.Code(code))
			failure := fixture.Fails(t, newSlack(t, server.URL))
			require.Equal(t, want, failure.Class)
			require.Equal(t, http.StatusOK, failure.Status)
			require.ErrorContains(t, failure, `posting to Slack channel "`+channel+`": `+code)
		})
	}
}

func TestSlackFallsBackToPlainText(t *testing.T) {
	for _, code := range []string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "too_many_attachments"} {
		server := newSlackServer(t)
		receiver := newSlack(t, server.URL)
		server.Fail(notifytest.Code(code))
		ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		server.Fail(notifytest.Code(code))
		_, err = receiver.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
		require.NoError(t, err)
		messages := server.Messages(channel)
		require.Len(t, messages, 1)
		require.Contains(t, messages[0].Text, "RESOLVED")
		require.JSONEq(t, `[]`, string(messages[0].Blocks), "an update without blocks must take those away that were there")
		require.JSONEq(t, `[]`, string(messages[0].Attachments))
	}
}

func TestSlackStatuses(t *testing.T) {
	for _, test := range []struct {
		name      string
		fault     notifytest.Fault
		class     notify.Class
		status    int
		after     time.Duration
		uncertain bool
	}{
		{"429 with seconds", notifytest.RateLimited("30"), notify.Temporary, 429, 30 * time.Second, false},
		{"429 without", notifytest.RateLimited(""), notify.Temporary, 429, 0, false},
		{"429 with nonsense", notifytest.RateLimited("soon"), notify.Temporary, 429, 0, false},
		{"429 for a week", notifytest.RateLimited("604800"), notify.Temporary, 429, time.Hour, false},
		{"429 for ever", notifytest.RateLimited("9223372036854775807"), notify.Temporary, 429, time.Hour, false},
		{"500", notifytest.Status(500, "<html>"), notify.Temporary, 500, 0, true},
		{"503", notifytest.Status(503, "").With("Retry-After", "5"), notify.Temporary, 503, 5 * time.Second, true},
		{"redirect", notifytest.Status(307, "").With("Location", "http://127.0.0.1:1/"), notify.Temporary, 307, 0, false},
		{"404", notifytest.Status(404, ""), notify.Temporary, 404, 0, false},
		{"HTML", notifytest.Status(200, "<html>"), notify.Temporary, 200, 0, true},
		{"empty", notifytest.Status(200, ""), notify.Temporary, 200, 0, true},
		{"not ok without an error", notifytest.Status(200, `{"ok":false}`), notify.Temporary, 200, 0, true},
		{"ok without a message", notifytest.Status(200, `{"ok":true}`), notify.Temporary, 200, 0, true},
		{"an error that is no code", notifytest.Status(200, `{"ok":false,"error":"<b>No!</b>"}`), notify.Temporary, 200, 0, false},
		{"cut", notifytest.Cut(), notify.Temporary, 0, 0, true},
		{"taken and cut", notifytest.TakeAndCut(), notify.Temporary, 0, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newSlackServer(t)
			server.Fail(test.fault)
			failure := fixture.Fails(t, newSlack(t, server.URL))
			require.Equal(t, test.class, failure.Class)
			require.Equal(t, test.status, failure.Status)
			require.Equal(t, test.after, failure.RetryAfter)
			require.Equal(t, test.uncertain, failure.Uncertain)
			require.ErrorContains(t, failure, `posting to Slack channel "`+channel+`": `)
		})
	}
}

func TestSlackNoAnswer(t *testing.T) {
	for _, fault := range []notifytest.Fault{notifytest.Hang(), notifytest.TakeAndHang()} {
		server := newSlackServer(t)
		server.Fail(fault)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := newSlack(t, server.URL).Send(ctx, fixture.Notification(fixture.Firing()), nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		failure, ok := errors.AsType[*notify.Error](err)
		require.True(t, ok)
		require.Equal(t, notify.Temporary, failure.Class)
	}
	server := newSlackServer(t)
	server.Close()
	failure := fixture.Fails(t, newSlack(t, server.URL))
	require.Equal(t, notify.Temporary, failure.Class)
	require.False(t, failure.Uncertain, "nothing was sent")
}

func TestSlackUsesTheClientGiven(t *testing.T) {
	elsewhere := newSlackServer(t)
	redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"chat.postMessage", http.StatusTemporaryRedirect))
	defer redirect.Close()
	client := redirect.Client()
	receiver, err := slack.NewBot(slack.BotConfig{
		Token: secret.New("xoxb-token"), Channel: channel, APIURL: redirect.URL, HTTP: client,
	})
	require.NoError(t, err)
	failure := fixture.Fails(t, receiver)
	require.Equal(t, http.StatusTemporaryRedirect, failure.Status)
	require.Empty(t, elsewhere.Calls(), "the token goes nowhere else")
	require.Nil(t, client.CheckRedirect, "the client of the caller stays as it was")
}

func TestSlackConfig(t *testing.T) {
	for want, c := range map[string]slack.BotConfig{
		"the bot token is missing":              {Channel: channel},
		"the token is an app-level token":       {Token: secret.New("xapp-1-A"), Channel: channel},
		"the bot token contains white space":    {Token: secret.New("xoxb-1\n"), Channel: channel},
		"the channel is missing":                {Token: secret.New("xoxb-1")},
		"the URL has no host":                   {Token: secret.New("xoxb-1"), Channel: channel, APIURL: "https:///api"},
		"the URL does not begin with https://":  {Token: secret.New("xoxb-1"), Channel: channel, APIURL: "slack.com/api"},
		"the URL holds a user or password, whi": {Token: secret.New("xoxb-1"), Channel: channel, APIURL: "https://a:b@h/"},
	} {
		_, err := slack.NewBot(c)
		require.ErrorContains(t, err, want)
		require.EqualError(t, err, fmt.Sprintf("checking Slack channel %q: %v", c.Channel, c.Validate()))
	}
	_, err := slack.NewBot(slack.BotConfig{Token: secret.New("xoxb-1"), Channel: channel})
	require.NoError(t, err)
}
