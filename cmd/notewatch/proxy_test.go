package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
)

// An egress is a proxy that is the only way out: it leads to a webhook receiver with the name open.example.com, and refuses
// all others with a status.
type egress map[string]int // status by host and port

// start starts the proxy and returns its address.
func (e egress) start(t *testing.T, open string) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "open.example.com:443" {
			tunnel(r, w, open)
			return
		}
		w.WriteHeader(e[r.Host])
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return strings.TrimPrefix(server.URL, "http://")
}

// Everything that is reached over HTTP goes through the proxy, and what that refuses is reported as the proxy's answer.
func TestProxyIsNamed(t *testing.T) {
	e := egress{
		"shut.example.com:443": 403, "events.pagerduty.com:443": 407, "slack.com:443": 502, "hooks.slack.com:443": 503, "api.notefile.net:443": 403,
	}
	certificate := newCertificate(t, "open.example.com")
	var taken atomic.Int64
	hook := startTLS(t, certificate, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken.Add(1) }))
	proxy := e.start(t, hook.URL)
	run := behindProxy(t, proxy, certificate.Certificate[0], `accounts: [{name: lab, token: a-token, requests_per_minute: 6000}]
projects: [{uid: 'app:1', name: lab}]
receivers:
  - {name: open, webhook: {url: 'https://open.example.com/hook'}}
  - {name: shut, webhook: {url: 'https://shut.example.com/hook'}}
  - {name: pager, pagerduty: {routing_key: 0123456789abcdef0123456789abcdef}}
  - {name: team, slack: {channel: C0123456789}}
  - {name: guests, slack: {url: 'https://hooks.slack.com/services/T1/B1/x'}}
  - {name: direct, webhook: {url: 'https://direct.example.com/hook'}}
rules: [{name: spike, each: device, when: events.today >= 0, notify: [open, shut, pager, team, guests]}]
`)
	checked, err := run("check")
	require.NoError(t, err, checked)
	require.Contains(t, checked, "Through proxy "+proxy+": Notehub, open, shut, pager, team, guests.\n")

	refused, err := run("once")
	require.Error(t, err)
	require.Contains(t, refused, "proxy "+proxy+" answers 403 Forbidden for api.notefile.net:443: allow it on the proxy, or add it to NO_PROXY")
	require.NotContains(t, refused, "Notehub answers")
	status, err := run("status")
	require.NoError(t, err)
	require.Contains(t, status, "proxy "+proxy+" answers 403")

	hub := notehubtest.New(notehubtest.Config{
		Now: time.Now, Token: "a-token", Seed: 1,
		Projects: []notehubtest.Project{{UID: "app:1", Devices: notehubtest.Fleet(1, 1, time.Now().AddDate(-1, 0, 0), notehubtest.Typical())}},
	})
	local := httptest.NewServer(hub)
	t.Cleanup(local.Close)
	t.Setenv("NOTEWATCH_NOTEHUB_URL", local.URL)
	fired, err := run("once")
	require.Error(t, err)
	for _, want := range []string{
		`posting to webhook "shut" at https://shut.example.com: proxy PROXY answers 403 Forbidden for shut.example.com:443: allow it on the proxy`,
		`posting to PagerDuty "pager" at https://events.pagerduty.com: proxy PROXY answers 407 Proxy Authentication Required for events.pagerduty.com:443`,
		`posting to Slack channel "C0123456789": proxy PROXY answers 502 Bad Gateway for slack.com:443: check that the proxy can reach it`,
		`posting to Slack webhook "guests" at https://hooks.slack.com: proxy PROXY answers 503 Service Unavailable for hooks.slack.com:443`,
	} {
		require.Contains(t, strings.ReplaceAll(fired, `\"`, `"`), strings.ReplaceAll(want, "PROXY", proxy))
	}
	require.NotZero(t, taken.Load(), "what the proxy lets through arrives")
}

// behindProxy returns what runs notewatch with a rules file behind a proxy with a password, and gives what it prints.
func behindProxy(t *testing.T, proxy string, trusted []byte, rules string) func(args ...string) (printed string, err error) {
	t.Helper()
	folder := t.TempDir()
	roots := filepath.Join(folder, "roots.pem")
	require.NoError(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted}), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "rules.yaml"), []byte(rules), 0o600))
	return func(args ...string) (string, error) {
		c := exec.CommandContext(t.Context(), "notewatch", args...)
		c.Dir = folder
		c.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "SSL_CERT_FILE=" + roots, "COLUMNS=400",
			"HTTPS_PROXY=http://amy:hunter-2@" + proxy, "NO_PROXY=direct.example.com",
			"NOTEWATCH_NOTEHUB_URL=" + os.Getenv("NOTEWATCH_NOTEHUB_URL"), "NOTEWATCH_NOTEHUB_TOKEN=a-token", "NOTEWATCH_SLACK_BOT_TOKEN=xoxb-1",
		}
		printed, err := c.CombinedOutput()
		require.NotContains(t, string(printed), "hunter")
		return string(printed), err
	}
}

// Where a proxy connects, the address of a webhook is checked by its name.
func TestProxyDoesNotLeadInside(t *testing.T) {
	run := behindProxy(t, "127.0.0.1:1", nil, `projects: [{uid: 'app:1'}]
receivers:
  - {name: metadata, webhook: {url: 'https://metadata.google.internal/x'}}
  - {name: short, webhook: {url: 'https://127.1/x'}}
  - {name: intranet, webhook: {url: 'https://intranet/x', allow_private: true}}
rules: [{name: spike, when: events.today > 500}]
`)
	printed, err := run("check")
	require.Error(t, err)
	require.Contains(t, printed, `receiver "metadata": "metadata.google.internal" is not a public name, and proxy 127.0.0.1:1 would connect to it`)
	require.Contains(t, printed, `receiver "short": "127.1" is not a public name`)
	require.NotContains(t, printed, "intranet")
}

// A proxy that is not one is a mistake in the settings, and its password is not repeated.
func TestProxyIsChecked(t *testing.T) {
	run := behindProxy(t, "[::1:3128", nil, `projects: [{uid: 'app:1'}]
receivers: [{name: open, webhook: {url: 'https://open.example.com/x'}}]
rules: [{name: spike, when: events.today > 500}]
`)
	printed, err := run("check")
	require.Error(t, err)
	require.Contains(t, printed, "HTTPS_PROXY: not the address of a proxy: want http://host:port")
}
