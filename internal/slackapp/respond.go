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

// The limits of a [Reply]. What is longer is cut.
const (
	MaxText   = 3_000 // characters
	MaxBlocks = 50
)

// replyTime is how long it may take to tell a person the answer, all ways tried.
const replyTime = 4 * callTime

// reply tells the person the answer, where they asked. It reports whether they have it, and logs why not. What the channel may
// have already is told to the person alone.
func (a *App) reply(ctx context.Context, r request, reply Reply) bool {
	if reply.Text == "" && len(reply.Blocks) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	reply.Text = clip(reply.Text)
	reply.Blocks = reply.Blocks[:min(len(reply.Blocks), MaxBlocks)]
	err := a.respond(ctx, r.answerTo, reply)
	if err == nil {
		return true
	}
	if mayBeTaken(err) {
		reply.Public = false // or the channel might have it twice
	}
	if postErr := a.post(ctx, r, reply); postErr != nil {
		a.config.Log.Error("sending an answer to Slack", "kind", string(r.kind), "channel", r.channel, "err", errors.Join(err, postErr))
		return false
	}
	a.config.Log.Info("Slack's response URL did not confirm the answer; posted it with the bot token instead", "err", err)
	return true
}

// clip cuts a text that is too long, where a line ends if it has lines.
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

// respond posts the answer to a response URL, as text alone if Slack does not take its blocks. This is not left to
// slack-go, whose errors lack what Slack says and hold the URL.
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

// A response is what a response URL takes.
type response struct {
	Type            string        `json:"response_type"`
	ReplaceOriginal bool          `json:"replace_original"` // said in any case: some defaults are true
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
	said, _ := io.ReadAll(resp.Body) // the status alone would do
	return answerError(resp.StatusCode, said)
}

// A lostError is why nothing came back of what was sent.
type lostError struct{ error }

// mayBeTaken reports whether Slack may have taken what ended in err.
func mayBeTaken(err error) bool {
	if _, lost := errors.AsType[*lostError](err); lost {
		return true
	}
	refused, ok := errors.AsType[*slackError](err)
	return ok && refused.status >= http.StatusInternalServerError
}

// A slackError is an answer of Slack that is no success.
type slackError struct {
	status int
	code   string // such as expired_url
}

func (e *slackError) Error() string {
	return fmt.Sprintf("status %d: Slack says %q", e.status, slackapi.NewError(e.code).Code)
}

// blocks reports whether the blocks were what Slack did not take.
func (e *slackError) blocks() bool {
	return strings.Contains(e.code, "blocks") || e.code == "invalid_payload"
}

// answerError returns nil if an answer is a success: of that the body is ok, JSON that says so, or nothing.
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

// checkResponseURL returns an error unless the URL is Slack's, or where its API is said to be: nobody else is told anything.
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

// post has the bot tell the answer. In a channel that the bot is not in, it cannot.
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
