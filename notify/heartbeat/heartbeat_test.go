package heartbeat_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify/heartbeat"
)

const path = "/ping/a-secret-path"

func TestCall(t *testing.T) {
	status, called := http.StatusOK, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called++
		assert.Equal(t, http.MethodGet, r.Method)
		assert.Equal(t, path, r.URL.Path)
		w.WriteHeader(status)
	}))
	defer server.Close()
	beat, err := heartbeat.New(heartbeat.Config{URL: secret.New(server.URL + path), AllowPrivate: true})
	require.NoError(t, err)
	require.NoError(t, beat.Call(t.Context()))
	status = http.StatusNotFound
	err = beat.Call(t.Context())
	require.ErrorContains(t, err, "calling heartbeat at "+server.URL+": status 404 Not Found")
	require.NotContains(t, err.Error(), "a-secret-path")
	require.Equal(t, 2, called)
}

// Addresses that are not public are called only if that is allowed.
func TestAddresses(t *testing.T) {
	for url, want := range map[string]string{
		"https://hc-ping.com" + path:   "",
		"http://127.0.0.1:8080" + path: "not public",
		"http://192.168.1.4" + path:    "not public",
		"ftp://example.com" + path:     "does not begin with https://",
		"https://user:pw@x.com" + path: "user or password",
		"":                             "the URL is missing",
	} {
		_, err := heartbeat.New(heartbeat.Config{URL: secret.New(url)})
		if want == "" {
			require.NoError(t, err, url)
			continue
		}
		require.ErrorContains(t, err, want, url)
		require.NotContains(t, err.Error(), "a-secret-path")
	}
}
