package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
)

// Names and error texts of Notehub cannot control the terminal.
func TestOutsideTextCannotControlTheTerminal(t *testing.T) {
	const name, trouble = "\x1b[31mred\u202eevil\nline2\x07", `{"err":"no \u001b[2J\u009b0m\u202e way","code":500}`
	hub := notehubtest.New(notehubtest.Config{Now: time.Now, Token: "a-token", Seed: 1, Projects: []notehubtest.Project{{
		UID: "app:1", Name: "one", Devices: []notehubtest.Device{{UID: "dev:1", Name: name, Archetype: notehubtest.HourlySensor}},
	}}})
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !broken.Load() {
			hub.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, trouble)
	}))
	t.Cleanup(server.Close)
	directory := t.TempDir()
	t.Setenv("NOTEWATCH_NOTEHUB_URL", server.URL)
	t.Setenv("NOTEWATCH_DATABASE", filepath.Join(directory, "n.db"))
	t.Setenv("NOTEWATCH_RULES", filepath.Join(directory, "rules.yaml"))
	require.NoError(t, os.WriteFile(os.Getenv("NOTEWATCH_RULES"), []byte(`
projects: [{uid: 'app:1', name: one}]
accounts: [{name: acme, token: a-token, requests_per_minute: 600}]
receivers: [{name: log, terminal: {}}]
rules: [{name: any, each: device, when: events.today >= 0}]
`), 0o600))

	command := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		require.Equal(t, want, run(t.Context(), args, &out, &out), "%s", &out)
		control := func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }
		require.False(t, strings.ContainsFunc(out.String(), control), "%q: %q", args, &out)
		return out.String()
	}
	require.Contains(t, command(exitFiring, "once"), "LEVEL")
	for _, args := range [][]string{{"alerts"}, {"history"}, {"status"}, {"usage"}, {"usage", "dev:1"}, {"explain", "any", "dev:1"}, {"check"}} {
		command(0, args...)
	}
	command(exitFailure, "usage", "\x1b]0;x")
	broken.Store(true)
	require.Contains(t, command(exitFailure, "once"), "way")
	command(0, "status")
}
