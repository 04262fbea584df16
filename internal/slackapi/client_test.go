package slackapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
)

// What goes wrong is told without what must not be told: the URL, and what the other side wrote.
func TestExplain(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{slack.SlackErrorResponse{Err: "token_revoked"}, `Slack says "token_revoked": install the app again and give its new token`},
		{slack.SlackErrorResponse{Err: "xoxb-hunter2"}, `Slack says "something else than an error code"`},
		{slack.StatusCodeError{Code: 500, Status: "500 hunter2"}, "status 500 Internal Server Error"},
		{&slack.RateLimitedError{RetryAfter: 30 * time.Second}, "too many requests: Slack asks to wait for 30s"},
		{&url.Error{Op: "Post", URL: "https://hooks.slack.com/hunter2", Err: io.ErrUnexpectedEOF}, "the connection was cut"},
		{&url.Error{Op: "parse", URL: "wss://x/hunter2", Err: errors.New(`invalid port ":hunter2" after host`)}, "no valid answer"},
		{context.DeadlineExceeded, "no answer in time: context deadline exceeded"},
	} {
		require.EqualError(t, slackapi.Explain(test.err), test.want)
	}
}

// An answer to a call that has no end is not read to the end.
func TestCallsAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write([]byte(strings.Repeat(" ", 1<<16))); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	api := slackapi.New(server.URL, secret.New("xoxb-1"), secret.Text{}, slackapi.NewDoer(nil))
	_, err := api.AuthTestContext(t.Context())
	require.Error(t, err)
}

func TestErrorCodes(t *testing.T) {
	for _, test := range []struct {
		code, want string
		kind       slackapi.Kind
	}{
		{"invalid_auth", "invalid_auth: check the token", slackapi.Credential},
		{"no_service\n", "no_service: the webhook was removed: make a new one", slackapi.Credential},
		{"restricted_action_thread_only_channel", "restricted_action_thread_only_channel", slackapi.Target},
		{"invalid_blocks", "invalid_blocks", slackapi.Payload},
		{"ratelimited", "ratelimited", slackapi.Wait},
		{"never_heard_of", "never_heard_of", slackapi.Unknown},
		{"xoxb-hunter2", "something else than an error code", slackapi.Unknown},
		{"", "something else than an error code", slackapi.Unknown},
	} {
		err := slackapi.NewError(test.code)
		require.EqualError(t, err, test.want)
		require.Equal(t, test.kind, err.Kind, test.code)
	}
}

func TestAddress(t *testing.T) {
	require.Equal(t, "https://slack.com/api/", slackapi.Address(""))
	require.Equal(t, "http://proxy/slack/", slackapi.Address("http://proxy/slack"))
	require.Equal(t, "http://proxy/slack/", slackapi.Address("http://proxy/slack//"))
}
