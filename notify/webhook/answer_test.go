package webhook_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
)

// ofTeams is how the older connectors of Teams answer whatever became of a message.
func ofTeams(status string) string {
	return "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error " + status +
		" with ContextId tcid=0,server=x,cv=y."
}

// Some receivers put their error into the text of an answer of 200.
func TestWebhookReadsErrorsInAnswers(t *testing.T) {
	for _, test := range []struct {
		format, text string
		status       int // 0 is a success
		class        notify.Class
	}{
		{"teams", "1", 0, 0},
		{"teams", "", 0, 0},
		{"teams", `{"id": "a response of the workflow"}`, 0, 0},
		{"teams", ofTeams("429"), http.StatusTooManyRequests, notify.Temporary},
		{"teams", ofTeams("413"), http.StatusRequestEntityTooLarge, notify.Payload},
		{"teams", ofTeams("400"), http.StatusBadRequest, notify.Payload},
		{"teams", ofTeams("403"), http.StatusForbidden, notify.Permanent},
		{"teams", ofTeams("503"), http.StatusServiceUnavailable, notify.Temporary},
		{"teams", ofTeams("none"), http.StatusInternalServerError, notify.Temporary},
		{"teams", "Microsoft Teams endpoint returned HTTP error 429", http.StatusTooManyRequests, notify.Temporary},
		{"teams", fixture.SignIn, http.StatusBadGateway, notify.Temporary},
		{"ntfy", `{"id":"x","event":"message","topic":"hook","message":"\"http\":429"}`, 0, 0},
		{"ntfy", `{"code":42901,"http":429,"error":"limit reached"}`, http.StatusTooManyRequests, notify.Temporary},
		{"ntfy", `{"code":40301,"http":403,"error":"forbidden"}`, http.StatusForbidden, notify.Permanent},
		{"ntfy", fixture.SignIn, http.StatusBadGateway, notify.Temporary},
		{"discord", `{"id":"1234"}`, 0, 0},
		{"discord", "", 0, 0},
		{"discord", fixture.SignIn, http.StatusBadGateway, notify.Temporary},
		{"grafana-irm", "Ok.", 0, 0},
		{"grafana-irm", fixture.SignIn, http.StatusBadGateway, notify.Temporary},
		{"incidentio", `{"status":"success","deduplication_key":"m"}`, 0, 0},
		{"incidentio", fixture.SignIn, http.StatusBadGateway, notify.Temporary},
		{"jsm", `{"result":"Request will be processed","took":0.1,"requestId":"r"}`, 0, 0},
		{"jsm", fixture.SignIn, http.StatusBadGateway, notify.Temporary},
		// Any 2xx is a success to these, whatever it says.
		{"standard", fixture.SignIn, 0, 0},
		{"alertmanager", fixture.SignIn, 0, 0},
		{"cloudevents", fixture.SignIn, 0, 0},
	} {
		t.Run(test.format+" "+test.text, func(t *testing.T) {
			server := newWebhookServer(t)
			said := notifytest.Status(http.StatusOK, test.text)
			server.Fail(said, said) // what is refused is sent again with less
			_, err := newFormat(t, server, test.format).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			fixture.RequireAnswered(t, err, test.status, test.class)
		})
	}
}

// A failure keeps its status whatever page comes with it.
func TestWebhookKeepsTheStatusOfFailures(t *testing.T) {
	for _, format := range webhook.Formats() {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusUnauthorized, fixture.SignIn))
		_, err := newFormat(t, server, format).Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		failure, ok := errors.AsType[*notify.Error](err)
		require.True(t, ok)
		require.Equal(t, http.StatusUnauthorized, failure.Status)
	}
}

// A template of a user reads answers as the built-in ones do.
func TestWebhookTemplateReadsErrorsInAnswers(t *testing.T) {
	const text = `{"text": {{json .Title}}}{{define "status"}}{{if eq .Answer.ok false}}{{.Answer.code}}{{end}}{{end}}`
	for answer, status := range map[string]int{
		`{"ok":true}`: 0, `{"ok":false,"code":429}`: 429, `{"ok":false,"code":"no status"}`: 0, `{"ok":false,"code":42}`: 0, `no JSON`: 0,
		`{"ok":false,"code":520}`: 520, `{"ok":false,"code":600}`: 0,
	} {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusOK, answer))
		_, err := newTemplated(t, server, text, "").Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		fixture.RequireAnswered(t, err, status, notify.Temporary)
	}
	require.ErrorContains(t, webhook.Config{
		URL: secret.New("https://h.example/"), Template: `{"text": {{json (find "(" .Title)}}}`,
	}.Validate(), "missing closing )")
}
