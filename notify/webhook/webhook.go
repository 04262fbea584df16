package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/post"
)

// A Config configures a [Receiver].
type Config struct {
	Name         string        // of the receiver, for errors and for formats that use it; may be ""
	URL          secret.Text   // https or http
	Secrets      []secret.Text // base64 of 24 to 64 bytes, with or without whsec_; newest first; two during a change; none: unsigned
	Headers      []Header      // sent with every request
	Format       string        // one of Formats; "" means standard
	Template     string        // text of a template to use instead of Format, which is then the fallback; "" means none
	AllowPrivate bool          // private and loopback addresses are allowed
}

// A Receiver posts each change of a message, as a [Body] or in another of the [Formats]. Requests are signed as in Standard Webhooks 1.0:
// the headers are webhook-id (the key of the notification), webhook-timestamp (Unix seconds) and webhook-signature (for each secret "v1,"
// and the base64 HMAC-SHA256 of id.timestamp.body, separated by blanks). A status of 2xx is success, unless the format finds an error in
// the text of the answer. Redirects are not followed, and addresses that are not public are refused unless allowed. A proxy looks up names
// itself: behind one, only addresses in the URL and names that cannot be public are refused.
//
// Quiet notifications are not posted, except that formats that open an incident elsewhere close it, and discord updates its message.
type Receiver struct {
	poster  post.Poster
	sign    signer // nil: unsigned
	headers []Header
	formats []layout               // the configured one, and those to try if it fails or is refused
	repeats func(text string) bool // whether text contains one of our secrets
}

// Validate returns all problems of c, joined. Its errors quote neither the URL nor a secret. A template is rendered for messages of every
// kind.
func (c Config) Validate() error {
	_, err := c.build()
	return err
}

// New returns a receiver that posts to c.URL. Errors quote neither the URL nor a secret.
func New(c Config) (*Receiver, error) {
	w, err := c.build()
	if err != nil {
		return nil, fmt.Errorf("checking webhook%s: %w", post.Quoted(c.Name), err)
	}
	return w, nil
}

// build returns the receiver for c, and all problems of c.
func (c Config) build() (*Receiver, error) {
	to, err := post.ParseURL(c.URL)
	w := &Receiver{headers: c.Headers, repeats: c.repeats(to)}
	if err == nil {
		w.poster = post.New(to, "webhook", c.Name)
	}
	if err == nil && !c.AllowPrivate {
		w.poster = w.poster.Guarded()
		err = post.CheckHost(to.Hostname(), w.poster.Via)
	}
	var signErr, formatErr error
	if len(c.Secrets) > 0 {
		w.sign, signErr = newSigner(c.Secrets)
	}
	w.formats, formatErr = c.formats(to)
	return w, errors.Join(err, signErr, checkHeaders(c.Headers), formatErr)
}

// repeats returns a function that reports whether a text contains a secret of c. to may be nil.
func (c Config) repeats(to *url.URL) func(text string) bool {
	secrets := slices.Clone(c.Secrets)
	if to != nil {
		secrets = append(secrets, secret.New(to.RequestURI()))
	}
	for _, h := range c.Headers {
		secrets = append(secrets, h.Value)
	}
	return func(text string) bool {
		return slices.ContainsFunc(secrets, func(s secret.Text) bool { return s.In(text) })
	}
}

// formats returns the formats of c in the order in which to try them. to may be nil.
func (c Config) formats(to *url.URL) ([]layout, error) {
	target := ""
	if to != nil {
		target = path.Base(to.Path)
	}
	format, err := newLayout(c.Format, c.Name, target)
	switch {
	case err != nil:
		return nil, err
	case c.Template != "":
		template, err := newTemplate(c.Template)
		if err != nil {
			return nil, err
		}
		return []layout{template.format(target), format.of(explained)}, nil
	case slices.Contains(codedFormats, cmp.Or(c.Format, "standard")):
		return []layout{format}, nil
	}
	return []layout{format, format.of(bare)}, nil
}

// A handle is the Ref of a Receiver.
type handle struct {
	Posted string `json:"posted"`        // key of the newest post
	Ref    string `json:"ref,omitempty"` // the receiver's own ID of it, for formats that store one
}

// Proxy returns the host and port of the proxy on the way; "" if there is none.
func (w *Receiver) Proxy() string { return w.poster.Via }

// Send posts n. It returns ErrSkipped if its format has nothing to show of n. An updatable message that is gone is posted again. A request
// that the receiver refuses is sent again at once: for a template in the fallback format, otherwise with less content.
func (w *Receiver) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, post.Timeout)
	defer cancel()
	var was handle
	if len(ref) > 0 && json.Unmarshal(ref, &was) != nil {
		was = handle{} // not ours: nothing was posted here
	}
	var failure *notify.Error
	for _, format := range w.formats {
		request, err := format(n, was)
		if err != nil { // its text may contain the end of the URL
			failure = &notify.Error{Class: notify.Payload, Err: fmt.Errorf("posting to %s: the message cannot be written in its format", w.poster.What)}
			continue
		}
		if request == nil {
			return ref, notify.ErrSkipped
		}
		got, err := w.do(ctx, n, request)
		if err != nil {
			return nil, err
		}
		if got = request.read(got); got.OK() {
			return json.Marshal(handle{Posted: n.Key, Ref: w.refOf(request, got, was)})
		}
		if gone := got.Status == http.StatusNotFound || got.Status == http.StatusGone; gone && was.Ref != "" {
			return w.anew(ctx, n, ref)
		}
		if failure = post.Refusal("posting to "+w.poster.What, got, n.Sent); failure.Class != notify.Payload {
			break
		}
	}
	return nil, failure
}

// refOf returns the Ref to store after an answer. An answer that contains a secret is not stored.
func (w *Receiver) refOf(r *request, got post.Answer, was handle) string {
	if ref := r.ref(got, was); !w.repeats(ref) {
		return ref
	}
	return was.Ref
}

// anew posts n as a new message after the post of ref has gone.
func (w *Receiver) anew(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	if n.Quiet {
		return ref, notify.ErrSkipped
	}
	return w.Send(ctx, n, nil)
}

// do makes one attempt.
func (w *Receiver) do(ctx context.Context, n notify.Notification, r *request) (post.Answer, error) {
	header := make(http.Header)
	header.Set("Content-Type", r.contentType)
	for _, h := range w.headers {
		header.Set(h.Name, h.Value.Reveal())
	}
	header.Set("Webhook-Id", n.Key)
	header.Set("Webhook-Timestamp", strconv.FormatInt(n.Sent.Unix(), 10))
	if w.sign != nil {
		header.Set("Webhook-Signature", w.sign(n.Key, n.Sent, r.body))
	}
	return w.poster.Send(ctx, r.method, extend(w.poster.URL, r.path), header, r.body)
}
