package post

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/proxy"
	"notewatch/notify"
)

// behind returns a poster that reaches target through a proxy which answers all requests itself. via is its address.
func behind(t *testing.T, target string, answer http.HandlerFunc) (p Poster, via string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	via = strings.TrimPrefix(server.URL, "http://")
	to, err := url.Parse(target)
	require.NoError(t, err)
	transport := newTransport(Dialer())
	transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: via, User: url.UserPassword("amy", "hunter-2")})
	return Poster{URL: to, Client: &http.Client{Transport: proxy.Transport(transport)}, What: "it", Via: via}, via
}

// What a proxy refuses is a fault of the way: it is tried again, and no receiver is blamed for it.
func TestProxyRefusals(t *testing.T) {
	for _, test := range []struct {
		name, target string
		status       int
		want         string // VIA is the proxy
	}{
		{"407", "https://h.example/s3cret", 407, "posting to it: proxy VIA answers 407 Proxy Authentication Required for h.example:443: check the user"},
		{"403", "https://h.example/s3cret", 403, "posting to it: proxy VIA answers 403 Forbidden for h.example:443: allow it on the proxy"},
		{"502", "https://h.example/s3cret", 502, "posting to it: proxy VIA answers 502 Bad Gateway for h.example:443: check that the proxy can reach it"},
		{"http 407", "http://h.example/s3cret", 407, "posting to it: proxy VIA answers 407 Proxy Authentication Required for h.example: check the user"},
		{"http 403", "http://h.example/s3cret", 403, "posting to it: status 403 Forbidden: it is from the receiver or from proxy VIA: check both"},
		{"http 502", "http://h.example/s3cret", 502, "posting to it: status 502 Bad Gateway: it is from the receiver or from proxy VIA: check both"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, via := behind(t, test.target, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(test.status) })
			got, err := p.Send(t.Context(), http.MethodPost, p.URL, http.Header{}, []byte("{}"))
			if err == nil {
				err = Refusal("posting to "+p.What, got, time.Time{})
			}
			failure, ok := errors.AsType[*notify.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, notify.Temporary, failure.Class)
			require.ErrorContains(t, err, strings.ReplaceAll(test.want, "VIA", via))
			require.NotContains(t, err.Error(), "hunter")
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
	t.Run("its receiver", func(t *testing.T) {
		p, _ := behind(t, "http://h.example/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
		got, err := p.Send(t.Context(), http.MethodPost, p.URL, http.Header{}, nil)
		require.NoError(t, err)
		failure := Refusal("posting to it", got, time.Time{})
		require.Equal(t, notify.Permanent, failure.Class)
		require.NotContains(t, failure.Error(), "proxy")
	})
}

// Behind a proxy a name is all that can be checked.
func TestCheckHost(t *testing.T) {
	for _, host := range []string{"8.8.8.8", "2606:4700:4700::1111", "hooks.example.com", "xn--bcher-kva.example", "a-1.b2.example.", "1.example.org"} {
		require.NoError(t, CheckHost(host, ""), host)
		require.NoError(t, CheckHost(host, "proxy:3128"), host)
	}
	for _, host := range []string{"10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1%eth0"} {
		require.ErrorContains(t, CheckHost(host, ""), "is not public", host)
		require.ErrorContains(t, CheckHost(host, "proxy:3128"), "is not public", host)
	}
	for _, host := range []string{
		"localhost", "LOCALHOST", "localhost.", "api.localhost", "intranet", "metadata", "metadata.google.internal", "printer.local", "nas.home.arpa",
		"2130706433", "127.1", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "127.0.0.0x1", "１２７.０.０.１", "localhost。", "bücher.example", "h..",
	} {
		require.NoError(t, CheckHost(host, ""), "%s: the guard sees where it leads", host)
		require.ErrorContains(t, CheckHost(host, "proxy:3128"), "is not a public name, and proxy proxy:3128 would connect to it", host)
	}
}
