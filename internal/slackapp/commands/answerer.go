package commands

import (
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
)

// A Config configures an [Answerer]. Functions return what may change when the settings are read again.
type Config struct {
	Bot      func() *bot.Bot
	Reader   func() *lookup.Reader
	Channels func() map[string]string // the channel IDs of receivers that post to Slack with a bot token, by their names
	Command  func() string            // what people type first, such as /notewatch
	Allow    func() Allow
	Slack    *slack.Client    // for calls with the bot token
	Machine  func() time.Time // clock of the cache of user groups
	Log      *slog.Logger
}

// Allow lists who may do what: IDs of users (U…, W…), of user groups (S…) and of channels (C…, G…, D…). A channel allows everyone who
// writes in it. An empty list is the default.
type Allow struct {
	Look   []string // by default everyone in the workspace
	Change []string // by default everyone who writes in a channel to which the alert is sent
}

// An Answerer answers commands and presses. It is safe for concurrent use.
type Answerer struct {
	config Config
	groups *groups
}

// New returns an Answerer.
func New(c Config) *Answerer {
	return &Answerer{config: c, groups: &groups{api: c.Slack, now: c.Machine, known: map[string]group{}}}
}
