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
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
)

// A Config is what an [App] works with.
type Config struct {
	OnCommand func(context.Context, Command) Reply // returns the answer to a command
	OnPress   func(context.Context, Press) Reply   // does what a button is for, and returns what to say about it
	// Take notes that a request is taken, and reports whether no process has taken it before. nil is that there is one process.
	Take func(ctx context.Context, request string) (first bool, err error)
	// Processes counts those that use the same app. nil is one.
	Processes func(context.Context) int

	BotToken      secret.Text // xoxb-…
	AppToken      secret.Text // xapp-…, for Socket Mode; "" is none
	SigningSecret secret.Text // of requests over HTTP; "" takes none
	APIURL        string      // "" is Slack's

	HTTP    *http.Client     // nil is one that uses the environment's proxy; redirects are not followed in any case
	Machine func() time.Time // of signatures and of what is remembered for a while
	Metrics *metrics.Metrics // nil counts nothing
	Log     *slog.Logger
}

// An App takes commands and presses, and sends the answers.
type App struct {
	config   Config
	made     time.Time // on the machine clock
	do       slackapi.Doer
	api      *slack.Client
	home     *home
	seen     *memory
	jobs     *pool
	refusals *pool    // told to those whom jobs has no room for
	warned   sync.Map // reasons of refusals that were logged
	wait     func(context.Context, time.Duration) error
}

// New returns an App. It refuses a configuration that [Config.Validate] refuses.
func New(c Config) (*App, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	do := slackapi.NewDoer(timed(c.HTTP))
	api := slackapi.New(c.APIURL, c.BotToken, c.AppToken, do)
	return &App{
		config: c,
		made:   c.Machine(), do: do, api: api,
		home: &home{api: api},
		seen: newMemory(c.Machine),
		jobs: newPool(queued), refusals: newPool(queued),
		wait: wait,
	}, nil
}

// callTime is how long one call to Slack may take.
const callTime = 10 * time.Second

// timed returns a client, nil or not, with a timeout.
func timed(given *http.Client) *http.Client {
	client := new(http.Client)
	if given != nil {
		*client = *given
	}
	client.Timeout = cmp.Or(client.Timeout, callTime)
	return client
}

// Validate returns what is wrong with the tokens and the signing secret. Its errors quote none of them.
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

// Run answers until ctx is done, and what has come by then a little longer. Requests that [App.Handler] has taken before wait
// for it. It is called once.
func (a *App) Run(ctx context.Context) {
	lingering, cancel := linger(ctx, drainTime)
	defer cancel()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { a.jobs.work(lingering) })
	}
	all.Go(func() { a.refusals.work(lingering) })
	a.config.Metrics.ServeSlack(!a.config.AppToken.IsZero())
	if _, _, err := a.home.learn(ctx); err != nil && ctx.Err() == nil {
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

// wait lets time pass, unless ctx is done before.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// A Person is who asks.
type Person struct {
	ID   string // U… or W…
	Name string // may be ""
}

// String is how it is written down who did something: by the name, which people may change and share, and the ID; by the ID
// alone if the name is not known.
func (p Person) String() string {
	if p.Name != "" {
		return p.Name + " (" + p.ID + ")"
	}
	return p.ID
}

// A Command is what a person typed.
type Command struct {
	Person  Person
	Channel string // ID of where
	Text    string // without the word that it begins with
}

// A Press is a button that a person pressed, or an option that they chose.
type Press struct {
	Person      Person
	Channel, TS string // of the message with the button
	Action      string // its action_id
	Value       string // of the button or of the option
}

// A Reply is an answer. One without a text says nothing.
type Reply struct {
	Text   string        // mrkdwn; with blocks, what notifications and screen readers have of them
	Blocks []slack.Block // none: the text alone
	Public bool          // for everybody in the channel, not just for the person
	Failed bool          // it says why nothing was done
}
