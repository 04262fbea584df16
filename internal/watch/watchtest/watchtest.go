package watchtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

// Client starts a simulated Notehub, until the test ends, and returns a client of it.
func Client(t testing.TB, hub *notehubtest.Server, token string) *notehub.Client {
	t.Helper()
	address, stop, err := hub.Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	client, err := notehub.New(notehub.Config{BaseURL: address, Token: secret.New(token)})
	require.NoError(t, err)
	return client
}

// Webhook returns a receiver, and the webhook that it posts to.
func Webhook(t testing.TB, name string) (*notifytest.Webhook, deliver.Receiver) {
	t.Helper()
	hook := notifytest.NewWebhook()
	t.Cleanup(hook.Close)
	sender, err := webhook.New(webhook.Config{Name: name, URL: secret.New(hook.URL), AllowPrivate: true})
	require.NoError(t, err)
	return hook, deliver.Receiver{Name: name, Receiver: sender}
}

// Compile returns a rule that has no problems.
func Compile(t testing.TB, spec rules.Spec) *rules.Rule {
	t.Helper()
	rule, problems := rules.Compile(spec)
	require.Empty(t, problems)
	return rule
}

// RunUntil serves what is due until an instant. now returns the time of the watch; forward moves it ahead to a later time, and never back.
func RunUntil(t testing.TB, w *watch.Watch, until time.Time, now func() time.Time, forward func(to time.Time)) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // SQLite would start a goroutine for each statement to watch a context that ends
	for !now().After(until) {
		next, err := w.Turn(ctx)
		require.NoError(t, err)
		if next.IsZero() || next.After(until) {
			break
		}
		forward(next)
	}
	forward(until)
}
