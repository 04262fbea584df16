package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/web"
)

func TestHealth(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var sick error
	server, err := web.Listen(ctx, "127.0.0.1:0", func(context.Context) error { return sick })
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()

	requireAnswer(t, server, "/readyz", http.StatusOK, "ok\n")
	sick = errors.New(`project "app:1" was not read for 2 h`)
	requireAnswer(t, server, "/readyz", http.StatusServiceUnavailable, "project \"app:1\" was not read for 2 h\n")
	requireAnswer(t, server, "/livez", http.StatusOK, "ok\n")
	requireAnswer(t, server, "/", http.StatusNotFound, "404 page not found\n")

	stop()
	require.NoError(t, <-served)
}

func requireAnswer(t *testing.T, server *web.Server, path string, status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Address()+path, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	got, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode)
	require.Equal(t, body, string(got))
}

func TestAddressInUse(t *testing.T) {
	first, err := web.Listen(t.Context(), "127.0.0.1:0", nil)
	require.NoError(t, err)
	_, err = web.Listen(t.Context(), first.Address(), nil)
	require.ErrorContains(t, err, first.Address())
	require.ErrorContains(t, err, "address already in use")
	require.ErrorContains(t, err, "NOTEWATCH_LISTEN")
}
