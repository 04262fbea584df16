package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
	"notewatch/notify"
	"notewatch/notify/internal/post"
)

// call makes one call and returns the place of the message. The error is a *notify.Error.
func (s *Bot) call(
	ctx context.Context, n notify.Notification, do func(context.Context, *slack.Client) (channel, ts string, err error),
) (handle, error) {
	ctx, left := proxy.Track(ctx)
	var got post.Answer // slack-go does not return its status and header
	recorded := func(req *http.Request) (*http.Response, error) {
		resp, err := s.do(req)
		if err == nil {
			got = post.NewAnswer(req, resp, s.via)
		}
		return resp, err
	}
	channel, ts, err := do(ctx, slackapi.New(s.api, secret.New(s.token()), secret.Text{}, recorded))
	at := handle{Channel: channel, TS: ts}
	if err == nil && channel != "" && ts != "" && !s.containsToken(channel+" "+ts) {
		return at, nil
	}
	return handle{}, s.failure(n, got, err, left(err))
}

// failure converts the error of a failed call to a *notify.Error. The library's error is not enough: it hides the header Retry-After, and
// its text may repeat what the other side wrote.
func (s *Bot) failure(n notify.Notification, got post.Answer, err error, sent bool) *notify.Error {
	switch {
	case got.Status == 0:
		return post.NoAnswer(s.doing, err, sent)
	case got.Status != http.StatusOK:
		return post.Refusal(s.doing, got, n.Sent)
	}
	if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok && !s.containsToken(refused.Err) {
		return failedCode(s.doing, slackapi.NewError(refused.Err), got, n)
	}
	// Truncated, not JSON, neither ok nor an error, or a message that only we can see.
	return &notify.Error{
		Class: notify.Temporary, Status: got.Status, Uncertain: true,
		Err: fmt.Errorf("%s: reading the answer: %w", s.doing, proxy.Cause(err)),
	}
}

// containsToken reports whether an answer contains the token; such an answer is not stored.
func (s *Bot) containsToken(text string) bool { return secret.New(s.token()).In(text) }

// failedCode converts an error code to a *notify.Error.
func failedCode(doing string, refused *slackapi.Error, got post.Answer, n notify.Notification) *notify.Error {
	e := &notify.Error{
		Class: classOf(refused.Kind), Status: got.Status, Uncertain: refused.Kind == slackapi.Uncertain,
		Err: fmt.Errorf("%s: %w", doing, refused),
	}
	if e.Class == notify.Temporary {
		e.RetryAfter = post.RetryAfter(got.Header, n.Sent)
	}
	return e
}

// options returns the arguments of a call. Text, blocks and attachments are always all given, because an update keeps what is not given.
func (m content) options() []slack.MsgOption {
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

// classOf returns the class of an error code. An unknown code counts as temporary, so that no message is lost because of it.
func classOf(k slackapi.Kind) notify.Class {
	switch k {
	case slackapi.Credential, slackapi.Target:
		return notify.Permanent
	case slackapi.Payload:
		return notify.Payload
	}
	return notify.Temporary
}
