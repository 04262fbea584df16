package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/slack-go/slack"

	"notewatch/internal/secret"
)

// A SlackConfig says where a [Slack] posts.
type SlackConfig struct {
	Token   secret.Text  // of the bot, xoxb-…, with the scope chat:write
	Channel string       // ID
	APIURL  string       // "" is Slack's
	HTTP    *http.Client // nil is one that uses the environment's proxy; redirects are not followed in any case
}

// A Slack posts to a channel with a bot token. What it posted it updates for every change, and posts afresh when the
// message is gone or too old. A reference is {"channel": …, "ts": …}.
type Slack struct {
	token   func() string // reveals it; however a Slack is printed, a func prints as an address
	channel string
	api     string // ends in a slash
	client  *http.Client
	doing   string // for errors
}

// NewSlack returns a receiver that posts to c.Channel.
func NewSlack(c SlackConfig) (*Slack, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("checking Slack channel %q: %w", c.Channel, err)
	}
	client := newClient(plainDialer(), http.ProxyFromEnvironment)
	if c.HTTP != nil {
		clone := *c.HTTP
		clone.CheckRedirect = refuseRedirect
		client = &clone
	}
	api := slack.APIURL
	if c.APIURL != "" {
		api = strings.TrimRight(c.APIURL, "/") + "/"
	}
	doing := fmt.Sprintf("posting to Slack channel %q", c.Channel)
	return &Slack{token: c.Token.Reveal, channel: c.Channel, api: api, client: client, doing: doing}, nil
}

// Validate returns what is wrong with c. Its errors do not quote the token.
func (c SlackConfig) Validate() error {
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
	if c.APIURL == "" {
		return nil
	}
	if _, _, err := parseURL(secret.New(c.APIURL)); err != nil {
		return fmt.Errorf("reading the address of Slack's API: %w", err)
	}
	return nil
}

// A slackRef is where a message is. The zero slackRef is nowhere.
type slackRef struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// Send shows n in the message that ref refers to, or in a new one if there is none any more. A layout that Slack refuses
// is sent again at once as plain text.
func (s *Slack) Send(ctx context.Context, n Notification, ref Ref) (Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var at slackRef
	if len(ref) > 0 && json.Unmarshal(ref, &at) != nil {
		at = slackRef{} // not ours: better a second message than none
	}
	message := newSlackMessage(n.Alerts)
	shown, err := s.show(ctx, n, at, message)
	if e, ok := errors.AsType[*Error](err); ok && e.Class == Payload {
		shown, err = s.show(ctx, n, at, message.plain())
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(shown)
}

// show updates the message at at, or posts a new one if it cannot be updated any more or its channel is no good any more:
// the configured channel may be another one by now.
func (s *Slack) show(ctx context.Context, n Notification, at slackRef, m slackMessage) (slackRef, error) {
	if at.Channel == "" || at.TS == "" {
		return s.call(ctx, n, slackRef{}, m)
	}
	shown, err := s.call(ctx, n, at, m)
	refusal, ok := errors.AsType[*slackError](err)
	if ok && (refusal.kind == slackLost || refusal.kind == slackTarget) {
		return s.call(ctx, n, slackRef{}, m)
	}
	return shown, err
}

// call makes one call: chat.update of what is at at, or chat.postMessage if that is nowhere. The error is an *Error.
func (s *Slack) call(ctx context.Context, n Notification, at slackRef, m slackMessage) (slackRef, error) {
	ctx, sent := traceSent(ctx)
	exchange := &slackExchange{client: s.client}
	api := slack.New(s.token(), slack.OptionHTTPClient(exchange), slack.OptionAPIURL(s.api))
	var shown slackRef
	var err error
	if at.TS == "" {
		shown.Channel, shown.TS, err = api.PostMessageContext(ctx, s.channel, m.options()...)
	} else {
		shown.Channel, shown.TS, _, err = api.UpdateMessageContext(ctx, at.Channel, at.TS, m.options()...)
	}
	if err == nil && shown.Channel != "" && shown.TS != "" {
		return shown, nil
	}
	return slackRef{}, s.failure(n, exchange.answer, err, sent.Load())
}

// failure makes an *Error of a call that did not work. The library's error alone would not do: it hides the header
// Retry-After, and its text may repeat what the other side wrote.
func (s *Slack) failure(n Notification, got answer, err error, sent bool) *Error {
	switch {
	case got.status == 0:
		return noAnswer(s.doing, err, sent)
	case got.status != http.StatusOK:
		return refusal(s.doing, got, n.Sent)
	}
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return failedCode(s.doing, newSlackError(refused.Err), got, n)
	}
	// Cut short, not JSON, or neither ok nor an error.
	return &Error{
		Class: Temporary, Status: got.status, Uncertain: true,
		Err: fmt.Errorf("%s: reading the answer: %w", s.doing, causeOf(err)),
	}
}

// failedCode makes an *Error of an error code.
func failedCode(doing string, refused *slackError, got answer, n Notification) *Error {
	e := &Error{
		Class: refused.kind.class(), Status: got.status, Uncertain: refused.kind == slackUncertain,
		Err: fmt.Errorf("%s: %w", doing, refused),
	}
	if e.Class == Temporary {
		e.RetryAfter = retryAfter(got.header, n.Sent)
	}
	return e
}

// options are the arguments of a call. All three of text, blocks and attachments are given each time: an update leaves
// what is not given as it was.
func (m slackMessage) options() []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(m.text, false), // escaped
		slack.MsgOptionBlocks(m.blocks...),
		slack.MsgOptionAttachments(append([]slack.Attachment{}, m.attachments...)...),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionParse(false),
		slack.MsgOptionLinkNames(false),
	}
}

// maxSlackAnswer bounds an answer in bytes; it repeats the message.
const maxSlackAnswer = 1 << 20

// A slackExchange is the HTTP client of one call. It keeps what the library does not tell.
type slackExchange struct {
	client *http.Client
	answer answer
}

// Do makes the request and bounds the answer.
func (e *slackExchange) Do(req *http.Request) (*http.Response, error) {
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	e.answer = answer{status: resp.StatusCode, header: resp.Header}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxSlackAnswer), resp.Body}
	return resp, nil
}
