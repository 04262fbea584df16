package notify_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/email"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/pagerduty"
	"notewatch/notify/slack"
	"notewatch/notify/webhook"
)

// everyHTTP returns a receiver of each kind that speaks HTTP, at a base URL.
func everyHTTP(t *testing.T, base string) map[string]notify.Receiver {
	t.Helper()
	hook, err := webhook.New(webhook.Config{URL: secret.New(base + "/hook"), AllowPrivate: true})
	require.NoError(t, err)
	bot, err := slack.NewBot(slack.BotConfig{Token: secret.New("xoxb-token"), Channel: "C0123456789", APIURL: base})
	require.NoError(t, err)
	incoming, err := slack.NewWebhook(slack.WebhookConfig{URL: secret.New(base + "/services/x"), AllowPrivate: true})
	require.NoError(t, err)
	events, err := pagerduty.New(pagerduty.Config{
		RoutingKey: secret.New("R0123456789ABCDEF0123456789ABCDE"), URL: base + "/v2/enqueue", AllowPrivate: true,
	})
	require.NoError(t, err)
	return map[string]notify.Receiver{"webhook": hook, "Slack": bot, "Slack webhook": incoming, "PagerDuty": events}
}

func TestNobodyFollowsRedirects(t *testing.T) {
	var followed atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer target.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.RedirectHandler(target.URL, status))
		defer server.Close()
		for kind, receiver := range everyHTTP(t, server.URL) {
			failure := fixture.Fails(t, receiver)
			require.Equal(t, notify.Temporary, failure.Class, kind)
			require.ErrorContains(t, failure, "redirects are not followed, give the final URL in the settings of this receiver", kind)
		}
	}
	require.Zero(t, followed.Load())
}

func TestEverybodyChecksCertificates(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	server.Config.ErrorLog = fixture.DiscardLog()
	server.StartTLS() // with a certificate of an authority that nobody knows
	defer server.Close()
	for kind, receiver := range everyHTTP(t, server.URL) {
		require.ErrorContains(t, fixture.Fails(t, receiver), "checking the certificate: x509: certificate signed by unknown authority", kind)
	}
	require.Zero(t, asked.Load())
}

// enough is more than anybody reads of an answer, with what the network keeps.
const enough = 32 << 20

// pour writes without an end, and reports whether the other side hung up before it got enough.
func pour(w io.Writer) bool {
	piece := bytes.Repeat([]byte("x"), 64<<10)
	for range enough / len(piece) {
		if _, err := w.Write(piece); err != nil {
			return true
		}
	}
	return false
}

func TestNobodyReadsAnswersWithoutAnEnd(t *testing.T) {
	for _, status := range []int{200, 400, 403, 500} {
		var answers, stopped atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			answers.Add(1)
			_, _ = io.WriteString(w, `{"ok":true,"error":"`)
			if pour(w) {
				stopped.Add(1)
			}
		}))
		for _, receiver := range everyHTTP(t, server.URL) {
			_, _ = receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil) // some need no more than the status
		}
		server.Close() // waits for the handlers
		require.GreaterOrEqual(t, answers.Load(), int64(4), status)
		require.Equal(t, answers.Load(), stopped.Load(), status)
	}
}

func TestNobodyReadsMailAnswersWithoutAnEnd(t *testing.T) {
	for _, start := range []string{"220 ", "220-", "220-go on\r\n220-"} {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		stopped := make(chan bool, 1)
		go func() {
			defer close(stopped)
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer func() { _ = connection.Close() }()
			_, _ = io.WriteString(connection, start)
			stopped <- pour(connection)
		}()
		receiver, err := email.New(email.Config{Server: listener.Addr().String(), From: "a@example.com", To: []string{"b@example.com"}})
		require.NoError(t, err)
		require.Equal(t, notify.Temporary, fixture.Fails(t, receiver).Class)
		require.True(t, <-stopped)
		require.NoError(t, listener.Close())
	}
}
