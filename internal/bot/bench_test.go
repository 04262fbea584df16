package bot_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

// BenchmarkDeliver shows changes of alerts to a local webhook, a message for each alert, beside bare loops that post
// bodies of the same size to it: one after the other, in turns. Every attempt is committed before it is made, and its
// outcome before the next one at the same message. A webhook gets a connection for each post, so that none is posted on
// one that went stale; the first loop does the same, the second keeps its connection. What bounds deliveries is the disk:
// each batch waits for it twice.
func BenchmarkDeliver(b *testing.B) {
	const receivers, alerts = 10, 100 // of each
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "notewatch.db"))
	require.NoError(b, err)
	defer func() { _ = db.Close() }()
	hook, err := webhook.New(webhook.Config{Name: "ops", URL: secret.New(server.URL), AllowPrivate: true})
	require.NoError(b, err)
	config := watch.Config{Bot: bot.Config{Store: db, Clock: bot.SystemClock(), Machine: time.Now, Log: slog.New(slog.DiscardHandler)}}
	var names []string
	for i := range receivers {
		names = append(names, fmt.Sprintf("ops-%d", i))
		config.Receivers = append(config.Receivers, deliver.Receiver{Name: names[i], Batch: deliver.MaxBatch, Receiver: hook})
	}
	sender, err := watch.New(b.Context(), config)
	require.NoError(b, err)

	standing := make([]rules.Alert, alerts)
	for i := range standing {
		standing[i] = rules.Key{Rule: fmt.Sprintf("rule-%d", i), Subject: "dev:1"}.Inactive()
	}
	// change makes each alert say something else, so that every message has to change.
	change := func(turn int) {
		d := store.Decision{Show: map[string][]string{}, Now: time.Now()}
		for i, a := range standing {
			told := rules.Texts{Subject: "pump-7", Summary: fmt.Sprintf("pump-7 has used %d MB of 40 MB this month", turn)}
			standing[i], _ = a.Raise(rules.Warning, told, time.Now())
			d.Alerts = append(d.Alerts, &standing[i])
			d.Show[standing[i].ID] = names
		}
		require.NoError(b, db.Decide(b.Context(), d))
	}
	change(0)
	for _, name := range names {
		begin(b, db, name)
	}
	body := bytes.Repeat([]byte("x"), 900)
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var ours, bare, kept []float64
	turn := 0
	for b.Loop() {
		turn++
		change(turn)
		start := time.Now()
		_, err := sender.Serve(b.Context(), work.Receiver, names...)
		require.NoError(b, err)
		ours = append(ours, receivers*alerts/time.Since(start).Seconds())
		bare = append(bare, rate(b, fresh, server.URL, body, receivers*alerts))
		kept = append(kept, rate(b, server.Client(), server.URL, body, receivers*alerts))
	}
	waiting, err := db.Outbox.Undelivered(b.Context(), names[0])
	require.NoError(b, err)
	require.Empty(b, waiting)
	b.ReportMetric(median(ours), "deliveries/s")
	b.ReportMetric(median(bare), "posts/s")
	b.ReportMetric(median(kept), "kept-posts/s")
	b.ReportMetric(median(ours)/median(bare), "deliveries/post")
	b.ReportMetric(0, "ns/op")
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// rate posts n times and returns how many posts there were in a second.
func rate(b *testing.B, client *http.Client, url string, body []byte, n int) float64 {
	start := time.Now()
	for range n {
		answer, err := client.Post(url, "application/json", bytes.NewReader(body)) //nolint:noctx // as bare as can be
		require.NoError(b, err)
		_ = answer.Body.Close()
	}
	return float64(n) / time.Since(start).Seconds()
}

// begin records that a receiver shows each alert in a message of its own.
func begin(b *testing.B, db *store.Store, receiver string) {
	b.Helper()
	now := time.Now()
	lease, ok, err := db.Work.Claim(b.Context(), work.Receiver, receiver, now, now)
	require.NoError(b, err)
	require.True(b, ok)
	fresh, err := db.Outbox.Undelivered(b.Context(), receiver)
	require.NoError(b, err)
	var sendings []outbox.Sending
	for _, d := range fresh {
		message := outbox.Message{ID: d.Alert.ID + "-" + receiver, Receiver: receiver}
		sendings = append(sendings, outbox.Sending{Message: message, Members: []outbox.Delivery{d}})
	}
	attempts, err := db.Outbox.Begin(b.Context(), lease, sendings, now, now)
	require.NoError(b, err)
	var outcomes []outbox.Outcome
	for i, s := range sendings {
		s.Message.PostedAt = now
		outcomes = append(outcomes, outbox.Outcome{Attempt: attempts[i], Sending: s, Status: outbox.Posted, At: now})
	}
	require.NoError(b, db.Outbox.End(b.Context(), lease, outcomes...))
	require.NoError(b, db.Work.Complete(b.Context(), lease, now, time.Time{}, 0))
}
