package proxy_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/proxy"
)

// net/http reads the environment once.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"HTTPS_PROXY": "http://amy:hunter-2@proxy.example:3128", "HTTP_PROXY": "", "NO_PROXY": "direct.example",
		"https_proxy": "", "http_proxy": "", "no_proxy": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	m.Run()
}

func TestOf(t *testing.T) {
	for target, want := range map[string]string{
		"https://hooks.example.com/x": "proxy.example:3128", "http://hooks.example.com/x": "", "https://direct.example/x": "",
		"https://127.0.0.1/": "", "https://localhost:1/": "",
	} {
		u, err := url.Parse(target)
		require.NoError(t, err)
		require.Equal(t, want, proxy.Of(u), target)
	}
}

func TestCheckEnvironment(t *testing.T) {
	for value, ok := range map[string]bool{
		"": true, "http://proxy:3128": true, "https://amy:hunter-2@proxy": true, "socks5://proxy:1080": true, "proxy:3128": true,
		"amy:hunter-2@proxy:3128": true, "http://amy:hunter-2@[::1:3128": false, "http://": false, "ftp://amy:hunter-2@proxy": false,
	} {
		err := proxy.CheckEnvironment(func(name string) (string, bool) {
			if name == "HTTPS_PROXY" {
				return value, true
			}
			return "", false
		})
		if ok {
			require.NoError(t, err, value)
			continue
		}
		require.EqualError(t, err, "HTTPS_PROXY: not the address of a proxy: want http://host:port", value)
	}
}

// through makes a request through a proxy and returns the status of the answer.
func through(t *testing.T, via, target string) (status int, err error) {
	t.Helper()
	u, err := url.Parse(via)
	require.NoError(t, err)
	client := &http.Client{Transport: proxy.Transport(&http.Transport{Proxy: http.ProxyURL(u), DisableKeepAlives: true})}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader("hello"))
	require.NoError(t, err)
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode, nil
}

// start starts a proxy that answers with a status. It returns its address, with a user and a password.
func start(t *testing.T, answer http.HandlerFunc) (address, host string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	host = strings.TrimPrefix(server.URL, "http://")
	return "http://amy:hunter-2@" + host, host
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name, target string
		status       int
		want         string // without the proxy's name
	}{
		{"credentials", "https://h.example/x", 407, "407 Proxy Authentication Required for h.example:443: check the user and password in HTTPS_PROXY or HTTP_PROXY"},
		{"not allowed", "https://h.example/x", 403, "403 Forbidden for h.example:443: allow it on the proxy, or add it to NO_PROXY"},
		{"no way", "https://h.example:8443/x", 502, "502 Bad Gateway for h.example:8443: check that the proxy can reach it, or add it to NO_PROXY"},
		{"odd", "https://h.example/x", 299, "299 for h.example:443: allow it on the proxy, or add it to NO_PROXY"},
		{"plain", "http://h.example/x", 407, "407 Proxy Authentication Required for h.example: check the user and password in HTTPS_PROXY or HTTP_PROXY"},
	} {
		t.Run(test.name, func(t *testing.T) {
			via, host := start(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, r.Header.Get("Proxy-Authorization"))
			})
			_, err := through(t, via, test.target)
			refused, ok := errors.AsType[*proxy.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, test.status, refused.Status)
			require.EqualError(t, refused, "proxy "+host+" answers "+test.want)
		})
	}
	t.Run("without credentials", func(t *testing.T) {
		_, host := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
		_, err := through(t, "http://"+host, "https://h.example/x")
		require.ErrorContains(t, err, "give a user and password: HTTPS_PROXY=http://user:password@host:port")
	})
}

// Over http, what a proxy answers for itself looks like the answer of the target.
func TestPlainAnswersAreLeftAsTheyAre(t *testing.T) {
	for _, status := range []int{200, 401, 403, 502} {
		via, _ := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		got, err := through(t, via, "http://h.example/x")
		require.NoError(t, err)
		require.Equal(t, status, got)
	}
}

func TestFailuresNameTheProxy(t *testing.T) {
	_, host := start(t, nil)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, test := range []struct {
		name, via   string
		unreachable bool
		want        string
	}{
		{"nobody listens", "http://amy:hunter-2@" + strings.TrimPrefix(gone.URL, "http://"), true, "connecting to proxy 127.0.0.1:"},
		{"no such name", "http://amy:hunter-2@proxy.invalid:3128", true, "connecting to proxy proxy.invalid:3128"},
		{"no TLS", "https://amy:hunter-2@" + host, true, "connecting to proxy " + host},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := through(t, test.via, "https://h.example/x")
			failed, ok := errors.AsType[*proxy.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, test.unreachable, failed.Unreachable)
			require.Zero(t, failed.Status)
			require.ErrorContains(t, failed, test.want)
			require.NotContains(t, failed.Error(), "hunter")
		})
	}
}

// A proxy may answer with what it was sent, in something that is no HTTP.
func TestCredentialsAreNotRepeated(t *testing.T) {
	via, host := start(t, func(w http.ResponseWriter, r *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(connection, r.Header.Get("Proxy-Authorization")+"\r\n\r\n")
		_ = connection.Close()
	})
	for _, target := range []string{"https://h.example/x", "http://h.example/x"} {
		_, err := through(t, via, target)
		require.ErrorContains(t, err, "through proxy "+host+": the answer is not valid")
	}
}

func TestDirectRequestsAreAsBefore(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	defer server.Close()
	client := &http.Client{Transport: proxy.Transport(&http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true})}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	answer, err := client.Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusProxyAuthRequired, answer.StatusCode)
	require.NoError(t, answer.Body.Close())
}
