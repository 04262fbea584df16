package slackapp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
	"notewatch/notify/notifytest"
)

func oneSection(text string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, false), nil, nil)
}

// answering returns a bench that answers everything so.
func answering(t *testing.T, reply Reply) *bench {
	return newBench(t, plan{command: func(context.Context, Command) Reply { return reply }})
}

func TestReplyWithBlocks(t *testing.T) {
	b := answering(t, Reply{Text: "short", Blocks: []slack.Block{oneSection("long")}, Public: true})
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(asked)
	answer, err := b.slack.AwaitAnswer(t.Context(), asked.ResponseURL)
	require.NoError(t, err)
	require.Equal(t, "short", answer.Text)
	require.JSONEq(t, `[{"type":"section","text":{"type":"mrkdwn","text":"long"}}]`, string(answer.Blocks))
	require.True(t, answer.Public)
}

func TestReplyOfNothing(t *testing.T) {
	b := answering(t, Reply{})
	b.deliver(b.slack.Type(ann, "/notewatch", "status"))
	b.stop()
	require.Empty(t, b.slack.Answers())
	require.Equal(t, "1", b.count(`requests_total{kind="command",result="answered"}`))
}

// Blocks that Slack refuses are left out; the text has it all.
func TestReplyWithBadBlocks(t *testing.T) {
	b := answering(t, Reply{Text: "short", Blocks: []slack.Block{oneSection(strings.Repeat("x", 3_001))}})
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(asked)
	answer, err := b.slack.AwaitAnswer(t.Context(), asked.ResponseURL)
	require.NoError(t, err)
	require.Equal(t, "short", answer.Text)
	require.Empty(t, answer.Blocks)
}

func TestReplyIsCut(t *testing.T) {
	blocks := make([]slack.Block, 60)
	for i := range blocks {
		blocks[i] = oneSection("x")
	}
	b := answering(t, Reply{Text: strings.Repeat("fünf Sätze\n", 1000), Blocks: blocks})
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(asked)
	answer, err := b.slack.AwaitAnswer(t.Context(), asked.ResponseURL)
	require.NoError(t, err)
	require.LessOrEqual(t, utf8.RuneCountInString(answer.Text), MaxText)
	require.True(t, strings.HasSuffix(answer.Text, "fünf Sätze\n…"))
	require.Equal(t, 50, strings.Count(string(answer.Blocks), "section"))
	require.Equal(t, strings.Repeat("x", 2998)+"\n…", clip(strings.Repeat("x", 3001)))
	require.Equal(t, strings.Repeat("x", 3000), clip(strings.Repeat("x", 3000)))
}

// When the response URL takes no more, the bot tells the person itself.
func TestReplyAfterExpiry(t *testing.T) {
	for name, fail := range map[string]func(*notifytest.Slack){
		"expired": (*notifytest.Slack).ExpireResponses,
		"broken":  func(s *notifytest.Slack) { s.FailMethod("response_url", notifytest.Status(500, "oops")) },
		"cut":     func(s *notifytest.Slack) { s.FailMethod("response_url", notifytest.Cut()) },
		"moved": func(s *notifytest.Slack) {
			s.FailMethod("response_url", notifytest.Status(307, "").With("Location", s.URL))
		},
		"not ok": func(s *notifytest.Slack) {
			s.FailMethod("response_url", notifytest.Status(200, `{"ok":false,"error":"used_url"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, plan{})
			asked := b.slack.Type(ann, "/notewatch", "status")
			fail(b.slack)
			b.deliver(asked)
			answers, err := b.slack.AwaitAnswers(t.Context(), 1)
			require.NoError(t, err)
			require.Equal(t, notifytest.Answer{Channel: ann.Channel, User: ann.ID, Text: "you typed status"}, answers[0])
			b.stop()
			require.NotContains(t, b.log.String(), "/commands/", "a response URL is a secret")
			require.Equal(t, "1", b.count(`requests_total{kind="command",result="answered"}`))
		})
	}
}

// An answer for everybody that the response URL does not take is posted to the channel.
func TestPublicReplyAfterExpiry(t *testing.T) {
	b := answering(t, Reply{Text: "short", Blocks: []slack.Block{oneSection("long")}, Public: true})
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.slack.ExpireResponses()
	b.deliver(asked)
	b.stop()
	messages := b.slack.Messages(ann.Channel)
	require.Len(t, messages, 1)
	require.Equal(t, "short", messages[0].Text)
	require.Contains(t, string(messages[0].Blocks), "long")
}

// An answer for everybody that a response URL may have taken is not posted a second time: the bot tells it to the person alone.
func TestPublicReplyIsPostedOnce(t *testing.T) {
	for name, test := range map[string]struct {
		fault     notifytest.Fault
		dial      error // of the call, when it is not even made
		responded bool  // the response URL took it
		posted    bool  // the bot posted it for everybody
	}{
		"taken, and the connection is cut":     {fault: notifytest.TakeAndCut(), responded: true},
		"the connection is cut":                {fault: notifytest.Cut()},
		"an error of the server":               {fault: notifytest.Status(http.StatusBadGateway, "")},
		"refused with a status":                {fault: notifytest.RateLimited("1"), posted: true},
		"refused with a code":                  {fault: notifytest.Code("used_url"), posted: true},
		"there is no connection to begin with": {dial: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, posted: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, plan{
				command: func(context.Context, Command) Reply { return Reply{Text: "42", Public: true} },
				config:  func(c *Config) { c.HTTP = &http.Client{Transport: undialed{test.dial}} },
			})
			b.slack.FailMethod("response_url", test.fault)
			asked := b.slack.Type(ann, "/notewatch", "status share")
			b.deliver(asked)
			b.stop()
			var public, private int
			for _, answer := range b.slack.Answers() {
				if answer.Public {
					public++
				} else {
					private++
				}
			}
			require.Equal(t, test.responded, public == 1)
			require.Equal(t, test.posted, len(b.slack.Messages(ann.Channel)) == 1)
			require.Equal(t, !test.posted, private == 1, "the person has it in any case")
			require.Equal(t, "1", b.count(`requests_total{kind="command",result="answered"}`))
		})
	}
}

// undialed cannot reach response URLs if err is not nil.
type undialed struct{ err error }

func (u undialed) RoundTrip(req *http.Request) (*http.Response, error) {
	if u.err != nil && strings.Contains(req.URL.Path, "/commands/") {
		return nil, u.err
	}
	return http.DefaultTransport.RoundTrip(req)
}

// What only the person sees had better come twice than not at all.
func TestPrivateReplyMayComeTwice(t *testing.T) {
	b := newBench(t, plan{})
	b.slack.FailMethod("response_url", notifytest.TakeAndCut())
	b.deliver(b.slack.Type(ann, "/notewatch", "status"))
	b.stop()
	require.Equal(t, []string{"you typed status", "you typed status"}, b.texts())
}

func TestReplyNobodyTakes(t *testing.T) {
	b := newBench(t, plan{})
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.slack.ExpireResponses()
	b.slack.FailMethod("chat.postEphemeral", notifytest.Code("not_in_channel"))
	b.deliver(asked)
	require.NoError(t, b.log.await(t.Context(), "sending an answer to Slack"))
	require.Contains(t, b.log.String(), "expired_url")
	require.Contains(t, b.log.String(), "invite the bot to the channel")
	require.NotContains(t, b.log.String(), "/commands/")
	b.stop()
	require.Equal(t, "1", b.count(`requests_total{kind="command",result="unanswered"}`))
}

// Answers go to Slack alone, whatever a request says.
func TestResponseURL(t *testing.T) {
	genuine, played := &App{}, &App{config: Config{APIURL: "http://127.0.0.1:9/api/"}}
	for _, test := range []struct {
		app  *App
		url  string
		want string
	}{
		{genuine, "https://hooks.slack.com/commands/T1/2/3", ""},
		{genuine, "https://hooks.slack-gov.com/actions/T1/2/3", ""},
		{genuine, "http://hooks.slack.com/commands/T1/2/3", "not Slack's"},
		{genuine, "https://hooks.slack.com.example.com/commands", "not Slack's"},
		{genuine, "https://example.com/.slack.com", "not Slack's"},
		{genuine, "https://evilslack.com/", "not Slack's"},
		{genuine, "https://hooks.slack.com@example.com/", "not Slack's"},
		{genuine, "https://hooks.slack.com:8443/", "not Slack's"},
		{genuine, "http://127.0.0.1:9/commands", "not Slack's"},
		{genuine, "", "there is none"},
		{genuine, "/commands/T1/2/3", "not Slack's"},
		{genuine, "https://hooks.slack.com/%zz", "not valid"},
		{played, "http://127.0.0.1:9/commands", ""},
		{played, "http://127.0.0.1:10/commands", "not Slack's"},
		{played, "https://127.0.0.1:9/commands", "not Slack's"},
		{played, "https://hooks.slack.com/commands/T1/2/3", ""},
	} {
		err := test.app.checkResponseURL(secret.New(test.url))
		if test.want == "" {
			require.NoError(t, err, test.url)
			continue
		}
		require.ErrorContains(t, err, test.want, test.url)
		require.NotContains(t, err.Error(), "://")
	}
}

// What Slack says is repeated if it is an error code, and nothing else.
func TestAnswerError(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   string
	}{
		{200, "ok", ""},
		{200, "", ""},
		{200, `{"ok":true}`, ""},
		{204, "", ""},
		{200, `{"ok":false,"error":"used_url"}`, `status 200: Slack says "used_url"`},
		{200, "used_url", `status 200: Slack says "used_url"`},
		{200, "<!doctype html>", `status 200: Slack says "something else than an error code"`},
		{404, "expired_url\n", `status 404: Slack says "expired_url"`},
		{500, "<html>https://hooks.slack.com/commands/T1/2/3", `status 500: Slack says "something else than an error code"`},
	} {
		err := answerError(test.status, []byte(test.body))
		if test.want == "" {
			require.NoError(t, err, test.body)
			continue
		}
		require.EqualError(t, err, test.want)
	}
}

func TestFailedSocketsNameTheProxy(t *testing.T) {
	refused := &proxy.Error{Proxy: "proxy:3128", Target: "slack.com:443", Status: 403}
	require.EqualError(t, named(errors.New("no valid answer"), ""), "no valid answer")
	require.EqualError(t, named(errors.New("no valid answer"), "proxy:3128"),
		"through proxy proxy:3128, which has to allow wss-primary.slack.com: no valid answer")
	require.EqualError(t, named(slackapi.Explain(&url.Error{Op: "Post", URL: "https://slack.com/x", Err: refused}), "proxy:3128"),
		"proxy proxy:3128 answers 403 Forbidden for slack.com:443: allow it on the proxy, or add it to NO_PROXY")
}
