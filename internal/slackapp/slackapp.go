// Package slackapp answers what people send from Slack: commands that they type and buttons that they press.
//
// They come over Socket Mode or as HTTP requests. Either way they are acknowledged at once, so that Slack waits for
// nothing, and answered afterwards through the URL that came with them. What comes twice has one effect.
package slackapp

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/slack-go/slack"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/metrics"
	"notewatch/internal/secret"
)

// A Config is what an [App] works with. What may change when the settings are read again comes from functions.
type Config struct {
	Bot      func() *bot.Bot
	Desk     func() *lookup.Desk
	Channels func() map[string]string // the channel IDs of receivers that post to Slack with a bot token, by their names
	Command  func() string            // what people type first, such as /notewatch
	Allow    func() Allow

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
	groups *groups
}

// A Person is who asks.
type Person struct {
	ID   string // U… or W…
	Name string // may be ""
}

// String returns the name, or the ID of a person whose name is not known.
func (p Person) String() string {
	if p.Name != "" {
		return p.Name
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
