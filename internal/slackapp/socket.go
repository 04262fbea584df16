package slackapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"notewatch/internal/proxy"
	"notewatch/internal/slackapi"
)

const (
	// maxMessage is the maximum number of bytes of one message over a socket.
	maxMessage = 1 << 20
	// ackTime is how long Slack waits for an acknowledgement.
	ackTime = 3 * time.Second
	// refusedPause is the time between two attempts to connect when Slack has refused the token. The refusal may have been a mistake of
	// Slack, or someone may allow the app.
	refusedPause = 10 * time.Minute
)

// A socket is one run of Socket Mode, with one connection after another.
type socket struct {
	app    *App
	client *socketmode.Client
	opener *opener
	end    context.CancelCauseFunc
	shared bool // it was logged that other connections of the app exist
}

// listenOn receives requests over Socket Mode until ctx is done.
func (a *App) listenOn(ctx context.Context) {
	for a.listen(ctx); ctx.Err() == nil; a.listen(ctx) {
		if a.wait(ctx, refusedPause) != nil {
			return
		}
	}
}

// listen receives requests over Socket Mode until ctx is done, or until Slack refuses the token.
func (a *App) listen(ctx context.Context) {
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	opener := &opener{do: a.do, now: a.config.Machine, wait: a.wait}
	client := socketmode.New(slackapi.New(a.config.APIURL, a.config.BotToken, a.config.AppToken, opener.open), socketmode.OptionReadLimit(maxMessage))
	s := &socket{app: a, client: client, opener: opener, end: end}
	var events sync.WaitGroup
	events.Go(func() { s.follow(running) })
	err := s.client.RunContext(running)
	if cause := context.Cause(running); cause != nil {
		err = cause
	}
	end(nil)
	events.Wait()
	a.config.Metrics.SocketClosed()
	if ctx.Err() == nil {
		a.config.Log.Error("Slack does not let the app connect, so that commands and buttons do nothing: check NOTEWATCH_SLACK_APP_TOKEN, "+
			"an app-level token with the scope connections:write, and start notewatch again", "err", slackapi.Explain(err), "again_after", refusedPause)
	}
}

// follow handles the events of the connections.
func (s *socket) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-s.client.Events:
			if ctx.Err() == nil { // otherwise they are about the end
				s.on(ctx, event)
			}
		}
	}
}

func (s *socket) on(ctx context.Context, event socketmode.Event) {
	switch event.Type {
	case socketmode.EventTypeConnecting:
		s.app.config.Metrics.SocketClosed()
	case socketmode.EventTypeHello:
		s.hello(ctx, event.Request.NumConnections)
	case socketmode.EventTypeConnectionError:
		s.failed(event.Data)
	case socketmode.EventTypeErrorBadMessage:
		s.app.config.Log.Error("ignoring a message from Slack that cannot be parsed")
	case socketmode.EventTypeSlashCommand:
		s.envelope(ctx, event.Request, s.app.commandInJSON)
	case socketmode.EventTypeInteractive:
		s.envelope(ctx, event.Request, s.app.pressInJSON)
	case socketmode.EventTypeEventsAPI:
		s.acknowledge(ctx, event.Request.EnvelopeID)
	}
}

// hello records that there is a connection. If the app has more connections than processes, one of them has another database, or was lost
// and Slack does not know it yet.
func (s *socket) hello(ctx context.Context, connections int) {
	s.opener.noteHello()
	s.app.config.Metrics.SocketOpened(connections)
	s.app.config.Log.Info("connected to Slack", "connections", connections)
	shared := connections > 1 && (s.app.config.Processes == nil || connections > s.app.config.Processes(ctx))
	if shared && !s.shared {
		s.app.config.Log.Warn("the Slack app has other connections: Slack sends commands and presses to any one of them, so that some may go "+
			"unanswered. If a process with another database uses the same app-level token, end it or give it an app of its own. A connection "+
			"that was lost disappears by itself", "connections", connections)
	}
	s.shared = shared
}

// failed records that there is no connection, and ends the run if Slack has refused the token. slack-go recognizes only some of its codes.
func (s *socket) failed(data any) {
	failure, ok := data.(*slack.ConnectionErrorEvent)
	if !ok {
		return
	}
	refused, ok := errors.AsType[slack.SlackErrorResponse](failure.ErrorObj)
	if ok && slackapi.NewError(refused.Err).Kind == slackapi.Credential {
		s.end(failure.ErrorObj)
		return
	}
	s.app.config.Log.Warn("connecting to Slack; it will be tried again", "err", named(slackapi.Explain(failure.ErrorObj), proxy.Of(socketURL)),
		"after", failure.Backoff)
}

// socketURL is the address to which Slack has apps connect, as a proxy sees it.
var socketURL = &url.URL{Scheme: "https", Host: "wss-primary.slack.com"}

// named returns err with the proxy on the way; "" means none. The library does not report a proxy's answer for a socket.
func named(err error, via string) error {
	if via == "" || errors.As(err, new(*proxy.Error)) {
		return err
	}
	return fmt.Errorf("through proxy %s, which has to allow %s: %w", via, socketURL.Host, err)
}

// envelope acknowledges an envelope and queues its content.
func (s *socket) envelope(ctx context.Context, e *socketmode.Request, read func([]byte) (request, error)) {
	s.acknowledge(ctx, e.EnvelopeID)
	asked, err := read(e.Payload)
	if err != nil {
		s.app.config.Log.Debug("Slack sent something other than a command or a press")
		return
	}
	if asked.id == "" {
		asked.id = e.EnvelopeID
	}
	s.app.take(asked)
}

// acknowledge acknowledges an envelope to Slack. If the connection is gone, the answer is still sent another way.
func (s *socket) acknowledge(ctx context.Context, envelope string) {
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	if err := s.client.AckCtx(ctx, envelope, nil); err != nil && !errors.Is(err, context.Canceled) {
		s.app.config.Log.Warn("acknowledging a request from Slack", "err", err)
	}
}

// An opener makes the calls that open connections. It makes the first one after a while, or after a good connection, at once. It delays
// others, because slack-go asks for a new connection as soon as one is closed, even if Slack closes each at once.
type opener struct {
	do   slackapi.Doer
	now  func() time.Time
	wait func(context.Context, time.Duration) error

	last  time.Time
	pause time.Duration

	mu      sync.Mutex
	helloAt time.Time // when Slack said hello since the last call; zero if it did not
}

const (
	minPause      = 100 * time.Millisecond
	maxPause      = time.Minute
	minStableTime = 10 * time.Second // shortest life of a good connection
)

// noteHello records that Slack has said hello.
func (o *opener) noteHello() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.helloAt = o.now()
}

// wasStable reports whether there was a good connection since the last call. Each call asks once.
func (o *opener) wasStable() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	lived := !o.helloAt.IsZero() && o.now().Sub(o.helloAt) >= minStableTime
	o.helloAt = time.Time{}
	return lived
}

// open makes a call.
func (o *opener) open(req *http.Request) (*http.Response, error) {
	if o.wasStable() || o.last.IsZero() || o.now().Sub(o.last) > 2*maxPause {
		o.pause = 0
	} else {
		o.pause = min(max(2*o.pause, minPause), maxPause)
	}
	if err := o.wait(req.Context(), o.pause); err != nil {
		return nil, err
	}
	o.last = o.now()
	return o.do(req)
}
