package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"notewatch/internal/metrics"
	"notewatch/internal/web"
)

// serve lets a server answer until stop is called, which returns what Serve did; at the end of the test at the latest.
func serve(t *testing.T, server *web.Server) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	t.Cleanup(cancel)
	return func() error {
		cancel()
		return <-served
	}
}

func listen(t *testing.T) *web.Server {
	t.Helper()
	server, err := web.Listen(t.Context(), "127.0.0.1:0", func(context.Context) (string, error) { return "", nil })
	require.NoError(t, err)
	return server
}

func request(ctx context.Context, server *web.Server, method, path string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+server.Address()+path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

func ask(t *testing.T, server *web.Server, method, path string) (status int, body string) {
	t.Helper()
	status, body, err := request(t.Context(), server, method, path)
	require.NoError(t, err)
	return status, body
}

func requireAnswer(t *testing.T, server *web.Server, path string, status int, body string) {
	t.Helper()
	gotStatus, gotBody := ask(t, server, http.MethodGet, path)
	require.Equal(t, status, gotStatus)
	require.Equal(t, body, gotBody)
}

func TestHealth(t *testing.T) {
	var note string
	var sick error
	server, err := web.Listen(t.Context(), "127.0.0.1:0", func(context.Context) (string, error) { return note, sick })
	require.NoError(t, err)
	stop := serve(t, server)

	requireAnswer(t, server, "/readyz", http.StatusOK, "ok\n")
	sick = errors.New(`project "app:1" was not read for 2 h`)
	requireAnswer(t, server, "/readyz", http.StatusServiceUnavailable, "project \"app:1\" was not read for 2 h\n")
	sick = errors.New("Notehub answers 500: \x1b[2J\u202e")
	requireAnswer(t, server, "/readyz", http.StatusServiceUnavailable, `Notehub answers 500: \x1b[2J\u202e`+"\n")
	note = "standing by"
	requireAnswer(t, server, "/readyz", http.StatusServiceUnavailable, `Notehub answers 500: \x1b[2J\u202e`+"\nstanding by\n")
	sick = nil
	requireAnswer(t, server, "/readyz", http.StatusOK, "ok\nstanding by\n")
	requireAnswer(t, server, "/livez", http.StatusOK, "ok\n")
	requireAnswer(t, server, "/", http.StatusNotFound, "404 page not found\n")

	require.NoError(t, stop())
}

func TestMetrics(t *testing.T) {
	server := listen(t)
	server.Handle("GET /metrics", metrics.New("1.2.3").Handler(slog.New(slog.DiscardHandler)))
	serve(t, server)

	status, body := ask(t, server, http.MethodGet, "/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "notewatch_build_info{version=\"1.2.3\"} 1\n")
	status, _ = ask(t, server, http.MethodPost, "/metrics")
	require.Equal(t, http.StatusMethodNotAllowed, status)
}

func TestAddressInUse(t *testing.T) {
	first := listen(t)
	_, err := web.Listen(t.Context(), first.Address(), nil)
	require.ErrorContains(t, err, first.Address())
	require.ErrorContains(t, err, "address already in use")
	require.ErrorContains(t, err, "NOTEWATCH_LISTEN")
}

// A request that is being answered when the server is told to stop is answered before Serve returns.
func TestStopLetsRequestsFinish(t *testing.T) {
	server, begun, finish := listen(t), make(chan struct{}), make(chan struct{})
	var finished bool
	server.Handle("GET /slow", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		finished = true
		_, _ = fmt.Fprint(w, "done")
	}))
	stop := serve(t, server)
	var client errgroup.Group
	client.Go(func() error {
		status, body, err := request(t.Context(), server, http.MethodGet, "/slow")
		if status != http.StatusOK || body != "done" {
			return fmt.Errorf("got %d %q: %w", status, body, err)
		}
		return nil
	})
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	requireRefuses(t, server)
	require.Empty(t, stopped)
	close(finish)
	require.NoError(t, <-stopped)
	require.True(t, finished)
	require.NoError(t, client.Wait())
}

// requireRefuses waits until the server takes no more connections.
func requireRefuses(t *testing.T, server *web.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Address())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, time.Minute, time.Millisecond)
}

// Linking net/http/pprof registers profiles on http.DefaultServeMux; the public server must not serve them.
func TestNoProfilesInPublic(t *testing.T) {
	server := listen(t)
	serve(t, server)
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/heap", "/debug/pprof/profile", "/debug/vars"} {
		requireAnswer(t, server, path, http.StatusNotFound, "404 page not found\n")
	}
}

func TestProfiles(t *testing.T) {
	server, err := web.ListenProfile(t.Context(), "localhost:0")
	require.NoError(t, err)
	stop := serve(t, server)

	for path, want := range map[string]string{
		"/debug/pprof/":                  "full goroutine stack dump",
		"/debug/pprof/goroutine?debug=1": "goroutine profile: total",
		"/debug/pprof/heap?debug=1":      "heap profile:",
		"/debug/pprof/cmdline":           "web.test",
		"/debug/pprof/symbol":            "num_symbols: 1",
	} {
		status, body := ask(t, server, http.MethodGet, path)
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, want, path)
	}
	requireAnswer(t, server, "/readyz", http.StatusNotFound, "404 page not found\n")
	require.NoError(t, stop())
}

func TestProfilesOnlyOnLoopback(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "10.0.0.1:6060"} {
		_, err := web.ListenProfile(t.Context(), address)
		require.EqualError(t, err, fmt.Sprintf(
			"listening on %q: profiles are served on a loopback address only, such as 127.0.0.1:6060", address))
	}
}
