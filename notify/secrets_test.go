package notify_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/slack"
	"notewatch/notify/webhook"
)

// marked returns receivers at base, every secret of which holds the mark.
func marked(t *testing.T, base string) map[string]notify.Receiver {
	t.Helper()
	url := secret.New(base + "/" + fixture.Mark + "?key=" + fixture.Mark)
	standard, err := webhook.New(markedWebhook(url))
	require.NoError(t, err)
	discord := markedWebhook(url)
	discord.Format = "discord"
	ntfy := markedWebhook(url)
	ntfy.Format = "ntfy"
	edited, err := webhook.New(discord)
	require.NoError(t, err)
	topic, err := webhook.New(ntfy)
	require.NoError(t, err)
	bot, err := slack.NewBot(slack.BotConfig{Token: secret.New("xoxb-" + fixture.Mark), Channel: "C0123456789", APIURL: base})
	require.NoError(t, err)
	incoming, err := slack.NewWebhook(slack.WebhookConfig{URL: url, AllowPrivate: true})
	require.NoError(t, err)
	return map[string]notify.Receiver{
		"webhook": standard, "discord": edited, "ntfy": topic, "slack": bot, "slack webhook": incoming,
	}
}

// markedWebhook is a configuration every secret of which holds the mark.
func markedWebhook(url secret.Text) webhook.Config {
	return webhook.Config{
		Name: "ops", URL: url, AllowPrivate: true,
		Secrets: []secret.Text{
			secret.New("whsec_" + strings.Repeat("hunter", 6)), secret.New(strings.Repeat("oldhunter", 4)),
		},
		Headers: []webhook.Header{{Name: "Authorization", Value: secret.New("Bearer " + fixture.Mark)}},
	}
}

func TestConfigurationPrintsNoSecret(t *testing.T) {
	config := markedWebhook(secret.New("https://h.example/" + fixture.Mark + "?key=" + fixture.Mark))
	receiver, err := webhook.New(config)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("starting", "config", config, "receiver", receiver)
	slog.New(slog.NewTextHandler(&log, nil)).Info("starting", "config", config, "header", config.Headers[0], "receiver", receiver)
	marshalled, err := json.Marshal([]any{config, receiver})
	require.NoError(t, err)
	for _, printed := range []string{
		fmt.Sprintf("%v %+v %#v", config, config, config),
		fmt.Sprintf("%v %+v %#v", &config, config.Headers, config.Headers[0]),
		fmt.Sprintf("%v %+v %#v", receiver, receiver, receiver),
		fmt.Sprintf("%v %+v %#v", *receiver, *receiver, *receiver),
		log.String(), string(marshalled),
	} {
		require.NotContains(t, printed, "hunter")
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	for name, handler := range fixture.Echoes {
		server := httptest.NewServer(handler)
		defer server.Close()
		for kind, receiver := range marked(t, server.URL) {
			t.Run(name+" "+kind, func(t *testing.T) {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if name == "slow" {
					ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				}
				defer cancel()
				_, err := receiver.Send(ctx, fixture.Notification(fixture.Firing()), nil)
				if err != nil { // a webhook takes any 200
					fixture.RequireNoMark(t, err)
				}
				require.NotContains(t, fmt.Sprintf("%+v %#v", receiver, receiver), "hunter")
			})
		}
	}
}

// What is kept to find a message again comes from the other side.
func TestReferencesHoldNoSecret(t *testing.T) {
	const told = "xoxb-" + fixture.Mark + ", Bearer " + fixture.Mark
	for name, answer := range map[string]string{
		"id": `{"id":"%s"}`, "ts": `{"ok":true,"channel":"C1","ts":"%s"}`, "channel": `{"ok":true,"channel":"%s","ts":"1.2"}`,
		"code": `{"ok":false,"error":"invalid_%s"}`,
	} {
		for how, text := range map[string]string{
			"as it is": told, "upper case": strings.ToUpper(told), "base64": base64.StdEncoding.EncodeToString([]byte(told)),
		} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, answer, text) }))
			defer server.Close()
			for kind, receiver := range marked(t, server.URL) {
				t.Run(name+" "+how+" "+kind, func(t *testing.T) {
					ref, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
					require.NotContains(t, string(ref), text)
					if err != nil {
						fixture.RequireNoMark(t, err)
					}
				})
			}
		}
	}
}

func TestErrorsOfTheNetworkHoldNoSecret(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	tls.Config.ErrorLog = fixture.DiscardLog()
	defer tls.Close()
	for _, base := range []string{
		closed.URL, "https://hooks.invalid", tls.URL,
		strings.Replace(tls.URL, "https", "http", 1),
	} {
		for _, receiver := range marked(t, base) {
			_, err := receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			fixture.RequireNoMark(t, err)
		}
	}
}

func TestErrorsOfConfigurationHoldNoSecret(t *testing.T) {
	for _, url := range []string{
		fixture.Mark, "http://h/%zz" + fixture.Mark, "ftp://h/" + fixture.Mark, "https://" + fixture.Mark + ":" + fixture.Mark + "@h/", "https:///" + fixture.Mark,
		"https://10.0.0.1/" + fixture.Mark, "http://h/\x7f" + fixture.Mark, "https://h:" + fixture.Mark + "/",
	} {
		_, err := webhook.New(webhook.Config{URL: secret.New(url)})
		fixture.RequireNoMark(t, err)
		_, err = slack.NewWebhook(slack.WebhookConfig{URL: secret.New(url)})
		fixture.RequireNoMark(t, err)
	}
	for _, signing := range []string{fixture.Mark, "whsec_" + fixture.Mark, "whsec_hunter", "whsk_" + fixture.Mark, strings.Repeat(fixture.Mark, 9)} {
		config := webhook.Config{URL: secret.New("https://h/"), Secrets: []secret.Text{secret.New(signing)}}
		_, err := webhook.New(config)
		fixture.RequireNoMark(t, err)
		fixture.RequireNoMark(t, config.Validate())
	}
	for name, value := range map[string]string{
		"Authorization": fixture.Mark + "\n", "Host": fixture.Mark, "webhook-id": fixture.Mark, "a b": fixture.Mark, "Content-Type": fixture.Mark,
	} {
		config := webhook.Config{URL: secret.New("https://h/"), Headers: []webhook.Header{{Name: name, Value: secret.New(value)}}}
		fixture.RequireNoMark(t, config.Validate())
	}
	for _, template := range []string{"{{.Target.Nope}}", "{{.Target}}", "{{index .Target 99}}", `{{printf "%d" .Target | time}}`} {
		config := markedWebhook(secret.New("https://h.example/" + fixture.Mark))
		config.Template = template
		fixture.RequireNoMark(t, config.Validate())
	}
	for _, token := range []string{"xapp-" + fixture.Mark, "xoxb-" + fixture.Mark + "\n"} {
		_, err := slack.NewBot(slack.BotConfig{Token: secret.New(token), Channel: "C0123456789"})
		fixture.RequireNoMark(t, err)
	}
}
