package slackapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
)

// The limits of a [Reply]. Longer ones are cut.
const (
	MaxText   = 3_000 // characters
	MaxBlocks = 50
)

// replyTime is the time to send an answer, with all attempts.
const replyTime = 4 * callTime

// reply sends the answer to the person, where they asked. It reports whether that worked, and logs failures. If the channel may already
// have the answer, the next attempt is visible only to the person.
func (a *App) reply(ctx context.Context, r request, reply Reply) bool {
	if reply.Text == "" && len(reply.Blocks) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	reply.Text = clip(reply.Text)
	reply.Blocks = reply.Blocks[:min(len(reply.Blocks), MaxBlocks)]
	err := a.respond(ctx, r.responseURL, reply)
	if err == nil {
		return true
	}
	if mayBeTaken(err) {
		reply.Public = false // otherwise the channel might get it twice
	}
	if postErr := a.post(ctx, r, reply); postErr != nil {
		a.config.Log.Error("sending an answer to Slack", "kind", string(r.kind), "channel", r.channel, "err", errors.Join(err, postErr))
		return false
	}
	a.config.Log.Info("Slack's response URL did not confirm the answer; posted it with the bot token instead", "err", err)
	return true
}

// clip cuts a text that is too long, at the end of a line if it has lines.
func clip(text string) string {
	if utf8.RuneCountInString(text) <= MaxText {
		return text
	}
	text = string([]rune(text)[:MaxText-2])
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	return text + "\n…"
}

// respond posts the answer to a response URL, as text only if Slack rejects its blocks. slack-go is not used, because its errors lack
// Slack's answer and contain the URL.
func (a *App) respond(ctx context.Context, to secret.Text, reply Reply) error {
	err := a.postTo(ctx, to, reply)
	if refused, ok := errors.AsType[*slackError](err); ok && refused.blocks() && len(reply.Blocks) > 0 {
		reply.Blocks = nil
		err = a.postTo(ctx, to, reply)
	}
	if err != nil {
		return fmt.Errorf("posting to the response URL: %w", err)
	}
	return nil
}

// A response is the body of a request to a response URL.
type response struct {
	Type            string        `json:"response_type"`
	ReplaceOriginal bool          `json:"replace_original"` // always sent, because some defaults are true
	Text            string        `json:"text"`
	Blocks          []slack.Block `json:"blocks,omitempty"`
}

// postTo makes one attempt.
func (a *App) postTo(ctx context.Context, to secret.Text, reply Reply) error {
	if err := a.checkResponseURL(to); err != nil {
		return err
	}
	kind := slack.ResponseTypeEphemeral
	if reply.Public {
		kind = slack.ResponseTypeInChannel
	}
	body, err := json.Marshal(response{Type: kind, Text: reply.Text, Blocks: reply.Blocks})
	if err != nil {
		return err
	}
	ctx, left := proxy.Track(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.Reveal(), bytes.NewReader(body))
	if err != nil {
		return errors.New("it is not valid")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := a.do(req)
	if err != nil && left(err) {
		return &lostError{slackapi.Explain(err)}
	} else if err != nil {
		return slackapi.Explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, _ := io.ReadAll(resp.Body) // the status alone is enough
	return answerError(resp.StatusCode, said)
}

// A lostError means that a request got no answer.
type lostError struct{ error }

// mayBeTaken reports whether Slack may have accepted a request that failed with err.
func mayBeTaken(err error) bool {
	if _, lost := errors.AsType[*lostError](err); lost {
		return true
	}
	refused, ok := errors.AsType[*slackError](err)
	return ok && refused.status >= http.StatusInternalServerError
}

// A slackError is an answer of Slack that is not a success.
type slackError struct {
	status int
	code   string // such as expired_url
}

func (e *slackError) Error() string {
	return fmt.Sprintf("status %d: Slack says %q", e.status, slackapi.NewError(e.code).Code)
}

// blocks reports whether Slack rejected the blocks.
func (e *slackError) blocks() bool {
	return strings.Contains(e.code, "blocks") || e.code == "invalid_payload"
}

// answerError returns nil if an answer is a success: its body is ok, JSON with ok set, or empty.
func answerError(status int, body []byte) error {
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		answer.Error = strings.TrimSpace(string(body))
		answer.OK = answer.Error == "ok" || answer.Error == ""
	}
	if status >= 200 && status < 300 && answer.OK {
		return nil
	}
	return &slackError{status: status, code: answer.Error}
}

// checkResponseURL returns an error unless the URL belongs to Slack, or to the configured API, so that answers go nowhere else.
func (a *App) checkResponseURL(to secret.Text) error {
	u, err := url.Parse(to.Reveal())
	switch {
	case to.IsZero():
		return errors.New("there is none")
	case err != nil:
		return errors.New("it is not valid")
	case u.Scheme == "https" && (strings.HasSuffix(u.Host, ".slack.com") || strings.HasSuffix(u.Host, ".slack-gov.com")):
		return nil
	}
	if api, err := url.Parse(a.config.APIURL); err == nil && api.Host != "" && u.Scheme == api.Scheme && u.Host == api.Host {
		return nil
	}
	return errors.New("it is not Slack's")
}

// post sends the answer with the bot token, which fails in a channel without the bot.
func (a *App) post(ctx context.Context, r request, reply Reply) error {
	options := []slack.MsgOption{slack.MsgOptionText(reply.Text, false), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()}
	if len(reply.Blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(reply.Blocks...))
	}
	var err error
	if reply.Public {
		_, _, err = a.api.PostMessageContext(ctx, r.channel, options...)
	} else {
		_, err = a.api.PostEphemeralContext(ctx, r.channel, r.person.ID, options...)
	}
	if err != nil {
		return fmt.Errorf("posting with the bot token: %w", slackapi.Explain(err))
	}
	return nil
}
