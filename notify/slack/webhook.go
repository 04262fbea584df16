package slack

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

	"notewatch/internal/secret"
	"notewatch/internal/slackapi"
	"notewatch/notify"
	"notewatch/notify/internal/message"
	"notewatch/notify/internal/post"
)

// A WebhookConfig says where a [Webhook] posts.
type WebhookConfig struct {
	URL          secret.Text       // https://hooks.slack.com/services/…
	AllowPrivate bool              // any other host is allowed too, and http: for an own proxy, or a test
	Mention      map[string]string // as in Config
	Name         string            // of the receiver, for errors; may be ""
}

// A Webhook posts to the channel of an incoming-webhook URL. Such a URL cannot change its posts: each change is a new message about the
// alerts that changed. Unimportant changes are not posted: new values, such as those of a day rule that alternates every day, mutes and
// acknowledgements.
type Webhook struct {
	poster  post.Poster
	mention map[string]string
}

// Validate returns the problems of c. Its errors do not quote the URL.
func (c WebhookConfig) Validate() error {
	_, err := c.parse()
	return err
}

// parse returns the URL that c posts to.
func (c WebhookConfig) parse() (*url.URL, error) {
	u, err := post.ParseURL(c.URL)
	if err == nil && !c.AllowPrivate {
		err = checkSlackHost(u)
	}
	if err == nil {
		err = checkMentions(c.Mention)
	}
	return u, err
}

// NewWebhook returns a receiver that posts to c.URL. Errors do not quote the URL.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	u, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("checking Slack webhook%s: %w", post.Quoted(c.Name), err)
	}
	return &Webhook{mention: maps.Clone(c.Mention), poster: post.New(u, "Slack webhook", c.Name)}, nil
}

func checkSlackHost(u *url.URL) error {
	if u.Scheme != "https" || (u.Host != "hooks.slack.com" && u.Host != "hooks.slack-gov.com") {
		return errors.New("the URL does not begin with https://hooks.slack.com/")
	}
	return nil
}

// Proxy returns the host and port of the proxy on the way; "" if there is none.
func (w *Webhook) Proxy() string { return w.poster.Via }

// Send posts the changes as a new message. It returns ErrSkipped if n is quiet, or if something was posted before and n contains no
// important change. A layout that Slack refuses is sent again at once without its chart, and then as plain text.
func (w *Webhook) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	changed := n.ChangedAlerts()
	if n.Quiet || len(ref) > 0 && !slices.ContainsFunc(changed, message.News) {
		return ref, notify.ErrSkipped
	}
	ctx, cancel := context.WithTimeout(ctx, post.Timeout)
	defer cancel()
	message := newContent(n, changed, mentions(w.mention, changed))
	err := inTurn(message.layouts(), func(m content) error { return w.post(ctx, n, m) })
	if err != nil {
		return nil, err
	}
	return notify.Ref(`{"posted":true}`), nil
}

// webhookBody is the body of a request to an incoming webhook.
type webhookBody struct {
	Text        string             `json:"text"`
	Blocks      []slack.Block      `json:"blocks,omitempty"`
	Attachments []slack.Attachment `json:"attachments,omitempty"`
	UnfurlLinks bool               `json:"unfurl_links"`
	UnfurlMedia bool               `json:"unfurl_media"`
	Parse       string             `json:"parse"`
	LinkNames   bool               `json:"link_names"`
}

func (w *Webhook) post(ctx context.Context, n notify.Notification, m content) error {
	got, err := w.poster.PostJSON(ctx, webhookBody{Text: m.text, Blocks: m.blockSet(), Attachments: m.attachments, Parse: "none"})
	if err != nil || got.OK() && string(bytes.TrimSpace(got.Body)) == "ok" {
		return err
	}
	doing := "posting to " + w.poster.What
	if got.Status < http.StatusInternalServerError && got.Status != http.StatusTooManyRequests {
		refused := slackapi.NewError(string(got.Body))
		if refused.Kind != slackapi.Unknown && !secret.New(w.poster.URL.RequestURI()).In(refused.Code) {
			return failedCode(doing, refused, got, n)
		}
	}
	if got.OK() && !post.IsPage(got.Body) {
		err := fmt.Errorf(`%s: status %d without the text "ok" of Slack: check proxies on the way`, doing, got.Status)
		return &notify.Error{Class: notify.Temporary, Status: got.Status, Uncertain: true, Err: err}
	}
	return post.Refusal(doing, got.As(http.StatusBadGateway), n.Sent)
}
