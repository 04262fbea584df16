package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
)

// call makes one call, which returns where the message is. The error is an *Error.
func (s *Slack) call(
	ctx context.Context, n Notification, do func(context.Context, *slack.Client) (channel, ts string, err error),
) (slackRef, error) {
	ctx, left := proxy.Track(ctx)
	exchange := &slackExchange{client: s.client, via: s.via}
	api := slack.New(s.token(), slack.OptionHTTPClient(exchange), slack.OptionAPIURL(s.api))
	channel, ts, err := do(ctx, api)
	at := slackRef{Channel: channel, TS: ts}
	if err == nil && channel != "" && ts != "" && !s.repeats(channel+" "+ts) {
		return at, nil
	}
	return slackRef{}, s.failure(n, exchange.answer, err, left(err))
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
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok && !s.repeats(refused.Err) {
		return failedCode(s.doing, newSlackError(refused.Err), got, n)
	}
	// Cut short, not JSON, neither ok nor an error, or what was meant for us alone.
	return &Error{
		Class: Temporary, Status: got.status, Uncertain: true,
		Err: fmt.Errorf("%s: reading the answer: %w", s.doing, proxy.Cause(err)),
	}
}

// repeats reports whether an answer gives back the token, which then is kept nowhere.
func (s *Slack) repeats(text string) bool { return secret.New(s.token()).In(text) }

// failedCode makes an *Error of an error code.
func failedCode(doing string, refused *slackError, got answer, n Notification) *Error {
	e := &Error{
		Class: classOfKind(refused.kind), Status: got.status, Uncertain: refused.kind == slackUncertain,
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
		slack.MsgOptionBlocks(m.blockSet()...),
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
	via    string // the proxy on the way
	answer answer
}

// Do makes the request and bounds the answer.
func (e *slackExchange) Do(req *http.Request) (*http.Response, error) {
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	e.answer = newAnswer(req, resp, e.via)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxSlackAnswer), resp.Body}
	return resp, nil
}

// classOfKind is the class of an error code. What nobody knows may be about anything, and ought not to cost a message.
func classOfKind(k slackKind) Class {
	switch k {
	case slackCredential, slackTarget:
		return Permanent
	case slackPayload:
		return Payload
	}
	return Temporary
}
