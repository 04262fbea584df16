package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/webhook"
)

func TestWebhookSendsHeaders(t *testing.T) {
	server := newWebhookServer(t)
	for format, contentType := range map[string]string{"standard": "application/json", "cloudevents": "application/cloudevents+json; charset=utf-8"} {
		webhook, err := webhook.New(webhook.Config{
			URL: secret.New(server.URL), Format: format, AllowPrivate: true,
			Headers: []webhook.Header{
				{Name: "authorization", Value: secret.New("Bearer tk_1")},
				{Name: "X-Scope", Value: secret.New("fleet, größer")},
				{Name: "User-Agent", Value: secret.New("ours")},
			},
		})
		require.NoError(t, err)
		_, err = webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		requests := server.Requests()
		header := requests[len(requests)-1].Header
		require.Equal(t, []string{"Bearer tk_1"}, header["Authorization"])
		require.Equal(t, "fleet, größer", header.Get("X-Scope"))
		require.Equal(t, "ours", header.Get("User-Agent"))
		require.Equal(t, contentType, header.Get("Content-Type"))
	}
}

func TestWebhookSendsAnotherJSONType(t *testing.T) {
	server := newWebhookServer(t)
	webhook, err := webhook.New(webhook.Config{
		URL: secret.New(server.URL), AllowPrivate: true,
		Headers: []webhook.Header{{Name: "content-type", Value: secret.New("application/vnd.alert+json")}},
	})
	require.NoError(t, err)
	_, err = webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"application/vnd.alert+json"}, server.Requests()[0].Header["Content-Type"])
	require.Equal(t, "notewatch", server.Requests()[0].Header.Get("User-Agent"))
}

func TestWebhookHeadersAreChecked(t *testing.T) {
	for _, test := range []struct{ name, header, value, want string }{
		{"no name", "", "x", "the name is not one"},
		{"blank in the name", "X Key", "x", "the name is not one"},
		{"colon in the name", "X-Key:", "x", "the name is not one"},
		{"line break in the name", "X\r\nY", "x", "the name is not one"},
		{"letters beyond ASCII", "X-Größe", "x", "the name is not one"},
		{"host", "host", "x", "it cannot be set"},
		{"length", "Content-Length", "1", "it cannot be set"},
		{"framing", "transfer-encoding", "chunked", "it cannot be set"},
		{"of a proxy", "Proxy-Authorization", "x", "it cannot be set"},
		{"id", "webhook-id", "x", "it belongs to the signature"},
		{"signature", "WEBHOOK-SIGNATURE", "v1,x", "it belongs to the signature"},
		{"no value", "X-Key", "", "the value is missing"},
		{"line break", "X-Key", "x\r\nY: z", "the value has a line break"},
		{"line break at the end", "X-Key", "x\n", "the value has a line break"},
		{"escape", "X-Key", "x\x1b", "the value has a line break or another control character"},
		{"another type", "Content-Type", "text/plain", "the body is JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := webhook.Config{
				URL: secret.New("https://h/"), Headers: []webhook.Header{{Name: test.header, Value: secret.New(test.value)}},
			}.Validate()
			require.ErrorContains(t, err, test.want)
		})
	}
	require.ErrorContains(t, webhook.Config{URL: secret.New("https://h/"), Headers: []webhook.Header{
		{Name: "X-Key", Value: secret.New("1")}, {Name: "x-key", Value: secret.New("2")},
	}}.Validate(), `header "x-key": it is there twice`)
}
