package slackapp

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/metrics"
	"notewatch/internal/secret"
	"notewatch/notify/notifytest"
)

const signingSecret = "0123456789abcdef0123456789abcdef"

var (
	ann     = notifytest.Asker{ID: "U0000000ANN", Name: "ann", Channel: "C0000000001"}
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
)

// A bench is an App at work against a Slack that is played.
type bench struct {
	*App
	t     *testing.T
	slack *notifytest.Slack
	log   *journal
	web   *httptest.Server
	clock *clock
	stop  func() // stops the App and waits for it
}

// A plan is how an App on a bench is made.
type plan struct {
	config  func(*Config)
	command func(context.Context, Command) Reply // nil repeats the text
	press   func(context.Context, Press) Reply   // nil repeats the value
	hold    bool                                 // do not run it yet
}

func newBench(t *testing.T, p plan) *bench {
	t.Helper()
	b := &bench{t: t, slack: notifytest.NewSlack(), log: newJournal(), clock: &clock{now: morning}}
	t.Cleanup(b.slack.Close)
	config := Config{
		BotToken: secret.New("xoxb-1"), AppToken: secret.New("xapp-1"), SigningSecret: secret.New(signingSecret),
		APIURL: b.slack.URL, Machine: b.clock.read, Metrics: metrics.New("test"),
		Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if p.config != nil {
		p.config(&config)
	}
	if p.command == nil {
		p.command = func(_ context.Context, c Command) Reply { return Reply{Text: "you typed " + c.Text} }
	}
	if p.press == nil {
		p.press = func(_ context.Context, p Press) Reply { return Reply{Text: "you pressed " + p.Action + " " + p.Value} }
	}
	var err error
	config.OnCommand, config.OnPress = p.command, p.press
	b.App, err = New(config)
	require.NoError(t, err)
	b.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	b.web = httptest.NewServer(b.Handler())
	t.Cleanup(b.web.Close)
	if !p.hold {
		b.run()
	}
	return b
}

func (b *bench) run() {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	b.stop = func() {
		cancel()
		<-done
	}
	b.t.Cleanup(b.stop)
}

// send makes a signed request of what was asked and returns the status that it is answered with.
func (b *bench) send(asked notifytest.Asked, forge ...func(*http.Request)) int {
	b.t.Helper()
	req, err := asked.Request(b.t.Context(), b.web.URL, signingSecret, b.clock.read())
	require.NoError(b.t, err)
	for _, f := range forge {
		f(req)
	}
	resp, err := b.web.Client().Do(req)
	require.NoError(b.t, err)
	require.NoError(b.t, resp.Body.Close())
	return resp.StatusCode
}

// deliver sends what was asked over the socket and waits until it is acknowledged.
func (b *bench) deliver(asked notifytest.Asked) {
	b.t.Helper()
	e := b.slack.Envelope(asked)
	require.NoError(b.t, b.slack.Deliver(b.t.Context(), e))
	require.NoError(b.t, b.slack.AwaitAck(b.t.Context(), e))
}

// answer waits for what was asked to be answered.
func (b *bench) answer(asked notifytest.Asked) string {
	b.t.Helper()
	answer, err := b.slack.AwaitAnswer(b.t.Context(), asked.ResponseURL)
	require.NoError(b.t, err)
	return answer.Text
}

// texts are all answers so far.
func (b *bench) texts() (texts []string) {
	for _, answer := range b.slack.Answers() {
		texts = append(texts, answer.Text)
	}
	return texts
}

// count returns the value of a series.
func (b *bench) count(series string) string {
	response := httptest.NewRecorder()
	b.config.Metrics.Handler(b.config.Log).ServeHTTP(response, httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(response.Body.String()) {
		if value, ok := strings.CutPrefix(line, "notewatch_slack_"+series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return "none"
}

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A journal keeps what was logged.
type journal struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed at the next line
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.changed)
	j.changed = make(chan struct{})
	return j.text.Write(p)
}

// await waits until something was logged.
func (j *journal) await(ctx context.Context, text string) error {
	for {
		j.mu.Lock()
		found, changed := strings.Contains(j.text.String(), text), j.changed
		j.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
