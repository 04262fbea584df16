package slackapp

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"notewatch/internal/metrics"
	"notewatch/internal/pause"
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
)

// A Config configures an [App].
type Config struct {
	OnCommand func(context.Context, Command) Reply // returns the answer to a command
	OnPress   func(context.Context, Press) Reply   // carries out a press, and returns the reply
	// Take records that a request is taken, and reports whether no process has taken it before. nil means that there is one process.
	Take func(ctx context.Context, request string) (first bool, err error)
	// Processes counts the processes that use the same app. nil means one.
	Processes func(context.Context) int

	BotToken      secret.Text // xoxb-…
	AppToken      secret.Text // xapp-…, for Socket Mode; "" means none
	SigningSecret secret.Text // of requests over HTTP; "" accepts none
	APIURL        string      // "" means Slack's

	HTTP    *http.Client     // nil means one that uses the environment's proxy; redirects are never followed
	Machine func() time.Time // clock for checking signatures and for forgetting old requests
	Metrics *metrics.Metrics // nil counts nothing
	Log     *slog.Logger
}

// An App receives commands and presses, and sends the answers.
type App struct {
	config    Config
	made      time.Time // on the machine clock
	do        slackapi.Doer
	api       *slack.Client
	workspace *workspace
	seen      *memory
	jobs      *pool
	refusals  *pool    // sends answers when jobs is full
	warned    sync.Map // reasons of refusals that were logged
	wait      func(context.Context, time.Duration) error
}

// New returns an App, or the error of [Config.Validate].
func New(c Config) (*App, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	do := slackapi.NewDoer(timed(c.HTTP))
	api := slackapi.New(c.APIURL, c.BotToken, c.AppToken, do)
	return &App{
		config: c,
		made:   c.Machine(), do: do, api: api,
		workspace: &workspace{api: api},
		seen:      newMemory(c.Machine),
		jobs:      newPool(queued), refusals: newPool(queued),
		wait: pause.For,
	}, nil
}

// callTime is the time limit of one call to Slack.
const callTime = 10 * time.Second

// timed returns a client like given, which may be nil, with a timeout.
func timed(given *http.Client) *http.Client {
	client := new(http.Client)
	if given != nil {
		*client = *given
	}
	client.Timeout = cmp.Or(client.Timeout, callTime)
	return client
}

// Validate returns the problems of the tokens and the signing secret. Its errors quote none of them.
func (c Config) Validate() error {
	switch {
	case c.BotToken.IsZero():
		return errors.New("commands and buttons in Slack need the bot token too: set NOTEWATCH_SLACK_BOT_TOKEN to the xoxb- token of the app")
	case c.AppToken.IsZero() && c.SigningSecret.IsZero():
		return errors.New("commands and buttons in Slack need NOTEWATCH_SLACK_APP_TOKEN (Socket Mode) or NOTEWATCH_SLACK_SIGNING_SECRET (HTTP)")
	case !c.SigningSecret.IsZero() && strings.TrimSpace(c.SigningSecret.Reveal()) == "":
		return errors.New("NOTEWATCH_SLACK_SIGNING_SECRET is blank")
	}
	return nil
}

// Client returns a client of Slack for calls with the bot token.
func (c Config) Client() *slack.Client {
	return slackapi.New(c.APIURL, c.BotToken, c.AppToken, slackapi.NewDoer(timed(c.HTTP)))
}

// Run answers until ctx is done, and then what has come by then, for a little longer. Requests that [App.Handler] took before wait for it.
// Call it once.
func (a *App) Run(ctx context.Context) {
	lingering, cancel := extendContext(ctx, drainTime)
	defer cancel()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { a.jobs.work(lingering) })
	}
	all.Go(func() { a.refusals.work(lingering) })
	a.config.Metrics.ServeSlack(!a.config.AppToken.IsZero())
	if _, _, err := a.workspace.learn(ctx); err != nil && ctx.Err() == nil {
		a.config.Log.Error("asking Slack whose bot this is; commands and buttons are not answered until it says so", "err", err)
	}
	if !a.config.AppToken.IsZero() {
		a.listenOn(ctx)
	}
	<-ctx.Done()
	a.jobs.close()
	a.refusals.close()
	all.Wait()
}

// A Person is the sender of a request.
type Person struct {
	ID   string // U… or W…
	Name string // may be ""
}

// String returns the name, which people may change and share, with the ID; or the ID alone if the name is not known. It is used in records
// of who did something.
func (p Person) String() string {
	if p.Name != "" {
		return p.Name + " (" + p.ID + ")"
	}
	return p.ID
}

// A Command is a typed command.
type Command struct {
	Person  Person
	Channel string // ID of the channel
	Text    string // without the command itself
}

// A Press is a pressed button, or a chosen option.
type Press struct {
	Person      Person
	Channel, TS string // of the message with the button
	Action      string // its action_id
	Value       string // of the button or of the option
}

// A Reply is an answer. Without a text, nothing is sent.
type Reply struct {
	Text   string        // mrkdwn; if there are blocks, the text for notifications and screen readers
	Blocks []slack.Block // empty: only the text
	Public bool          // for everyone in the channel, not only for the person
	Failed bool          // the request was refused or failed
}
