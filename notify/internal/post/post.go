package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
)

// The bounds of one Send.
const (
	sendTimeout  = 15 * time.Second
	dialTimeout  = 5 * time.Second
	maxAnswer    = 64 << 10 // bytes
	maxHeaderLen = 64 << 10 // bytes
)

// newClient returns a client that follows no redirects, which could lead a signed or secret request elsewhere, and keeps
// no connections: alerts are rare, and a POST on a connection that went stale may or may not have arrived. It uses the proxy
// of the environment.
func newClient() *http.Client {
	transport := newTransport(plainDialer())
	transport.Proxy = http.ProxyFromEnvironment
	return &http.Client{Transport: proxy.Transport(transport), CheckRedirect: refuseRedirect}
}

// newGuardedClient returns a client like newClient, which reaches only public addresses and uses no proxy.
func newGuardedClient() *http.Client {
	return &http.Client{Transport: newTransport(guardedDialer()), CheckRedirect: refuseRedirect}
}

func newTransport(dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		MaxResponseHeaderBytes: maxHeaderLen,
		DisableKeepAlives:      true,
	}
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// A poster posts JSON to a URL whose path and query may be secret.
type poster struct {
	url    *url.URL // however a poster is printed, a pointer prints as an address
	client *http.Client
	what   string // who is posted to, for errors; of the URL only scheme and host
	via    string // host and port of the proxy on the way; "" is none
}

// An answer is what came back. Its body may be cut short.
type answer struct {
	status int
	sent   int // the original status, if status is the one that the text stands for; else 0
	header http.Header
	body   []byte
	proxy  string // the proxy that may have answered instead of the receiver; "" if the receiver answered
}

// newAnswer returns the answer to req without its body. via is the proxy on the way: over http, an answer with a status that
// proxies use may be from the proxy or from the receiver.
func newAnswer(req *http.Request, resp *http.Response, via string) answer {
	a := answer{status: resp.StatusCode, header: resp.Header}
	switch resp.StatusCode {
	case http.StatusForbidden, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if req.URL.Scheme == "http" {
			a.proxy = via
		}
	}
	return a
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// as returns a with the status that its text stands for, if a is a success. A status of 0 changes nothing.
func (a answer) as(status int) answer {
	if a.ok() && status != 0 && status != a.status {
		a.status, a.sent = status, a.status
	}
	return a
}

// isPage reports whether the text of an answer is a web page, such as one to sign in, and not the answer of an API.
func isPage(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// post makes one attempt. The error is an *Error and means that there was no answer.
func (p *poster) post(ctx context.Context, header http.Header, body []byte) (answer, error) {
	return p.send(ctx, http.MethodPost, p.url, header, body)
}

// send is post with another method, or to another path of the same host. A header that is set stays as it is.
func (p *poster) send(ctx context.Context, method string, to *url.URL, header http.Header, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	ctx, left := proxy.Track(ctx)
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil { // its text holds the URL
		return answer{}, &Error{Class: Permanent, Err: fmt.Errorf("posting to %s: the URL is not valid", p.what)}
	}
	req.Header = header
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "notewatch"} {
		if header.Get(name) == "" {
			header.Set(name, value)
		}
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, noAnswer("posting to "+p.what, err, left(err))
	}
	defer func() { _ = resp.Body.Close() }()
	// The status says whether the message was taken; what is missing of the body does not matter.
	got := newAnswer(req, resp, p.via)
	got.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return got, nil
}

// noAnswer makes an *Error of an error of net/http or its like. sent is that the receiver may have got the message.
func noAnswer(doing string, err error, sent bool) *Error {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return &Error{Class: Permanent, Err: fmt.Errorf("%s: %w", doing, refused)}
	}
	return &Error{Class: Temporary, Uncertain: sent, Err: fmt.Errorf("%s: %w", doing, proxy.Cause(err))}
}

// refusal makes an *Error of an answer that is not a success.
func refusal(doing string, a answer, sent time.Time) *Error {
	text := fmt.Sprintf("status %d", a.status)
	if name := http.StatusText(a.status); name != "" {
		text += " " + name
	}
	switch {
	case a.sent != 0 && isPage(a.body):
		text = fmt.Sprintf("status %d with a web page, which is not its answer: check the URL, and proxies on the way", a.sent)
	case a.sent != 0:
		text += fmt.Sprintf(" in the text of an answer with status %d", a.sent)
	}
	class, hint := classOf(a.status), hintOf(a.status)
	if a.proxy != "" {
		class = Temporary
		hint = fmt.Sprintf("it is from the receiver or from proxy %s: check both, or add the receiver to NO_PROXY", a.proxy)
	}
	if hint != "" {
		text += ": " + hint
	}
	e := &Error{Class: class, Status: a.status, Uncertain: a.status >= 500}
	e.Err = fmt.Errorf("%s: %s", doing, text)
	if e.Class == Temporary {
		e.RetryAfter = retryAfter(a.header, sent)
	}
	return e
}

// hintOf says what an operator may do about a status.
func hintOf(status int) string {
	switch {
	case status >= 300 && status < 400:
		return "redirects are not followed, give the final URL in the settings of this receiver"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "check its URL and credentials"
	case status == http.StatusPaymentRequired:
		return "check the plan of the account"
	case status == http.StatusProxyAuthRequired:
		return "it is from a proxy on the way: give its address, user and password in HTTPS_PROXY or HTTP_PROXY"
	case status == http.StatusNotFound:
		return "nobody listens at this URL"
	case status == http.StatusGone:
		return "this URL is no longer in use, give another one in the settings of this receiver"
	}
	return ""
}

// parseURL checks a configured URL and returns it with scheme://host, which is all of it that may be shown.
func parseURL(text secret.Text) (u *url.URL, origin string, err error) {
	u, err = url.Parse(text.Reveal())
	switch { // no error may quote the URL
	case text.IsZero():
		return nil, "", errors.New("the URL is missing")
	case err != nil:
		return nil, "", errors.New("the URL is not valid")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, "", errors.New("the URL does not begin with https:// or http://")
	case u.Hostname() == "":
		return nil, "", errors.New("the URL has no host")
	case u.User != nil:
		return nil, "", errors.New("the URL holds a user or password, which is not supported")
	}
	return u, u.Scheme + "://" + u.Host, nil
}

// named is name as a part of an error; "" if there is none.
func named(name string) string {
	if name == "" {
		return ""
	}
	return " " + strconv.Quote(name)
}
