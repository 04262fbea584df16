// Package slackapp answers what people send from Slack: commands that they type and buttons that they press.
//
// They come over Socket Mode or as HTTP requests. Either way they are acknowledged at once, so that Slack waits for
// nothing, and answered afterwards through the URL that came with them. What comes twice has one effect, also if it comes to two processes:
// Slack sends an envelope to any connection, and again to another one if it is not acknowledged, and a balancer sends requests anywhere.
// So each process remembers what it has taken (memory), and before it answers it asks the store whether another one has (Config.Take).
// The store also settles what different people press at once. All else in memory are caches of what Slack says.
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

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/metrics"
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
)

// A Config is what an [App] works with. What may change when the settings are read again comes from functions.
type Config struct {
	Bot      func() *bot.Bot
	Desk     func() *lookup.Desk
	Channels func() map[string]string // the channel IDs of receivers that post to Slack with a bot token, by their names
	Command  func() string            // what people type first, such as /notewatch
	Allow    func() Allow
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

// Allow says who may do what: IDs of users (U…, W…), of user groups (S…) and of channels (C…, G…, D…), which stand for
// everybody who writes in them. An empty list is the default.
type Allow struct {
	Look   []string // by default anybody in the workspace
	Change []string // by default whoever writes in a channel that is told of the alert
}

// An App answers commands and buttons.
type App struct {
	Config
	onCommand func(context.Context, Command) Reply
	onPress   func(context.Context, Press) Reply

	made     time.Time // on the machine clock
	do       slackapi.Doer
	api      *slack.Client
	home     *home
	groups   *groups
	seen     *memory
	jobs     *pool
	refusals *pool    // told to those whom jobs has no room for
	warned   sync.Map // reasons of refusals that were logged
	wait     func(context.Context, time.Duration) error
}

// New returns an App. It refuses a configuration that [Config.Validate] refuses.
func New(c Config) (*App, error) {
	a, err := newApp(c, nil, nil)
	if err != nil {
		return nil, err
	}
	a.onCommand, a.onPress = a.answer, a.press
	return a, nil
}

// newApp returns an App that answers with the two functions.
func newApp(c Config, onCommand func(context.Context, Command) Reply, onPress func(context.Context, Press) Reply) (*App, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	do := slackapi.NewDoer(timed(c.HTTP))
	api := slackapi.New(c.APIURL, c.BotToken, c.AppToken, do)
	return &App{
		Config: c, onCommand: onCommand, onPress: onPress,
		made: c.Machine(), do: do, api: api,
		home:   &home{api: api},
		groups: &groups{api: api, now: c.Machine, known: map[string]group{}},
		seen:   newMemory(c.Machine),
		jobs:   newPool(queued), refusals: newPool(queued),
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
	a.Metrics.ServeSlack(!a.AppToken.IsZero())
	if _, _, err := a.home.learn(ctx); err != nil && ctx.Err() == nil {
		a.Log.Error("asking Slack whose bot this is; commands and buttons are not answered until it says so", "err", err)
	}
	if !a.AppToken.IsZero() {
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
// alone if the name is not known. [bot.Name] returns the name.
func (p Person) String() string {
	if p.Name != "" {
		return p.Name + " (" + p.ID + ")"
	}
	return p.ID
}

// A Command is what a person typed.
type Command struct {
	Person
	Channel string // ID of where
	Text    string // without the word that it begins with
}

// A Press is a button that a person pressed, or an option that they chose.
type Press struct {
	Person
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
