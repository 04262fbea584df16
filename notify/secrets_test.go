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
)

// marked returns receivers at base, every secret of which holds the mark.
func marked(t *testing.T, base string) map[string]notify.Receiver {
	t.Helper()
	url := secret.New(base + "/" + mark + "?key=" + mark)
	standard, err := notify.NewWebhook(markedWebhook(url))
	require.NoError(t, err)
	discord := markedWebhook(url)
	discord.Format = "discord"
	ntfy := markedWebhook(url)
	ntfy.Format = "ntfy"
	edited, err := notify.NewWebhook(discord)
	require.NoError(t, err)
	topic, err := notify.NewWebhook(ntfy)
	require.NoError(t, err)
	bot, err := notify.NewSlack(notify.SlackConfig{Token: secret.New("xoxb-" + mark), Channel: "C0123456789", APIURL: base})
	require.NoError(t, err)
	incoming, err := notify.NewSlackWebhook(notify.SlackWebhookConfig{URL: url, AllowPrivate: true})
	require.NoError(t, err)
	return map[string]notify.Receiver{
		"webhook": standard, "discord": edited, "ntfy": topic, "slack": bot, "slack webhook": incoming,
	}
}

// markedWebhook is a configuration every secret of which holds the mark.
func markedWebhook(url secret.Text) notify.WebhookConfig {
	return notify.WebhookConfig{
		Name: "ops", URL: url, AllowPrivate: true,
		Secrets: []secret.Text{
			secret.New("whsec_" + strings.Repeat("hunter", 6)), secret.New(strings.Repeat("oldhunter", 4)),
		},
		Headers: []notify.Header{{Name: "Authorization", Value: secret.New("Bearer " + mark)}},
	}
}

func TestConfigurationPrintsNoSecret(t *testing.T) {
	config := markedWebhook(secret.New("https://h.example/" + mark + "?key=" + mark))
	receiver, err := notify.NewWebhook(config)
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
	for name, handler := range echoes {
		server := httptest.NewServer(handler)
		defer server.Close()
		for kind, receiver := range marked(t, server.URL) {
			t.Run(name+" "+kind, func(t *testing.T) {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if name == "slow" {
					ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				}
				defer cancel()
				_, err := receiver.Send(ctx, notification(firing()), nil)
				if err != nil { // a webhook takes any 200
					requireNoMark(t, err)
				}
				require.NotContains(t, fmt.Sprintf("%+v %#v", receiver, receiver), "hunter")
			})
		}
	}
}

// What is kept to find a message again comes from the other side.
func TestReferencesHoldNoSecret(t *testing.T) {
	const told = "xoxb-" + mark + ", Bearer " + mark
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
					ref, err := receiver.Send(t.Context(), notification(firing()), nil)
					require.NotContains(t, string(ref), text)
					if err != nil {
						requireNoMark(t, err)
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
	tls.Config.ErrorLog = discardLog()
	defer tls.Close()
	for _, base := range []string{
		closed.URL, "https://hooks.invalid", tls.URL,
		strings.Replace(tls.URL, "https", "http", 1),
	} {
		for _, receiver := range marked(t, base) {
			_, err := receiver.Send(t.Context(), notification(firing()), nil)
			requireNoMark(t, err)
		}
	}
}

func TestErrorsOfConfigurationHoldNoSecret(t *testing.T) {
	for _, url := range []string{
		mark, "http://h/%zz" + mark, "ftp://h/" + mark, "https://" + mark + ":" + mark + "@h/", "https:///" + mark,
		"https://10.0.0.1/" + mark, "http://h/\x7f" + mark, "https://h:" + mark + "/",
	} {
		_, err := notify.NewWebhook(notify.WebhookConfig{URL: secret.New(url)})
		requireNoMark(t, err)
		_, err = notify.NewSlackWebhook(notify.SlackWebhookConfig{URL: secret.New(url)})
		requireNoMark(t, err)
	}
	for _, signing := range []string{mark, "whsec_" + mark, "whsec_hunter", "whsk_" + mark, strings.Repeat(mark, 9)} {
		config := notify.WebhookConfig{URL: secret.New("https://h/"), Secrets: []secret.Text{secret.New(signing)}}
		_, err := notify.NewWebhook(config)
		requireNoMark(t, err)
		requireNoMark(t, config.Validate())
	}
	for name, value := range map[string]string{
		"Authorization": mark + "\n", "Host": mark, "webhook-id": mark, "a b": mark, "Content-Type": mark,
	} {
		config := notify.WebhookConfig{URL: secret.New("https://h/"), Headers: []notify.Header{{Name: name, Value: secret.New(value)}}}
		requireNoMark(t, config.Validate())
	}
	for _, template := range []string{"{{.Target.Nope}}", "{{.Target}}", "{{index .Target 99}}", `{{printf "%d" .Target | time}}`} {
		config := markedWebhook(secret.New("https://h.example/" + mark))
		config.Template = template
		requireNoMark(t, config.Validate())
	}
	for _, token := range []string{"xapp-" + mark, "xoxb-" + mark + "\n"} {
		_, err := notify.NewSlack(notify.SlackConfig{Token: secret.New(token), Channel: "C0123456789"})
		requireNoMark(t, err)
	}
}
