package commands

import (
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
)

// A Config is what an [Answerer] works with. What may change when the settings are read again comes from functions.
type Config struct {
	Bot      func() *bot.Bot
	Desk     func() *lookup.Desk
	Channels func() map[string]string // the channel IDs of receivers that post to Slack with a bot token, by their names
	Command  func() string            // what people type first, such as /notewatch
	Allow    func() Allow
	Slack    *slack.Client    // calls with the bot token
	Machine  func() time.Time // of what is known of user groups for a while
	Log      *slog.Logger
}

// Allow says who may do what: IDs of users (U…, W…), of user groups (S…) and of channels (C…, G…, D…), which stand for
// everybody who writes in them. An empty list is the default.
type Allow struct {
	Look   []string // by default anybody in the workspace
	Change []string // by default whoever writes in a channel that is told of the alert
}

// An Answerer answers commands and presses. Several may be answered at once.
type Answerer struct {
	config Config
	groups *groups
}

// New returns an Answerer.
func New(c Config) *Answerer {
	return &Answerer{config: c, groups: &groups{api: c.Slack, now: c.Machine, known: map[string]group{}}}
}
