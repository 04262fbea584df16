package notehub_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
)

const (
	project = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	token   = "nh_marked-TOKEN_0123456789"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// setup returns a client of a server that answers with handler, below a path as behind a proxy.
func setup(tb testing.TB, handler http.HandlerFunc) *notehub.Client {
	tb.Helper()
	server := httptest.NewServer(http.StripPrefix("/proxy", handler))
	tb.Cleanup(server.Close)
	return newClient(tb, notehub.Config{BaseURL: server.URL + "/proxy/", Token: secret.New(token)})
}

// answering returns a client that always gets body, without a network between.
func answering(tb testing.TB, body string) *notehub.Client {
	tb.Helper()
	return newClient(tb, notehub.Config{
		Token: secret.New(token),
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: http.StatusOK,
				Header:     http.Header{"Content-Type": {"application/json"}},
				Body:       io.NopCloser(strings.NewReader(body)),
			}, nil
		})},
	})
}

func newClient(tb testing.TB, config notehub.Config) *notehub.Client {
	tb.Helper()
	client, err := notehub.New(config)
	require.NoError(tb, err)
	return client
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// keep returns a receiver that appends rows to list, with maps of their own.
func keep[Row any](list *[]Row) func(Row) error {
	return func(row Row) error {
		switch row := any(&row).(type) {
		case *notehub.EventsRow:
			row.Notefiles = maps.Clone(row.Notefiles)
		case *notehub.SessionsRow:
			row.Transports = maps.Clone(row.Transports)
		}
		*list = append(*list, row)
		return nil
	}
}

// daily is a query that every endpoint takes.
func daily() notehub.UsageQuery { return notehub.UsageQuery{Start: start} }
