package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/slack-go/slack"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
)

// A SlackWebhookConfig says where a [SlackWebhook] posts.
type SlackWebhookConfig struct {
	URL          secret.Text       // https://hooks.slack.com/services/…
	AllowPrivate bool              // any other host is allowed too, and http: a proxy of one's own, or a test
	Mention      map[string]string // as that of a SlackConfig
	Name         string            // of the receiver, for errors; may be ""
}

// A SlackWebhook posts to the channel of an incoming-webhook URL. Such a URL cannot change what was posted: each change
// is a further message about the alerts that changed. What is no news is not posted: alerts that are only brought up to
// date, such as those of a day rule that falls quiet and comes back every day, or muted or acknowledged.
type SlackWebhook struct {
	poster  poster
	mention map[string]string
}

// Validate returns what is wrong with c. Its errors do not quote the URL.
func (c SlackWebhookConfig) Validate() error {
	_, _, err := c.parse()
	return err
}

// parse returns where c posts, and which part of that may be shown.
func (c SlackWebhookConfig) parse() (u *url.URL, origin string, err error) {
	u, origin, err = parseURL(c.URL)
	if err == nil && !c.AllowPrivate {
		err = checkSlackHost(u)
	}
	if err == nil {
		err = checkMentions(c.Mention)
	}
	return u, origin, err
}

// NewSlackWebhook returns a receiver that posts to c.URL. Errors do not quote the URL.
func NewSlackWebhook(c SlackWebhookConfig) (*SlackWebhook, error) {
	u, origin, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("checking Slack webhook%s: %w", named(c.Name), err)
	}
	what := "Slack webhook" + named(c.Name) + " at " + origin
	return &SlackWebhook{mention: maps.Clone(c.Mention), poster: poster{url: u, client: newClient(), what: what, via: proxy.Of(u)}}, nil
}

func checkSlackHost(u *url.URL) error {
	if u.Scheme != "https" || (u.Host != "hooks.slack.com" && u.Host != "hooks.slack-gov.com") {
		return errors.New("the URL does not begin with https://hooks.slack.com/")
	}
	return nil
}

// Proxy returns the host and port of the proxy on the way; "" if there is none.
func (w *SlackWebhook) Proxy() string { return w.poster.via }

// Send posts what changed as a new message; ErrSkipped if n is quiet, or if something was posted before and nothing of n is
// news. A layout that Slack refuses is sent again at once without its chart, and then as plain text.
func (w *SlackWebhook) Send(ctx context.Context, n Notification, ref Ref) (Ref, error) {
	changed := n.ChangedAlerts()
	if n.Quiet || len(ref) > 0 && !slices.ContainsFunc(changed, news) {
		return ref, ErrSkipped
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	message := newSlackMessage(n, changed, mentions(w.mention, changed))
	err := inTurn(message.layouts(), func(m slackMessage) error { return w.post(ctx, n, m) })
	if err != nil {
		return nil, err
	}
	return Ref(`{"posted":true}`), nil
}

// slackWebhookBody is what an incoming webhook takes.
type slackWebhookBody struct {
	Text        string             `json:"text"`
	Blocks      []slack.Block      `json:"blocks,omitempty"`
	Attachments []slack.Attachment `json:"attachments,omitempty"`
	UnfurlLinks bool               `json:"unfurl_links"`
	UnfurlMedia bool               `json:"unfurl_media"`
	Parse       string             `json:"parse"`
	LinkNames   bool               `json:"link_names"`
}

func (w *SlackWebhook) post(ctx context.Context, n Notification, m slackMessage) error {
	body, err := encode(slackWebhookBody{Text: m.text, Blocks: m.blockSet(), Attachments: m.attachments, Parse: "none"})
	if err != nil {
		return &Error{Class: Payload, Err: fmt.Errorf("encoding for %s: %w", w.poster.what, err)}
	}
	got, err := w.poster.post(ctx, make(http.Header), body)
	if err != nil || got.ok() && string(bytes.TrimSpace(got.body)) == "ok" {
		return err
	}
	doing := "posting to " + w.poster.what
	if got.status < http.StatusInternalServerError && got.status != http.StatusTooManyRequests {
		refused := newSlackError(string(got.body))
		if refused.kind != slackUnknown && !secret.New(w.poster.url.RequestURI()).In(refused.code) {
			return failedCode(doing, refused, got, n)
		}
	}
	if got.ok() && !isPage(got.body) {
		err := fmt.Errorf(`%s: status %d without the text "ok" of Slack: check proxies on the way`, doing, got.status)
		return &Error{Class: Temporary, Status: got.status, Uncertain: true, Err: err}
	}
	return refusal(doing, got.as(http.StatusBadGateway), n.Sent)
}
