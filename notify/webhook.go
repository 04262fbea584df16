package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"notewatch/internal/secret"
)

// A WebhookConfig says where a [Webhook] posts.
type WebhookConfig struct {
	URL          secret.Text // https or http
	Secret       secret.Text // whsec_ and base64, or raw, of 24 to 64 bytes; unset is unsigned
	AllowPrivate bool        // private and loopback addresses may be called, and the environment's proxy is used
	Name         string      // of the receiver, for errors; may be ""
}

// A Webhook posts each change of a message as a [WebhookBody], signed as Standard Webhooks 1.0 says: the headers are
// webhook-id (the key of the notification), webhook-timestamp (Unix seconds) and webhook-signature ("v1," and the base64
// HMAC-SHA256 of id.timestamp.body). A status of 2xx is success. Redirects are not followed, and addresses that are not
// public are refused unless allowed.
type Webhook struct {
	poster poster
	sign   signer // nil: unsigned
}

// Validate returns all that is wrong with c, joined. Its errors quote neither the URL nor the secret.
func (c WebhookConfig) Validate() error {
	_, _, _, err := c.parse()
	return err
}

// parse returns where c posts, which part of that may be shown, and what signs.
func (c WebhookConfig) parse() (u *url.URL, origin string, sign signer, err error) {
	u, origin, err = parseURL(c.URL)
	if err == nil && !c.AllowPrivate {
		err = checkHost(u)
	}
	if c.Secret.IsZero() {
		return u, origin, nil, err
	}
	sign, signErr := newSigner(c.Secret)
	return u, origin, sign, errors.Join(err, signErr)
}

// NewWebhook returns a receiver that posts to c.URL. Errors quote neither the URL nor the secret.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	u, origin, sign, err := c.parse()
	if err != nil {
		return nil, fmt.Errorf("checking webhook%s: %w", named(c.Name), err)
	}
	// A proxy would connect for us, behind the guard's back.
	client := newClient(guardedDialer(), nil)
	if c.AllowPrivate {
		client = newClient(plainDialer(), http.ProxyFromEnvironment)
	}
	what := "webhook" + named(c.Name) + " at " + origin
	return &Webhook{poster: poster{url: u, client: client, what: what}, sign: sign}, nil
}

// named is name as a part of an error; "" if there is none.
func named(name string) string {
	if name == "" {
		return ""
	}
	return " " + strconv.Quote(name)
}

// checkHost says early what the guard would say late of a host that is given as an address.
func checkHost(u *url.URL) error {
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !public(addr) {
		return &refusedError{address: addr.String()}
	}
	return nil
}

// Send posts n. What was posted before stays; ref does not matter.
func (w *Webhook) Send(ctx context.Context, n Notification, _ Ref) (Ref, error) {
	body, err := encode(webhookBody(n))
	if err != nil {
		return nil, &Error{Class: Payload, Err: fmt.Errorf("encoding for %s: %w", w.poster.what, err)}
	}
	got, err := w.poster.post(ctx, w.header(n, body), body)
	if err != nil {
		return nil, err
	}
	if !got.ok() {
		return nil, refusal("posting to "+w.poster.what, got, n.Sent)
	}
	return json.Marshal(map[string]string{"posted": n.Key})
}

func (w *Webhook) header(n Notification, body []byte) http.Header {
	header := make(http.Header)
	header.Set("Webhook-Id", n.Key)
	header.Set("Webhook-Timestamp", strconv.FormatInt(n.Sent.Unix(), 10))
	if w.sign != nil {
		header.Set("Webhook-Signature", w.sign(n.Key, n.Sent, body))
	}
	return header
}

// encode returns v as JSON that people can read too: & < > stay as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
