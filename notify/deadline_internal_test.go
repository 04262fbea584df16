package notify

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// No receiver waits longer than the lease of a delivery allows, whatever the other side does.
func TestEveryRequestHasADeadline(t *testing.T) {
	var deadline time.Time
	client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		deadline, _ = req.Context().Deadline()
		return nil, errors.New("seen enough")
	})}
	webhook, err := NewWebhook(WebhookConfig{URL: secret.New("https://h.example/")})
	require.NoError(t, err)
	webhook.poster.client = client
	incoming, err := NewSlackWebhook(SlackWebhookConfig{URL: secret.New("https://hooks.slack.com/services/x")})
	require.NoError(t, err)
	incoming.poster.client = client
	pagerDuty, err := NewPagerDuty(PagerDutyConfig{RoutingKey: secret.New("R0123456789ABCDEF0123456789ABCDE")})
	require.NoError(t, err)
	pagerDuty.poster.client = client
	bot, err := NewSlack(SlackConfig{Token: secret.New("xoxb-1"), Channel: "C1", HTTP: client})
	require.NoError(t, err)
	for _, receiver := range []Receiver{webhook, incoming, bot, pagerDuty} {
		deadline = time.Time{}
		_, err := receiver.Send(t.Context(), Notification{Alerts: []Alert{{State: "firing"}}}, nil)
		require.Error(t, err)
		require.False(t, deadline.IsZero())
		require.LessOrEqual(t, time.Until(deadline), 15*time.Second)
	}
}
