package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
	"notewatch/notify"
	"notewatch/notify/internal/message"
	"notewatch/notify/internal/post"
)

// A BotConfig configures a [Bot].
type BotConfig struct {
	Token   secret.Text       // of the bot, xoxb-…, with the scope chat:write
	Channel string            // ID
	Mention map[string]string // mention by level: <@U0123>, <!subteam^S0123>, <!here> or <!channel>
	Buttons bool              // below messages about firing alerts; for apps that answer presses
	APIURL  string            // "" means Slack's
	HTTP    *http.Client      // nil means one that uses the environment's proxy; redirects are never followed
}

// A Bot posts to a channel with a bot token. It updates its message for every change, and posts a new one if the message is gone or too
// old. It posts changes that people would miss otherwise to the thread of the message, and also the list of all alerts if the message does
// not show all. It mentions the configured people when an alert that is not muted fires or escalates. A reference is {"channel": …, "ts":
// …}.
type Bot struct {
	token   func() string // reveals it; a func, because fmt prints it as an address however the Bot is printed
	channel string
	mention map[string]string
	buttons bool
	api     string // "" means Slack's
	do      slackapi.Doer
	doing   string // for errors
	via     string // host and port of the proxy on the way; "" if there is none
}

// NewBot returns a receiver that posts to c.Channel.
func NewBot(c BotConfig) (*Bot, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("checking Slack channel %q: %w", c.Channel, err)
	}
	to, err := url.Parse(slackapi.Address(c.APIURL))
	if err != nil {
		return nil, errors.New("reading the address of Slack's API: the URL is not valid")
	}
	doing := fmt.Sprintf("posting to Slack channel %q", c.Channel)
	return &Bot{
		token: c.Token.Reveal, channel: c.Channel, mention: maps.Clone(c.Mention), buttons: c.Buttons,
		api: c.APIURL, do: slackapi.NewDoer(c.HTTP), doing: doing, via: proxy.Of(to),
	}, nil
}

// Validate returns the problems of c. Its errors do not quote the token.
func (c BotConfig) Validate() error {
	token := c.Token.Reveal()
	switch {
	case token == "":
		return errors.New("the bot token is missing")
	case strings.HasPrefix(token, "xapp-"):
		return errors.New("the token is an app-level token (xapp-): give the bot token (xoxb-)")
	case strings.ContainsAny(token, " \t\r\n"):
		return errors.New("the bot token contains white space")
	case c.Channel == "":
		return errors.New("the channel is missing")
	}
	if err := checkMentions(c.Mention); err != nil {
		return err
	}
	if c.APIURL == "" {
		return nil
	}
	if _, err := post.ParseURL(secret.New(c.APIURL)); err != nil {
		return fmt.Errorf("reading the address of Slack's API: %w", err)
	}
	return nil
}

// A handle is the place of a message. The zero handle is no message.
type handle struct {
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	Unlisted bool   `json:"unlisted,omitempty"` // its thread does not yet have the list of all alerts
}

// handleOf reads ref. A reference that is not ours is no message: a second message is better than none.
func handleOf(ref notify.Ref) handle {
	var at handle
	if len(ref) == 0 || json.Unmarshal(ref, &at) != nil || at.Channel == "" || at.TS == "" {
		return handle{}
	}
	return at
}

// Place returns the channel and the timestamp of the message that a reference of a [Bot] refers to. ok is false if it refers to no message.
func Place(ref notify.Ref) (channel, ts string, ok bool) {
	at := handleOf(ref)
	return at.Channel, at.TS, at != (handle{})
}

// Proxy returns the host and port of the proxy on the way; "" if there is none.
func (s *Bot) Proxy() string { return s.via }

// Send shows n in the message that ref refers to, or in a new one if that is gone and n is not quiet. A layout that Slack refuses is sent
// again at once without its chart, and then as plain text. A reply in the thread belongs to the attempt, unless Slack will never accept it;
// the message itself then has the change.
func (s *Bot) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, post.Timeout)
	defer cancel()
	at := handleOf(ref)
	if at == (handle{}) {
		return s.post(ctx, n, ref)
	}
	err := s.show(ctx, n, at)
	switch {
	case isGone(err):
		return s.post(ctx, n, ref)
	case err == nil && n.Quiet:
		return json.Marshal(at)
	case err == nil:
		err = s.note(ctx, n, at)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(s.list(ctx, n, at))
}

// isGone reports whether an update failed because the message can no longer be updated, or because its channel is no longer valid: the
// configured channel may be another one by now.
func isGone(err error) bool {
	refusal, ok := errors.AsType[*slackapi.Error](err)
	return ok && (refusal.Kind == slackapi.Lost || refusal.Kind == slackapi.Target)
}

// post shows n in a new message. It returns ErrSkipped if n is quiet.
func (s *Bot) post(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	if n.Quiet {
		return ref, notify.ErrSkipped
	}
	message := s.message(n, mentions(s.mention, n.Alerts))
	var at handle
	err := inTurn(message.layouts(), func(m content) (err error) {
		at, err = s.call(ctx, n, func(ctx context.Context, api *slack.Client) (string, string, error) {
			return api.PostMessageContext(ctx, s.channel, m.options()...)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	at.Unlisted = message.hidden
	return json.Marshal(s.list(ctx, n, at))
}

// message returns the content for all of n, with its buttons.
func (s *Bot) message(n notify.Notification, mention string) content {
	m := newContent(n, n.Alerts, mention)
	if s.buttons {
		m.buttons = buttonsOf(n)
	}
	return m
}

// show updates the message at at.
func (s *Bot) show(ctx context.Context, n notify.Notification, at handle) error {
	return inTurn(s.message(n, "").layouts(), func(m content) error {
		_, err := s.call(ctx, n, func(ctx context.Context, api *slack.Client) (string, string, error) {
			channel, ts, _, err := api.UpdateMessageContext(ctx, at.Channel, at.TS, m.options()...)
			return channel, ts, err
		})
		return err
	})
}

// list posts all alerts to the thread of the message at at, if the thread does not have them yet. The message is already posted and says
// how to see them, so after an error only the next Send tries again.
func (s *Bot) list(ctx context.Context, n notify.Notification, at handle) handle {
	if at.Unlisted {
		err := inTurn(fullList(n).layouts(), func(m content) error { return s.reply(ctx, n, at, m.options()) })
		at.Unlisted = shouldRetry(err)
	}
	return at
}

// note posts the changes to the thread of the message at at, if they deserve a note.
func (s *Bot) note(ctx context.Context, n notify.Notification, at handle) error {
	note, ok := noteAbout(n)
	if !ok {
		return nil
	}
	options := content{text: message.JoinWords(mentions(s.mention, note.calls), note.text)}.options()
	if note.broadcast {
		options = append(options, slack.MsgOptionBroadcast())
	}
	if err := s.reply(ctx, n, at, options); shouldRetry(err) {
		return err
	}
	return nil
}

// reply posts to the thread of the message at at.
func (s *Bot) reply(ctx context.Context, n notify.Notification, at handle, options []slack.MsgOption) error {
	_, err := s.call(ctx, n, func(ctx context.Context, api *slack.Client) (string, string, error) {
		return api.PostMessageContext(ctx, at.Channel, append(options, slack.MsgOptionTS(at.TS))...)
	})
	return err
}

// inTurn sends layouts until one is not refused because of its form.
func inTurn(layouts []content, send func(content) error) (err error) {
	for _, m := range layouts {
		err = send(m)
		if e, ok := errors.AsType[*notify.Error](err); !ok || e.Class != notify.Payload {
			return err
		}
	}
	return err
}

// shouldRetry reports whether a reply that failed with err should be retried. A reply that Slack rejects for a reason that is not known to pass is
// dropped, because it would block all later messages.
func shouldRetry(err error) bool {
	if refusal, ok := errors.AsType[*slackapi.Error](err); ok {
		return refusal.Kind.Passes()
	}
	e, ok := errors.AsType[*notify.Error](err)
	return ok && e.Class == notify.Temporary
}
