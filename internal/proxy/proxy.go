package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"notewatch/internal/secret"
)

// variables name proxies, as net/http reads them.
var variables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}

// CheckEnvironment returns an error that names the variables whose value is not the address of a proxy. net/http ignores such
// a value or reads a part of it as a host. The error does not repeat the values, which may hold a password.
func CheckEnvironment(lookup func(name string) (value string, ok bool)) error {
	var problems []error
	for _, name := range variables {
		if value, _ := lookup(name); value != "" && !named(value) {
			problems = append(problems, fmt.Errorf("%s: not the address of a proxy: want http://host:port", name))
		}
	}
	return errors.Join(problems...)
}

// named reports whether a value names a proxy. Without a scheme, the proxy uses http.
func named(value string) bool {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	return err == nil && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) && u.Hostname() != ""
}

// Of returns the host and port of the proxy for a target. It is "" if the target is reached directly.
func Of(target *url.URL) string {
	via, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	if err != nil || via == nil {
		return ""
	}
	return via.Host
}

// An Error is the failure of a request at a proxy, or on the way through one. Its text repeats only the status of the proxy's answer, and
// never the credentials of the proxy.
type Error struct {
	Proxy       string // host and port
	Target      string // host, and port if the proxy was asked for one
	Status      int    // of the proxy's answer; 0 if there was none and Err is the cause
	Credentials bool   // the proxy was given a user and a password
	Unreachable bool   // there was no connection to the proxy
	Err         error
}

// Error names the proxy, the failure and the next step.
func (e *Error) Error() string {
	switch {
	case e.Status != 0:
		answer := strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
		return fmt.Sprintf("proxy %s answers %s for %s: %s", e.Proxy, answer, e.Target, e.hint())
	case e.Unreachable:
		return fmt.Sprintf("connecting to proxy %s: %v: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY", e.Proxy, e.Err)
	}
	return fmt.Sprintf("through proxy %s: %v", e.Proxy, e.Err)
}

// hint is the next step after a status.
func (e *Error) hint() string {
	switch {
	case e.Status == http.StatusProxyAuthRequired && e.Credentials:
		return "check the user and password in HTTPS_PROXY or HTTP_PROXY"
	case e.Status == http.StatusProxyAuthRequired:
		return "give a user and password: HTTPS_PROXY=http://user:password@host:port"
	case e.Status >= http.StatusInternalServerError:
		return "check that the proxy can reach it, or add it to NO_PROXY"
	}
	return "allow it on the proxy, or add it to NO_PROXY"
}

// Unwrap returns the cause of the failure; nil if the proxy answered.
func (e *Error) Unwrap() error { return e.Err }

// Transport returns a round tripper that makes requests with t and returns failures of its proxy as *Error. t must have a
// Proxy, and nothing else may use it.
func Transport(t *http.Transport) http.RoundTripper {
	t.OnProxyConnectResponse = func(_ context.Context, via *url.URL, asked *http.Request, answer *http.Response) error {
		if answer.StatusCode == http.StatusOK {
			return nil
		}
		return refused(via, asked.Host, answer.StatusCode)
	}
	return &transport{t}
}

type transport struct{ *http.Transport }

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := t.Transport.RoundTrip(request)
	via, viaErr := t.Proxy(request)
	if viaErr != nil || via == nil {
		return answer, err
	}
	if err != nil {
		return nil, failed(via, request.URL.Host, err)
	}
	if answer.StatusCode == http.StatusProxyAuthRequired && request.URL.Scheme == "http" {
		_ = answer.Body.Close()
		return nil, refused(via, request.URL.Host, answer.StatusCode)
	}
	return answer, nil
}

func refused(via *url.URL, target string, status int) *Error {
	return &Error{Proxy: via.Host, Target: target, Status: status, Credentials: via.User != nil}
}

// failed makes an *Error of an error of net/http.
func failed(via *url.URL, target string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{Proxy: via.Host, Target: target, Err: err}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		e.Unreachable, e.Err = true, op.Err
	}
	if repeats(via, err) {
		e.Err = errors.New("the answer is not valid")
	}
	return e
}

// repeats reports whether an error holds the credentials of a proxy. A proxy may repeat them in an answer.
func repeats(via *url.URL, err error) bool {
	if via.User == nil {
		return false
	}
	password, _ := via.User.Password()
	text := err.Error()
	return secret.New(password).In(text) || secret.New(via.User.Username()+":"+password).In(text)
}
