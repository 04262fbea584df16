package notehub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"notewatch/internal/proxy"
	"notewatch/internal/secret"
)

// DefaultURL is the address of Notehub's API.
const DefaultURL = "https://api.notefile.net"

const (
	maxAnswer      = 512 << 20 // bytes, unpacked; the largest real answer, 400,000 rows, has about 120 MB
	maxErrorAnswer = 64 << 10  // bytes
)

// A Config configures a [Client].
type Config struct {
	BaseURL     string       // "" means DefaultURL; may have a path
	Token       secret.Text  // personal access token
	Credentials Credentials  // instead of Token; then the client asks for an access token, at the first request and about every 25 minutes
	HTTP        *http.Client // nil means a client with sensible time limits; redirects are never followed

	Wrap func(http.RoundTripper) http.RoundTripper // returns the transport to use in place of the one given; nil changes nothing
}

// A Client makes single attempts at Notehub's API; it neither waits nor retries. It is safe for concurrent use.
type Client struct {
	base      string // without a slash at the end
	access    *access
	http      *http.Client
	maxAnswer int64 // bytes
}

// New returns a client. It returns an error if the base URL, the token or the credentials cannot be used in a request.
func New(config Config) (*Client, error) {
	base, err := baseURL(config.BaseURL)
	if err != nil {
		return nil, err
	}
	client := defaultHTTP()
	if config.HTTP != nil {
		*client = *config.HTTP
	}
	if config.Wrap != nil {
		client.Transport = config.Wrap(cmp.Or(client.Transport, http.DefaultTransport))
	}
	// A redirect would send the token to the address that it names.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	access, err := newAccess(config, base, client)
	if err != nil {
		return nil, err
	}
	return &Client{base: base, access: access, http: client, maxAnswer: maxAnswer}, nil
}

// Proxy returns the host and port of the proxy for Notehub; "" if there is none.
func (c *Client) Proxy() string { return proxyFor(c.base) }

func proxyFor(base string) string {
	u, err := url.Parse(base)
	if err != nil { // New has checked it
		return ""
	}
	return proxy.Of(u)
}

// baseURL checks the configured address. Its errors do not repeat it, because it may contain a password.
func baseURL(text string) (string, error) {
	if text == "" {
		return DefaultURL, nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("the base URL of Notehub is not a URL")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", errors.New("the base URL of Notehub must begin with https:// or http:// and a host")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return "", errors.New("the base URL of Notehub must not hold a user, a query or a fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func defaultHTTP() *http.Client {
	return &http.Client{
		Timeout: 5 * time.Minute,
		Transport: proxy.Transport(&http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:   15 * time.Second,
			ResponseHeaderTimeout: 90 * time.Second, // large usage queries take long before they answer
			IdleConnTimeout:       90 * time.Second,
			ForceAttemptHTTP2:     true,
		}),
	}
}

// get requests something of a project, which has a project or product UID, and passes the answer to decode. An answer of more than most
// rows is invalid, and reading ends there.
func (c *Client) get(ctx context.Context, project, something string, query url.Values, most int, decode func(*decoder)) error {
	if !isPathElement(project) {
		return errors.New("that is neither a project nor a product UID")
	}
	return c.read(ctx, "/v1/projects/"+url.PathEscape(project)+"/"+something, query, most, decode)
}

// isPathElement reports whether a UID is a valid element of a path.
func isPathElement(uid string) bool { return uid != "" && uid != "." && uid != ".." }

// read requests path and passes the answer to decode, like get.
func (c *Client) read(ctx context.Context, path string, query url.Values, most int, decode func(*decoder)) error {
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return withoutURL(err)
	}
	token, err := c.access.token(ctx)
	if err != nil {
		return fmt.Errorf("getting an access token: %w", err)
	}
	hidden := c.access.secrets(token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+token.Reveal())
	response, err := c.http.Do(request)
	if err != nil {
		return hidden.failure(err)
	}
	defer func() { _ = response.Body.Close() }() // the answer is complete or has failed by then
	if response.StatusCode == http.StatusUnauthorized {
		c.access.refused(token)
	}
	if response.StatusCode != http.StatusOK {
		return errorOf(c.base, response, hidden)
	}
	d := newDecoder(&boundedReader{src: response.Body, left: c.maxAnswer}, most)
	decode(d)
	d.finish()
	return problemOf(&d.scanner, response.Header.Get("Content-Type"), hidden)
}

// withoutURL removes the address of the request from an error of package http.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return withoutURL(wrapped.Err)
	}
	return err
}

// problemOf returns the error that stopped the scanner: of the caller, of the connection or of the answer itself.
func problemOf(s *scanner, contentType string, hidden secrets) error {
	switch {
	case s.stopped != nil:
		return s.stopped
	case s.broken != nil:
		return fmt.Errorf("the connection broke after %d bytes of the answer: %w", s.offset(), hidden.failure(s.broken))
	case s.problem == "":
		return nil
	case s.offset() == 0:
		return fmt.Errorf("%w: %s (Content-Type %q)", ErrInvalidAnswer, hidden.quotable(s.problem), hidden.quotable(contentType))
	default:
		return fmt.Errorf("%w: %s", ErrInvalidAnswer, hidden.quotable(s.problem))
	}
}

var errTooLong = errors.New("too long")

// A boundedReader returns errTooLong once src has returned more than left bytes.
type boundedReader struct {
	src  io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLong
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.src.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, errTooLong
	}
	return n, err
}
