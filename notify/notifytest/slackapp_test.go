package notifytest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

var amy = notifytest.Asker{ID: "U0123456789", Name: "amy", Channel: "C0123456789"}

// Requests are as the library expects them of Slack.
func TestRequestsAreSlacks(t *testing.T) {
	s := notifytest.NewSlack()
	defer s.Close()
	verified := func(asked notifytest.Asked) *http.Request {
		req, err := asked.Request(t.Context(), "http://localhost", "a secret", time.Now())
		require.NoError(t, err)
		verifier, err := slack.NewSecretsVerifier(req.Header, "a secret")
		require.NoError(t, err)
		body, err := io.ReadAll(io.TeeReader(req.Body, &verifier))
		require.NoError(t, err)
		require.NoError(t, verifier.Ensure())
		req.Body = io.NopCloser(bytes.NewReader(body))
		return req
	}
	asked := s.Type(amy, "/notewatch", "usage pump")
	command, err := slack.SlashCommandParse(verified(asked))
	require.NoError(t, err)
	require.Equal(t, "/notewatch usage pump", command.Command+" "+command.Text)
	require.Equal(t, amy.ID+amy.Name+amy.Channel+notifytest.Team, command.UserID+command.UserName+command.ChannelID+command.TeamID)
	require.Equal(t, asked.ResponseURL, command.ResponseURL)

	message := notifytest.Message{Channel: amy.Channel, TS: "1.1", Text: "x", Attachments: json.RawMessage(`[{"blocks":[{"type":"actions","elements":[
		{"type":"button","action_id":"ack","text":{"type":"plain_text","text":"Acknowledge"},"value":"M1"},
		{"type":"static_select","action_id":"snooze","placeholder":{"type":"plain_text","text":"Snooze"},
		 "options":[{"text":{"type":"plain_text","text":"1 h"},"value":"1h M1"}]}]}]}]`)}
	value, ok := message.Button("ack")
	require.True(t, ok)
	require.Equal(t, "M1", value)
	_, ok = message.Button("snooze")
	require.False(t, ok)
	press, err := slack.InteractionCallbackParse(verified(s.Press(amy, message, "ack", value)))
	require.NoError(t, err)
	require.Equal(t, slack.InteractionTypeBlockActions, press.Type)
	require.Equal(t, "amy", press.User.Username)
	require.Equal(t, "1.1", press.Container.MessageTs)
	require.Len(t, press.Message.Attachments, 1)
	require.Equal(t, "M1", press.ActionCallback.BlockActions[0].Value)
	press, err = slack.InteractionCallbackParse(verified(s.Press(amy, message, "snooze", "1h M1")))
	require.NoError(t, err)
	require.Equal(t, "1h M1", press.ActionCallback.BlockActions[0].SelectedOption.Value)
}

// A response URL takes five answers that Slack could show, to one question.
func TestResponseURL(t *testing.T) {
	s := notifytest.NewSlack()
	defer s.Close()
	asked, other := s.Type(amy, "/notewatch", "status"), s.Type(amy, "/notewatch", "status")
	post := func(to, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
		require.NoError(t, err)
		resp, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return strings.TrimSpace(string(text))
	}
	for _, test := range []struct{ body, want string }{
		{`{"text":"one"}`, "ok"},
		{`{"text":"two","response_type":"in_channel","blocks":[{"type":"divider"}]}`, "ok"},
		{`{"text":"one","response_type":"both"}`, `{"error":"invalid_payload","ok":false}`},
		{`text`, `{"error":"invalid_payload","ok":false}`},
		{`{}`, `{"error":"no_text","ok":false}`},
		{`{"text":"x","blocks":[{"type":"section"}]}`, `{"error":"invalid_blocks","ok":false}`},
		{`{"text":"three"}`, "ok"},
		{`{"text":"four"}`, "ok"},
		{`{"text":"five"}`, "ok"},
		{`{"text":"six"}`, `{"error":"expired_url","ok":false}`},
	} {
		require.Equal(t, test.want, post(asked.ResponseURL, test.body), test.body)
	}
	answers := s.Answers()
	require.Len(t, answers, 5)
	require.Equal(t, notifytest.Answer{URL: asked.ResponseURL, Channel: amy.Channel, User: amy.ID, Text: "one"}, answers[0])
	require.True(t, answers[1].Public)
	require.Equal(t, "ok", post(other.ResponseURL, `{"text":"x"}`))
	s.ExpireResponses()
	require.Contains(t, post(other.ResponseURL, `{"text":"x"}`), "expired_url")
	require.Contains(t, post(other.ResponseURL+"0", `{"text":"x"}`), "expired_url")
}

// Each method wants its kind of token.
func TestAppMethods(t *testing.T) {
	s := notifytest.NewSlack()
	defer s.Close()
	s.SetGroup("S1", "U1", "U2")
	app := slack.New("xoxb-1", slack.OptionAppLevelToken("xapp-1"), slack.OptionAPIURL(s.URL))
	who, err := app.AuthTestContext(t.Context())
	require.NoError(t, err)
	require.Equal(t, notifytest.Team, who.TeamID)
	members, err := app.GetUserGroupMembersContext(t.Context(), "S1")
	require.NoError(t, err)
	require.Equal(t, []string{"U1", "U2"}, members)
	_, err = app.GetUserGroupMembersContext(t.Context(), "S2")
	require.EqualError(t, err, "no_such_subteam")
	_, err = app.PostEphemeralContext(t.Context(), "C1", "U1", slack.MsgOptionText("psst", false))
	require.NoError(t, err)
	require.Equal(t, []notifytest.Answer{{Channel: "C1", User: "U1", Text: "psst"}}, s.Answers())
	_, err = app.PostEphemeralContext(t.Context(), "C1", "U1")
	require.EqualError(t, err, "no_text")

	mixed := slack.New("xapp-1", slack.OptionAppLevelToken("xoxb-1"), slack.OptionAPIURL(s.URL))
	_, err = mixed.AuthTestContext(t.Context())
	require.EqualError(t, err, "not_allowed_token_type")
	_, _, err = socketmode.New(mixed).OpenContext(t.Context())
	require.EqualError(t, err, "not_allowed_token_type")
	_, err = slack.New("", slack.OptionAPIURL(s.URL)).AuthTestContext(t.Context())
	require.EqualError(t, err, "not_authed")
}

// An address of a socket is good once.
func TestSocketTicket(t *testing.T) {
	s := notifytest.NewSlack()
	defer s.Close()
	client := socketmode.New(slack.New("xoxb-1", slack.OptionAppLevelToken("xapp-1"), slack.OptionAPIURL(s.URL)))
	_, address, err := client.OpenContext(t.Context())
	require.NoError(t, err)
	status := func() int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http"+strings.TrimPrefix(address, "ws"), http.NoBody)
		require.NoError(t, err)
		resp, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	require.Equal(t, http.StatusBadRequest, status(), "it is no handshake")
	require.Equal(t, http.StatusForbidden, status())
}
