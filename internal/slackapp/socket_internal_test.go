package slackapp

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify/notifytest"
)

func overSocket(c *Config) { c.SigningSecret = secret.Text{} }

func TestSocketCommandAndPress(t *testing.T) {
	b := newBench(t, plan{config: overSocket})
	command := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(command)
	require.Equal(t, "you typed status", b.answer(command))
	press := b.slack.Press(ann, notifytest.Message{Channel: ann.Channel, TS: "1.1"}, "ack", "M1")
	b.deliver(press)
	require.Equal(t, "you pressed ack M1", b.answer(press))

	require.Equal(t, "1", b.count("socket_connected"))
	require.Equal(t, "1", b.count("socket_connections"))
	b.stop()
	require.Equal(t, "0", b.count("socket_connected"))
	require.NotContains(t, b.log.String(), "level=ERROR")
	require.NotContains(t, b.log.String(), "level=WARN")
}

// What Slack sends again, after a timeout or over another connection, is acknowledged and has no second effect; nor has it
// when it comes over HTTP too.
func TestSocketRedelivery(t *testing.T) {
	b := newBench(t, plan{})
	asked := b.slack.Type(ann, "/notewatch", "silence pump for 1h")
	first := b.slack.Envelope(asked)
	require.NoError(t, b.slack.Deliver(t.Context(), first))
	b.answer(asked)
	first.Attempt = 1
	require.NoError(t, b.slack.Deliver(t.Context(), first))
	require.NoError(t, b.log.await(t.Context(), "ignoring a repeated request"))

	b.slack.CutSockets()
	require.NoError(t, b.slack.AwaitConnection(t.Context(), 2))
	b.deliver(asked) // in another envelope
	require.Equal(t, http.StatusOK, b.send(asked))

	last := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(last)
	b.answer(last)
	require.Equal(t, []string{"you typed silence pump for 1h", "you typed status"}, b.texts())
	require.Equal(t, "3", b.count(`requests_total{kind="command",result="repeated"}`))
}

// A payload without a trigger ID is told apart by its envelope.
func TestSocketRedeliveryOfEnvelope(t *testing.T) {
	b := newBench(t, plan{config: overSocket})
	asked := b.slack.Type(ann, "/notewatch", "status")
	asked.Payload = []byte(strings.Replace(string(asked.Payload), `"trigger_id"`, `"was"`, 1))
	e := b.slack.Envelope(asked)
	for range 2 {
		require.NoError(t, b.slack.Deliver(t.Context(), e))
	}
	other := b.slack.Envelope(asked)
	require.NoError(t, b.slack.Deliver(t.Context(), other))
	_, err := b.slack.AwaitAnswers(t.Context(), 2)
	require.NoError(t, err)
	b.stop()
	require.Len(t, b.texts(), 2)
}

// The answer does not need the connection that the question came over.
func TestSocketClosesMidCommand(t *testing.T) {
	asking, answer := make(chan struct{}), make(chan struct{})
	b := newBench(t, plan{config: overSocket, command: func(context.Context, Command) Reply {
		close(asking)
		<-answer
		return Reply{Text: "42"}
	}})
	asked := b.slack.Type(ann, "/notewatch", "status")
	require.NoError(t, b.slack.Deliver(t.Context(), b.slack.Envelope(asked)))
	<-asking
	b.slack.CutSockets()
	require.NoError(t, b.slack.AwaitConnection(t.Context(), 2))
	close(answer)
	require.Equal(t, "42", b.answer(asked))
}

func TestSocketReconnects(t *testing.T) {
	b := newBench(t, plan{config: overSocket})
	for n, lose := range []func(){
		func() { require.NoError(t, b.slack.Disconnect("refresh_requested")) },
		b.slack.CutSockets,
		func() {
			b.slack.FailMethod("apps.connections.open", notifytest.Status(500, "oops"))
			b.slack.CutSockets()
		},
		func() { b.slack.FailMethod("apps.connections.open", notifytest.Cut()); b.slack.CutSockets() },
		func() {
			b.slack.FailMethod("apps.connections.open", notifytest.Code("internal_error"))
			b.slack.CutSockets()
		},
	} {
		require.NoError(t, b.slack.AwaitConnection(t.Context(), n+1))
		lose()
	}
	require.NoError(t, b.slack.AwaitConnection(t.Context(), 6))
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(asked)
	require.Equal(t, "you typed status", b.answer(asked))
	require.Contains(t, b.log.String(), `level=WARN msg="connecting to Slack; it will be tried again"`)
	require.Contains(t, b.log.String(), "internal_error")
	require.NotContains(t, b.log.String(), "/link/", "the address of a socket is a secret")
	require.NotContains(t, b.log.String(), "xapp-")
}

// Slack may close each connection as soon as it is open, as when there are too many.
func TestSocketOpensAreSpaced(t *testing.T) {
	var pauses []time.Duration
	now := morning
	o := &opener{
		now: func() time.Time { return now },
		wait: func(_ context.Context, d time.Duration) error {
			pauses = append(pauses, d)
			now = now.Add(d)
			return nil
		},
		do: func(*http.Request) (*http.Response, error) { return nil, nil },
	}
	open := func(after time.Duration) {
		now = now.Add(after)
		_, _ = o.open(new(http.Request)) //nolint:bodyclose // there is no response
	}
	open(0)
	open(3 * time.Hour)
	for range 12 {
		open(time.Second)
	}
	open(3 * time.Minute)
	for range 3 { // Slack says hello each time, and stays for a while
		o.noteHello()
		open(100 * time.Second)
	}
	o.noteHello()
	open(9 * time.Second) // which is not for long
	open(100 * time.Second)
	o.noteHello()
	open(10 * time.Second)
	ms := time.Millisecond
	require.Equal(t, []time.Duration{
		0, 0,
		100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 12800 * ms, 25600 * ms, 51200 * ms, time.Minute, time.Minute,
		0,
		0, 0, 0,
		100 * ms, 200 * ms, 0,
	}, pauses)
}

// A connection that was good for a while is replaced at once, however often that happens.
func TestSocketReplacesGoodConnectionsAtOnce(t *testing.T) {
	b := newBench(t, plan{config: overSocket, hold: true})
	pauses := make(chan time.Duration, 10)
	b.wait = func(ctx context.Context, d time.Duration) error {
		pauses <- d
		return ctx.Err()
	}
	b.run()
	for n, lived := range []time.Duration{0, minStableTime, minStableTime} {
		require.NoError(t, b.slack.AwaitConnection(t.Context(), n+1))
		asked := b.slack.Type(ann, "/notewatch", "status") // so that the hello before it was heard
		b.deliver(asked)
		b.answer(asked)
		b.clock.forward(lived)
		b.slack.CutSockets()
	}
	require.NoError(t, b.slack.AwaitConnection(t.Context(), 4))
	for _, want := range []time.Duration{0, minPause, 0, 0} {
		require.Equal(t, want, <-pauses)
	}
}

// Another process on the same app is said once, until it is gone.
func TestSocketIsShared(t *testing.T) {
	const warning = "the Slack app has other connections"
	b := newBench(t, plan{config: overSocket})
	require.NoError(t, b.slack.AwaitConnection(t.Context(), 1))
	again := func(connections int) {
		b.slack.CutSockets()
		require.NoError(t, b.slack.AwaitConnection(t.Context(), connections))
		asked := b.slack.Type(ann, "/notewatch", "status") // so that the hello before it was heard
		b.deliver(asked)
		b.answer(asked)
	}
	b.slack.ShareApp(1)
	again(2)
	require.Equal(t, "2", b.count("socket_connections"))
	require.Equal(t, 1, strings.Count(b.log.String(), warning))
	again(3)
	require.Equal(t, 1, strings.Count(b.log.String(), warning))
	b.slack.ShareApp(0)
	again(4)
	require.Equal(t, "1", b.count("socket_connections"))
	b.slack.ShareApp(1)
	again(5)
	require.Equal(t, 2, strings.Count(b.log.String(), warning))
}

// Two processes that share an app each answer what comes to them, once.
func TestSocketOfTwoProcesses(t *testing.T) {
	one := newBench(t, plan{config: overSocket})
	require.NoError(t, one.slack.AwaitConnection(t.Context(), 1))
	other := newBench(t, plan{config: func(c *Config) {
		overSocket(c)
		c.APIURL = one.slack.URL
	}})
	require.NoError(t, one.slack.AwaitConnection(t.Context(), 2))
	asked := one.slack.Type(ann, "/notewatch", "status")
	one.deliver(asked) // on the newest connection
	require.Equal(t, "you typed status", one.answer(asked))
	require.Contains(t, other.log.String(), "the Slack app has other connections")
	one.stop()
	other.stop()
	require.Len(t, one.texts(), 1)
	require.Equal(t, "0", one.count(`requests_total{kind="command",result="answered"}`))
	require.Equal(t, "1", other.count(`requests_total{kind="command",result="answered"}`))
}

// Other processes that share the database may have connections too.
func TestSocketOfKnownProcesses(t *testing.T) {
	b := newBench(t, plan{config: func(c *Config) {
		overSocket(c)
		c.Processes = func(context.Context) int { return 2 }
	}})
	require.NoError(t, b.slack.AwaitConnection(t.Context(), 1))
	for i, shared := range []int{1, 2} {
		b.slack.ShareApp(shared)
		b.slack.CutSockets()
		require.NoError(t, b.slack.AwaitConnection(t.Context(), i+2))
		asked := b.slack.Type(ann, "/notewatch", "status") // so that the hello before it was heard
		b.deliver(asked)
		b.answer(asked)
		require.Equal(t, shared == 2, strings.Contains(b.log.String(), "the Slack app has other connections"))
	}
}

// When Slack refuses the token, that is said loudly, and tried again after a while; the rest goes on.
func TestSocketCredentials(t *testing.T) {
	for _, code := range []string{"invalid_auth", "token_revoked", "missing_scope", "not_allowed_token_type", "access_denied"} {
		t.Run(code, func(t *testing.T) {
			refused, again := make(chan struct{}), make(chan struct{})
			b := newBench(t, plan{hold: true})
			b.wait = func(ctx context.Context, d time.Duration) error {
				if d == refusedPause {
					close(refused)
					<-again
				}
				return ctx.Err()
			}
			b.slack.FailMethod("apps.connections.open", notifytest.Code(code))
			b.run()
			<-refused
			require.Contains(t, b.log.String(), "level=ERROR msg=\"Slack does not let the app connect")
			require.Contains(t, b.log.String(), code)
			require.Contains(t, b.log.String(), "NOTEWATCH_SLACK_APP_TOKEN")
			require.Equal(t, "0", b.count("socket_connected"))

			asked := b.slack.Type(ann, "/notewatch", "status")
			require.Equal(t, http.StatusOK, b.send(asked))
			require.Equal(t, "you typed status", b.answer(asked))

			close(again)
			asked = b.slack.Type(ann, "/notewatch", "status")
			b.deliver(asked)
			require.Equal(t, "you typed status", b.answer(asked))
		})
	}
}

// What is no command and no press is acknowledged, so that Slack does not send it again; what cannot be read is left out.
func TestSocketOddities(t *testing.T) {
	b := newBench(t, plan{config: overSocket})
	for _, odd := range []notifytest.Asked{
		{Kind: "interactive", Payload: []byte(`{"type":"view_submission"}`)},
		{Kind: "slash_commands", Payload: []byte(`{}`)},
		{Kind: "events_api", Payload: []byte(`{"type":"event_callback","event":{"type":"app_mention","user":"U1","text":"hi","channel":"C1"}}`)},
	} {
		b.deliver(odd)
	}
	for _, odd := range []notifytest.Asked{
		{Kind: "slash_commands", Payload: []byte(`"secret words"`)},
		{Kind: "interactive", Payload: []byte(`[]`)},
		{Kind: "unheard_of", Payload: []byte(`{}`)},
	} {
		require.NoError(t, b.slack.Deliver(t.Context(), b.slack.Envelope(odd)))
	}
	asked := b.slack.Type(ann, "/notewatch", "status")
	b.deliver(asked)
	b.answer(asked)
	require.Len(t, b.texts(), 1)
	require.Equal(t, 3, strings.Count(b.log.String(), "cannot be parsed"))
	require.NotContains(t, b.log.String(), "secret words")
}

// A message over the limit closes the connection; the next one is as good.
func TestSocketLongMessages(t *testing.T) {
	b := newBench(t, plan{config: overSocket})
	endless := b.slack.Type(ann, "/notewatch", strings.Repeat("x", maxMessage))
	_ = b.slack.Deliver(t.Context(), b.slack.Envelope(endless)) // which may be cut off
	require.NoError(t, b.slack.AwaitConnection(t.Context(), 2))
	long := b.slack.Type(ann, "/notewatch", strings.Repeat("x", 10_000))
	b.deliver(long)
	require.Contains(t, b.answer(long), "you typed xxx")
}
