package webhook_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
)

// newTemplated returns a receiver with a template that posts to server, and falls back to a format.
func newTemplated(t *testing.T, server *notifytest.Webhook, template, format string) *webhook.Receiver {
	t.Helper()
	webhook, err := webhook.New(webhook.Config{
		Name: "billing", URL: secret.New(server.URL), Template: template, Format: format, AllowPrivate: true,
	})
	require.NoError(t, err)
	return webhook
}

// A copy of a template does what its format does.
func TestWebhookTemplatesCanBeCopied(t *testing.T) {
	for _, format := range webhook.Formats() {
		text, ok := webhook.TemplateText(format)
		if !ok {
			require.Contains(t, []string{"standard", "alertmanager", "cloudevents"}, format)
			continue
		}
		server := newWebhookServer(t)
		for _, webhook := range []*webhook.Receiver{newFormat(t, server, format), newTemplated(t, server, text, "")} {
			_, err := webhook.Send(t.Context(), webhookGroup(), nil)
			require.NoError(t, err)
		}
		require.Equal(t, server.Requests()[0].Body, server.Requests()[1].Body)
		require.Equal(t, server.Requests()[0].Path, server.Requests()[1].Path)
	}
	_, ok := webhook.TemplateText("../webhook.go")
	require.False(t, ok)
}

func TestWebhookTemplateFacts(t *testing.T) {
	muted := fixture.With(func(a *notify.Alert) { a.Mute, a.Ack, a.Body = "silenced by amy", "joe at 13:02 UTC", "one\n  two" })
	for _, test := range []struct{ template, want string }{
		{`[{{json .ID}}, {{json .Key}}, {{json .Rule}}]`, `["msg_4kx0","msg_4kx0-7","data-budget"]`},
		{`[{{json .Status}}, {{json .Level}}, {{json .Tone}}, {{json .Word}}]`, `["firing","critical","critical","FIRING critical"]`},
		{`[{{json .Title}}, {{json (cut 9 .Advice)}}]`, `["sensor-14 has used 41.2 MB of 40 MB this month","Check th…"]`},
		{`[{{json .Mute}}, {{json .Ack}}, {{json .Body}}]`, `["silenced by amy","joe at 13:02 UTC",["one","  two"]]`},
		{`{{json .Subject}}`, `{"UID":"dev:864475044204365","Name":"sensor-14","URL":"https://notehub.io/device/dev:864475044204365"}`},
		{`[{{json .Project.Name}}, {{json .Link}}]`, `["cold-chain","https://notehub.io/device/dev:864475044204365"]`},
		{`[{{json (time .Since)}}, {{json (rfc3339 .AsOf)}}]`, `["Mon 12 Jan 13:50 UTC","2026-01-12T14:04:00Z"]`},
		{`[{{.Count}}, {{.Firing}}, {{.Drill}}, {{.Quiet}}, {{.Posted}}]`, `[1,1,false,false,false]`},
		{`[{{json .Target}}, {{json .Ref}}, {{json (default "none" .Ref)}}]`, `["hook","","none"]`},
		{`[{{range $i, $f := .Figures}}{{if $i}},{{end}}{{json $f.Label}}{{end}}]`, `["bytes.used","limit","usual day","alert since"]`},
		{`{{with index .Data.Alerts 0}}[{{json (figure .Value .Unit)}}, {{json .Value}}]{{end}}`, `["41.2 MB",41200000]`},
		{`[{{json (md "[a](b) *c* <@1>")}}, {{json (bytes 5 "äöü")}}, {{json (path "a/b c")}}]`,
			`["\\[a\\](b) \\*c\\* \\<@1\\>","ä…","a%2Fb%20c"]`},
		{`[{{json (join "|" .Lines)}}]`, `["bytes.used 41.2 MB (103 %) · limit 40 MB · usual day 1.25 MB · alert since Mon 12 Jan 13:50 UTC (15 min)` +
			`|still firing, muted: silenced by amy|acknowledged by joe at 13:02 UTC` +
			`|→ Check the sync period and whether continuous mode was meant to be on.|one|  two` +
			`|dev:864475044204365 · cold-chain · rule data-budget · alert 7f3a · as of Mon 12 Jan 14:04 UTC"]`},
		{`{{json (fit 80 .Lines)}}`, `["… 6 more lines","dev:864475044204365 · cold-chain · rule data-budget · alert 7f3a · as of Mon 12 Jan 14:04 UTC"]`},
		{`{{json (code .Body)}}`, "\"```\\none\\n  two\\n```\""},
	} {
		server := newWebhookServer(t)
		_, err := newTemplated(t, server, test.template, "").Send(t.Context(), fixture.Notification(muted), nil)
		require.NoError(t, err)
		require.JSONEq(t, test.want, string(server.Requests()[0].Body), test.template)
	}
}

// A template sees what changed, and All of the message.
func TestWebhookTemplateOfSeveralAlerts(t *testing.T) {
	server := newWebhookServer(t)
	webhook := newTemplated(t, server, `[{{.Count}}, {{.Firing}}, {{len .Rows}}, {{with .All}}{{.Count}}, {{.Firing}}, {{len .Rows}}{{end}}]`, "")
	_, err := webhook.Send(t.Context(), webhookGroup(), nil)
	require.NoError(t, err)
	require.JSONEq(t, `[2, 1, 2, 3, 2, 3]`, string(server.Requests()[0].Body))
}

func TestWebhookTemplateAsksForARequest(t *testing.T) {
	server := newWebhookServer(t)
	server.Fail(notifytest.Status(http.StatusOK, `{"result":{"id":7}}`), notifytest.Status(http.StatusOK, "not JSON"))
	webhook := newTemplated(t, server, `
		{{define "send"}}{{not (eq .Level "info")}}{{end}}
		{{define "method"}}{{if .Ref}}PUT{{else}}POST{{end}}{{end}}
		{{define "path"}}{{with .Ref}}/items/{{path .}}?again=yes{{end}}{{end}}
		{{define "ref"}}{{.Answer.result.id}}{{end}}
		{"text": {{json .Title}}}`, "")
	ref, err := webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"posted":"msg_4kx0-7","ref":"7"}`, string(ref))
	again, err := webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), ref)
	require.NoError(t, err)
	require.Equal(t, string(ref), string(again), "an answer that does not tell changes nothing")
	same, err := webhook.Send(t.Context(), fixture.Notification(fixture.With(func(a *notify.Alert) { a.Level = "info" })), ref)
	require.ErrorIs(t, err, notify.ErrSkipped)
	require.Equal(t, ref, same)

	requests := server.Requests()
	require.Len(t, requests, 2)
	require.Equal(t, "POST /hook", requests[0].Method+" "+requests[0].Path)
	require.Equal(t, "PUT /hook/items/7?again=yes", requests[1].Method+" "+requests[1].Path)
}

// No path leads to another host.
func TestWebhookTemplateStaysAtItsHost(t *testing.T) {
	for path, want := range map[string]string{
		"//other.example/x": "/hook/other.example/x", "https://other.example/": "/hook/https:/other.example/", "@other.example": "/hook/@other.example",
		"/../../../x": "/x", "?a=1&b=2": "/hook?a=1&b=2", "#x": "/hook/%23x",
	} {
		server := newWebhookServer(t)
		webhook := newTemplated(t, server, `{{define "path"}}`+path+`{{end}}{}`, "")
		_, err := webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		require.Equal(t, want, server.Requests()[0].Path, path)
	}
}

func TestWebhookTemplateIsTriedBeforeItIsUsed(t *testing.T) {
	for _, test := range []struct{ name, template, want string }{
		{"not a template", "{\n  {{.Title", "template: line 2: unclosed action"},
		{"a function that is not there", "{{json .Title}}\n{{shell .Title}}", `template: line 2: function "shell" not defined`},
		{"a fact that is not there", "{\n  {{json .Titel}}}", `template: for an alert that fired: line 2, column 10: executing "body" at <.Titel>`},
		{"not JSON", "{\"a\": 1,\n \"b\": }", `for an alert that fired: what it gives is not JSON at its line 2, column 7, which is " \"b\": }": invalid character '}'`},
		{"JSON that ends early", `{"a": [`, "what it gives is not JSON at its line 1, column 7"},
		{"nothing", "{{/* nothing */}}", "what it gives is not JSON at its line 1, column 1"},
		{"a name without quoting", `{"text": "{{.Data.Rule}}"}`, "for names with quotes and line breaks: what it gives is not JSON"},
		{"only one alert", `{"first": {{json (index .Figures 0)}}}`, "for a report: line 1, column 19"},
		{"nothing is ever sent", `{{define "send"}}false{{end}}{}`, "it sends nothing, whatever happens"},
		{"neither true nor false", `{{define "send"}}yes{{end}}{}`, `send gives "yes": want true or false`},
		{"a method that changes nothing", `{{define "method"}}GET{{end}}{}`, `method gives "GET": want one of POST, PUT, PATCH`},
		{"a path that is none", `{{define "path"}}/%zz{{end}}{}`, "path does not give the end of a URL"},
		{"a loop without end", "{{range 1000000000000}}{{end}}{}", "template: for an alert that fired: line 1, column 24: runs too long"},
		{"a hook that loops", `{{define "path"}}{{range 1000000000000}}{{end}}{{end}}{}`, "runs too long"},
		{"text without end", `"{{range 300000000}}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{end}}"`, "the text is too large"},
		{"a long separator", `{{json (join "` + strings.Repeat("x", 101) + `" .Lines)}}`, "join has a separator of more than 100 bytes"},
		{"a hook that fails", `{{define "path"}}{{.Nope}}{{end}}{}`, "line 1, column 20"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := webhook.Config{Name: "billing", URL: secret.New("https://h.example/"), Template: test.template}
			require.ErrorContains(t, config.Validate(), test.want)
			_, err := webhook.New(config)
			require.ErrorContains(t, err, `checking webhook "billing": template: `)
		})
	}
}

// What a template does not foresee is told in the format to fall back to, and says so.
func TestWebhookTemplateFallsBack(t *testing.T) {
	const breaks = `{"text": {{json .Title}}, "n": {{if eq .ID "msg_4kx0"}}{{index .Rows 99}}{{else}}1{{end}}}`
	const note = "the template of this receiver failed, so this is the built-in text"
	for format, want := range map[string]string{"": `"type":"alert.fired"`, "teams": "AdaptiveCard", "ntfy": `"topic":"hook"`} {
		server := newWebhookServer(t)
		ref, err := newTemplated(t, server, breaks, format).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		require.NotEmpty(t, ref)
		require.Contains(t, string(server.Requests()[0].Body), want)
		require.Contains(t, string(server.Requests()[0].Body), note)
	}
	t.Run("refused", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusBadRequest, "too long"))
		_, err := newTemplated(t, server, `{"text": {{json .Title}}}`, "teams").Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		requests := server.Requests()
		require.Len(t, requests, 2)
		require.JSONEq(t, `{"text":"sensor-14 has used 41.2 MB of 40 MB this month"}`, string(requests[0].Body))
		require.Contains(t, string(requests[1].Body), note)
		require.Equal(t, requests[0].Header.Get("webhook-id"), requests[1].Header.Get("webhook-id"))
	})
	t.Run("refused again", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusBadRequest, ""), notifytest.Status(http.StatusBadRequest, ""))
		failure := fixture.Fails(t, newTemplated(t, server, `{}`, ""))
		require.Equal(t, notify.Payload, failure.Class)
		require.Len(t, server.Requests(), 2)
	})
}

// What a receiver refuses of a built-in template is told with less in it.
func TestWebhookFormatsSayLessWhenRefused(t *testing.T) {
	for _, format := range webhook.Formats() {
		if _, ok := webhook.TemplateText(format); !ok {
			continue
		}
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusBadRequest, "embeds[0].url is not valid"))
		ref, err := newFormat(t, server, format).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		require.JSONEq(t, `{"posted":"msg_4kx0-7"}`, string(ref))
		less := string(server.Requests()[1].Body)
		require.Contains(t, less, "sensor-14 has used 41.2 MB of 40 MB this month")
		require.Contains(t, less, "shortened, because the receiver rejected the full message")
		require.NotContains(t, less, "https://notehub.io")
	}
}

// Names cannot add fields or end a string, whatever they hold.
func TestWebhookTemplatesQuote(t *testing.T) {
	evil := `x", "priority": 5, "y": "{{.Target}}`
	a := fixture.With(func(a *notify.Alert) {
		a.Subject.Name, a.Rule, a.Summary, a.Subject.URL = evil, evil, evil, "javascript:alert(1)"
	})
	for _, format := range webhook.Formats() {
		server := newWebhookServer(t)
		_, err := newFormat(t, server, format).Send(t.Context(), fixture.Notification(a), nil)
		require.NoError(t, err)
		body := server.Requests()[0].Body
		require.True(t, json.Valid(body))
		require.NotContains(t, string(body), `, "priority": 5`)
		require.Contains(t, string(bytes.ReplaceAll(body, []byte(`\\`), nil)), `{{.Target}}`)
		if _, template := webhook.TemplateText(format); template {
			require.NotContains(t, string(body), "javascript:", "%s: a link that is none", format)
		}
	}
}
