package notify_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/notifytest"
)

// signIn is what a proxy or portal answers in place of a receiver.
const signIn = "\r\n<!DOCTYPE html><html><body>Sign in to your network</body></html>"

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
		{"teams", signIn, http.StatusBadGateway, notify.Temporary},
		{"ntfy", `{"id":"x","event":"message","topic":"hook","message":"\"http\":429"}`, 0, 0},
		{"ntfy", `{"code":42901,"http":429,"error":"limit reached"}`, http.StatusTooManyRequests, notify.Temporary},
		{"ntfy", `{"code":40301,"http":403,"error":"forbidden"}`, http.StatusForbidden, notify.Permanent},
		{"ntfy", signIn, http.StatusBadGateway, notify.Temporary},
		{"discord", `{"id":"1234"}`, 0, 0},
		{"discord", "", 0, 0},
		{"discord", signIn, http.StatusBadGateway, notify.Temporary},
		{"grafana-irm", "Ok.", 0, 0},
		{"grafana-irm", signIn, http.StatusBadGateway, notify.Temporary},
		{"incidentio", `{"status":"success","deduplication_key":"m"}`, 0, 0},
		{"incidentio", signIn, http.StatusBadGateway, notify.Temporary},
		{"jsm", `{"result":"Request will be processed","took":0.1,"requestId":"r"}`, 0, 0},
		{"jsm", signIn, http.StatusBadGateway, notify.Temporary},
		// Any 2xx is a success to these, whatever it says.
		{"standard", signIn, 0, 0},
		{"alertmanager", signIn, 0, 0},
		{"cloudevents", signIn, 0, 0},
	} {
		t.Run(test.format+" "+test.text, func(t *testing.T) {
			server := newWebhookServer(t)
			said := notifytest.Status(http.StatusOK, test.text)
			server.Fail(said, said) // what is refused is sent again with less
			_, err := newFormat(t, server, test.format).Send(t.Context(), notification(firing()), nil)
			requireAnswered(t, err, test.status, test.class)
		})
	}
}

// requireAnswered checks what became of a message whose receiver answered 200.
func requireAnswered(t *testing.T, err error, status int, class notify.Class) {
	t.Helper()
	if status == 0 {
		require.NoError(t, err)
		return
	}
	failure, ok := errors.AsType[*notify.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, status, failure.Status)
	require.Equal(t, class, failure.Class)
	if status == http.StatusBadGateway {
		require.ErrorContains(t, err, "status 200 with a web page, which is not its answer")
	} else {
		require.ErrorContains(t, err, http.StatusText(status)+" in the text of an answer with status 200")
	}
	require.NotContains(t, err.Error(), "ContextId")
}

// A failure keeps its status whatever page comes with it.
func TestWebhookKeepsTheStatusOfFailures(t *testing.T) {
	for _, format := range notify.Formats() {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusUnauthorized, signIn))
		_, err := newFormat(t, server, format).Send(t.Context(), notification(firing()), nil)
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
		_, err := newTemplated(t, server, text, "").Send(t.Context(), notification(firing()), nil)
		requireAnswered(t, err, status, notify.Temporary)
	}
	require.ErrorContains(t, notify.WebhookConfig{
		URL: secret.New("https://h.example/"), Template: `{"text": {{json (find "(" .Title)}}}`,
	}.Validate(), "missing closing )")
}

func TestPagerDutyReadsErrorsInAnswers(t *testing.T) {
	for _, test := range []struct {
		name, text string
		status     int
		class      notify.Class
	}{
		{"success", `{"status":"success","message":"Event processed","dedup_key":"m"}`, 0, 0},
		{"nothing", "", 0, 0},
		{"throttled", `{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly."}`, 429, notify.Temporary},
		{"refused", `{"status":"invalid event","message":"Event object is invalid"}`, 400, notify.Payload},
		{"a page", signIn, 502, notify.Temporary},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newWebhookServer(t)
			server.Fail(notifytest.Status(http.StatusOK, test.text))
			receiver, err := notify.NewPagerDuty(notify.PagerDutyConfig{
				RoutingKey: secret.New("0123456789abcdef0123456789abcdef"), URL: server.URL, AllowPrivate: true,
			})
			require.NoError(t, err)
			_, err = receiver.Send(t.Context(), notification(firing()), nil)
			requireAnswered(t, err, test.status, test.class)
		})
	}
}

func TestSlackWebhookReadsErrorsInAnswers(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		class            notify.Class
	}{
		{"ok", "ok\n", "", 0},
		{"a code", "no_service", "no_service: the webhook was removed", notify.Permanent},
		{"a page", signIn, "status 200 with a web page, which is not its answer", notify.Temporary},
		{"nothing", "", `status 200 without the text "ok"`, notify.Temporary},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newWebhookServer(t)
			server.Fail(notifytest.Status(http.StatusOK, test.text))
			receiver, err := notify.NewSlackWebhook(notify.SlackWebhookConfig{URL: secret.New(server.URL), AllowPrivate: true})
			require.NoError(t, err)
			_, err = receiver.Send(t.Context(), notification(firing()), nil)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			failure, ok := errors.AsType[*notify.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, test.class, failure.Class)
			require.ErrorContains(t, err, test.want)
		})
	}
}
