package post

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
	"notewatch/notify"
)

// The bounds of one Send.
const (
	Timeout      = 15 * time.Second
	dialTimeout  = 5 * time.Second
	maxAnswer    = 64 << 10 // bytes
	maxHeaderLen = 64 << 10 // bytes
)

// newClient returns a client that follows no redirects, which could lead a signed or secret request elsewhere, and keeps no connections:
// alerts are rare, and a POST on a stale connection may or may not have arrived. It uses the proxy of the environment.
func newClient() *http.Client {
	transport := newTransport(Dialer())
	transport.Proxy = http.ProxyFromEnvironment
	return &http.Client{Transport: proxy.Transport(transport), CheckRedirect: refuseRedirect}
}

// newGuardedClient returns a client like that of newClient, which reaches only public addresses and uses no proxy.
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

// A Poster posts to a URL whose path and query may be secret.
type Poster struct {
	URL    *url.URL // a pointer, because fmt prints it as an address however the Poster is printed
	Client *http.Client
	What   string // the target, for errors; of the URL only scheme and host
	Via    string // host and port of the proxy on the way; "" if there is none
}

// New returns a Poster to a URL. kind and name identify the target in errors; name may be "".
func New(to *url.URL, kind, name string) Poster {
	return Poster{URL: to, Client: newClient(), What: kind + Quoted(name) + " at " + to.Scheme + "://" + to.Host, Via: proxy.Of(to)}
}

// Guarded returns p for public addresses only. Behind a proxy it returns p, because a guard would see only the address of the proxy.
func (p Poster) Guarded() Poster {
	if p.Via == "" {
		p.Client = newGuardedClient()
	}
	return p
}

// An Answer is the answer of the other side. Its body may be truncated.
type Answer struct {
	Status int
	sent   int // the original status, if status was taken from the text; else 0
	Header http.Header
	Body   []byte
	proxy  string // the proxy that may have answered instead of the receiver; "" if the receiver answered
}

// NewAnswer returns the answer to req without its body. via is the proxy on the way: over http, an answer with a status that
// proxies use may be from the proxy or from the receiver.
func NewAnswer(req *http.Request, resp *http.Response, via string) Answer {
	a := Answer{Status: resp.StatusCode, Header: resp.Header}
	switch resp.StatusCode {
	case http.StatusForbidden, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if req.URL.Scheme == "http" {
			a.proxy = via
		}
	}
	return a
}

// OK reports whether a is a success.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// As returns a success with the status that its text means. A status of 0 changes nothing.
func (a Answer) As(status int) Answer {
	if a.OK() && status != 0 && status != a.Status {
		a.Status, a.sent = status, a.Status
	}
	return a
}

// IsPage reports whether the text of an answer is a web page, such as a sign-in page, and not the answer of an API.
func IsPage(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// PostJSON posts v in one attempt. The error is a *notify.Error and means that there was no answer.
func (p *Poster) PostJSON(ctx context.Context, v any) (Answer, error) {
	body, err := Encode(v)
	if err != nil {
		return Answer{}, &notify.Error{Class: notify.Payload, Err: fmt.Errorf("encoding for %s: %w", p.What, err)}
	}
	return p.Send(ctx, http.MethodPost, p.URL, make(http.Header), body)
}

// Send posts a body like PostJSON, with another method, or to another path of the same host. A header that is already set stays.
func (p *Poster) Send(ctx context.Context, method string, to *url.URL, header http.Header, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	ctx, left := proxy.Track(ctx)
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil { // its text contains the URL
		return Answer{}, &notify.Error{Class: notify.Permanent, Err: fmt.Errorf("posting to %s: the URL is not valid", p.What)}
	}
	req.Header = header
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "notewatch"} {
		if header.Get(name) == "" {
			header.Set(name, value)
		}
	}
	resp, err := p.Client.Do(req)
	if err != nil {
		return Answer{}, NoAnswer("posting to "+p.What, err, left(err))
	}
	defer func() { _ = resp.Body.Close() }()
	// The status says whether the message was accepted; the missing part of the body does not matter.
	got := NewAnswer(req, resp, p.Via)
	got.Body, _ = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return got, nil
}

// NoAnswer converts an error of net/http, or of a similar package, to a *notify.Error. sent says that the receiver may have got the
// message.
func NoAnswer(doing string, err error, sent bool) *notify.Error {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return &notify.Error{Class: notify.Permanent, Err: fmt.Errorf("%s: %w", doing, refused)}
	}
	return &notify.Error{Class: notify.Temporary, Uncertain: sent, Err: fmt.Errorf("%s: %w", doing, proxy.Cause(err))}
}

// Refusal converts an answer that is not a success to a *notify.Error. The request was sent at sent.
func Refusal(doing string, a Answer, sent time.Time) *notify.Error {
	text := fmt.Sprintf("status %d", a.Status)
	if name := http.StatusText(a.Status); name != "" {
		text += " " + name
	}
	switch {
	case a.sent != 0 && IsPage(a.Body):
		text = fmt.Sprintf("status %d with a web page, which is not its answer: check the URL, and proxies on the way", a.sent)
	case a.sent != 0:
		text += fmt.Sprintf(" in the text of an answer with status %d", a.sent)
	}
	class, hint := classOf(a.Status), hintOf(a.Status)
	if a.proxy != "" {
		class = notify.Temporary
		hint = fmt.Sprintf("it is from the receiver or from proxy %s: check both, or add the receiver to NO_PROXY", a.proxy)
	}
	if hint != "" {
		text += ": " + hint
	}
	e := &notify.Error{Class: class, Status: a.Status, Uncertain: a.Status >= 500}
	e.Err = fmt.Errorf("%s: %s", doing, text)
	if e.Class == notify.Temporary {
		e.RetryAfter = RetryAfter(a.Header, sent)
	}
	return e
}

// hintOf returns the next step for an operator after a status.
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
		return "no endpoint at this URL"
	case status == http.StatusGone:
		return "this URL is no longer in use, give another one in the settings of this receiver"
	}
	return ""
}

// ParseURL checks a configured URL. No error quotes it.
func ParseURL(text secret.Text) (*url.URL, error) {
	u, err := url.Parse(text.Reveal())
	switch {
	case text.IsZero():
		return nil, errors.New("the URL is missing")
	case err != nil:
		return nil, errors.New("the URL is not valid")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the URL does not begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("the URL has no host")
	case u.User != nil:
		return nil, errors.New("the URL holds a user or password, which is not supported")
	}
	return u, nil
}

// Quoted returns name as a part of an error; "" if it is empty.
func Quoted(name string) string {
	if name == "" {
		return ""
	}
	return " " + strconv.Quote(name)
}
