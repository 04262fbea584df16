package webhook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
)

// newFormat returns a receiver of a format that posts to server.
func newFormat(t *testing.T, server *notifytest.Webhook, format string) *webhook.Receiver {
	t.Helper()
	webhook, err := webhook.New(webhook.Config{
		Name: "billing", URL: secret.New(server.URL), Format: format, AllowPrivate: true,
	})
	require.NoError(t, err)
	return webhook
}

// webhookPosted is the reference after something was posted.
var webhookPosted = notify.Ref(`{"posted":"msg_4kx0-6"}`)

// webhookGroup is a message of one alert that fired, one that ended and one that is as it was.
func webhookGroup() notify.Notification {
	return fixture.Notification(fixture.Firing(), fixture.With(func(a *notify.Alert) { fixture.Ended(a); a.ID = "9b1c" }),
		fixture.With(func(a *notify.Alert) { a.ID, a.Changed = "0000", false }))
}

// goldenName is the file with what a format gives; that of the standard format does not name it.
func goldenName(format, name string) string {
	if format == "standard" {
		return "webhook_" + name + ".golden.json"
	}
	return "webhook_" + strings.ReplaceAll(format, "-", "_") + "_" + name + ".golden.json"
}

func TestWebhookFormats(t *testing.T) {
	require.Equal(t, []string{
		"standard", "alertmanager", "cloudevents", "discord", "grafana-irm", "incidentio", "jsm", "ntfy", "teams",
	}, webhook.Formats())
	for _, format := range webhook.Formats() {
		for _, test := range []struct {
			name string
			n    notify.Notification
			ref  notify.Ref
		}{
			{"fired", fixture.Notification(fixture.Firing()), nil},
			{"resolved", fixture.Notification(fixture.With(fixture.Ended)), webhookPosted},
			{"group", webhookGroup(), nil},
			{"drill", fixture.Notification(fixture.With(func(a *notify.Alert) { a.Drill = true })), nil},
			{"runbook", fixture.Notification(fixture.SampleNamed(t, "runbook")), nil},
			{"no_data", fixture.Notification(fixture.SampleNamed(t, "no_data")), nil},
			{"digest", fixture.Notification(fixture.Digest(10)...), nil},
			{"report", fixture.Notification(fixture.Weekly()), nil},
		} {
			t.Run(format+" "+test.name, func(t *testing.T) {
				server := newWebhookServer(t)
				ref, err := newFormat(t, server, format).Send(t.Context(), test.n, test.ref)
				if test.name == "report" && paging[format] {
					require.ErrorIs(t, err, notify.ErrSkipped)
					require.Empty(t, ref)
					require.Empty(t, server.Requests())
					return
				}
				require.NoError(t, err)
				require.JSONEq(t, `{"posted":"msg_4kx0-7"}`, string(ref))
				require.Len(t, server.Requests(), 1)
				fixture.Golden(t, goldenName(format, test.name), fixture.Indented(t, server.Requests()[0].Body)+"\n")
			})
		}
	}
}

// The standard format has as data what texts say about the reason of an alert.
func TestWebhookExplains(t *testing.T) {
	server := newWebhookServer(t)
	of := fixture.SampleNamed(t, "forecast")
	of.Contributors = &notify.Contributors{
		Figure: "bytes.used", Unit: "B", Others: 2, OthersShare: 12.5, Unknown: 1,
		Most: []notify.Contributor{{UID: "dev:1", Name: "pump-7", Value: 28e6, Share: 84.8}},
	}
	of.Causes = []notify.Cause{{Notefile: "_log.qo", Value: 1700, Median: 3}}
	n := fixture.Notification(of, fixture.SampleNamed(t, "condition"))
	n.Cohort = &notify.Cohort{Trait: "firmware", Value: "notecard-8.1.3", Alerts: 41, Of: 44, Share: 12}
	n.TopUps = &notify.TopUps{Blocks: 2, Amount: 20, Currency: "USD"}
	_, err := newFormat(t, server, "standard").Send(t.Context(), n, nil)
	require.NoError(t, err)
	fixture.Golden(t, "webhook_explained.golden.json", fixture.Indented(t, server.Requests()[0].Body)+"\n")
}

// paging are the formats that open something that has to be closed, and have nothing for a report.
var paging = map[string]bool{"alertmanager": true, "grafana-irm": true, "incidentio": true, "jsm": true}

// Where a format posts, and how.
func TestWebhookFormatsRequest(t *testing.T) {
	const cloudEvents = "application/cloudevents+json; charset=utf-8"
	for format, want := range map[string]struct{ first, last, contentType string }{
		"":             {"POST /hook", "POST /hook", "application/json"},
		"standard":     {"POST /hook", "POST /hook", "application/json"},
		"alertmanager": {"POST /hook", "POST /hook", "application/json"},
		"cloudevents":  {"POST /hook", "POST /hook", cloudEvents},
		"grafana-irm":  {"POST /hook", "POST /hook", "application/json"},
		"incidentio":   {"POST /hook", "POST /hook", "application/json"},
		"jsm":          {"POST /hook", "POST /hook/msg_4kx0/close?identifierType=alias", "application/json"},
		"ntfy":         {"POST /", "POST /", "application/json"},
		"teams":        {"POST /hook", "POST /hook", "application/json"},
		"discord":      {"POST /hook?wait=true", "PATCH /hook/messages/1234", "application/json"},
	} {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusOK, `{"id":"1234"}`))
		webhook := newFormat(t, server, format)
		ref, err := webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
		require.NoError(t, err)
		_, err = webhook.Send(t.Context(), fixture.Notification(fixture.With(fixture.Ended)), ref)
		require.NoError(t, err)
		requests := server.Requests()
		require.Len(t, requests, 2, format)
		require.Equal(t, want.first, requests[0].Method+" "+requests[0].Path, format)
		require.Equal(t, want.last, requests[1].Method+" "+requests[1].Path, format)
		require.Equal(t, want.contentType, requests[0].Header.Get("Content-Type"), format)
	}
}

// What is quiet is not posted. A format that changes what it posted or opened something still does so and closes it.
func TestWebhookFormatsWhenQuiet(t *testing.T) {
	known := notify.Ref(`{"posted":"msg_4kx0-6","ref":"1234"}`)
	for _, format := range webhook.Formats() {
		server := newWebhookServer(t)
		webhook := newFormat(t, server, format)
		send := func(a notify.Alert, ref notify.Ref) int {
			before := len(server.Requests())
			n := fixture.Notification(a)
			n.Quiet = true
			got, err := webhook.Send(t.Context(), n, ref)
			after := len(server.Requests())
			if after == before {
				require.ErrorIs(t, err, notify.ErrSkipped, format)
				require.Equal(t, ref, got, "%s: the reference stays", format)
				return 0
			}
			require.NoError(t, err)
			return after - before
		}
		changes, closes := 0, 0
		if format == "discord" {
			changes, closes = 1, 1
		}
		if paging[format] {
			closes = 1
		}
		require.Zero(t, send(fixture.Firing(), nil), "%s: nothing new", format)
		require.Zero(t, send(fixture.With(fixture.Ended), nil), "%s: nothing new that is over", format)
		require.Equal(t, changes, send(fixture.Firing(), known), format)
		require.Equal(t, closes, send(fixture.With(fixture.Ended), known), format)
	}
}

// What ended before it was posted opens nothing that somebody would have to close.
func TestWebhookFormatsOfWhatEndedUnseen(t *testing.T) {
	for _, format := range webhook.Formats() {
		server := newWebhookServer(t)
		unseen := fixture.Notification(fixture.With(func(a *notify.Alert) { fixture.Ended(a); a.Was = "" }))
		ref, err := newFormat(t, server, format).Send(t.Context(), unseen, nil)
		if paging[format] && format != "alertmanager" {
			require.ErrorIs(t, err, notify.ErrSkipped, format)
			require.Empty(t, ref)
			require.Empty(t, server.Requests(), format)
			continue
		}
		require.NoError(t, err)
		require.Len(t, server.Requests(), 1, format)
	}
}

// An incident stays open while an alert of the message fires.
func TestWebhookFormatsResolveWhenAllEnded(t *testing.T) {
	one := fixture.With(func(a *notify.Alert) { fixture.Ended(a); a.ID = "9b1c" })
	for format, resolved := range map[string]string{
		"alertmanager": `"status":"resolved","receiver"`, "grafana-irm": `"state":"ok"`,
		"incidentio": `"status":"resolved"`, "jsm": `"note"`,
	} {
		server := newWebhookServer(t)
		webhook := newFormat(t, server, format)
		other := fixture.With(func(a *notify.Alert) { a.Changed = false })
		_, err := webhook.Send(t.Context(), fixture.Notification(one, other), webhookPosted)
		require.NoError(t, err)
		fixture.Ended(&other)
		_, err = webhook.Send(t.Context(), fixture.Notification(one, other), webhookPosted)
		require.NoError(t, err)
		requests := server.Requests()
		require.Len(t, requests, 2)
		require.NotContains(t, string(requests[0].Body), resolved)
		require.Contains(t, string(requests[1].Body), resolved)
	}
}

func TestWebhookDiscordPostsAnewWhenTheMessageIsGone(t *testing.T) {
	known := notify.Ref(`{"posted":"msg_4kx0-6","ref":"1234"}`)
	t.Run("loud", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusNotFound, `{"code":10008}`), notifytest.Status(http.StatusOK, `{"id":"5678"}`))
		ref, err := newFormat(t, server, "discord").Send(t.Context(), fixture.Notification(fixture.Firing()), known)
		require.NoError(t, err)
		require.JSONEq(t, `{"posted":"msg_4kx0-7","ref":"5678"}`, string(ref))
		require.Equal(t, "/hook?wait=true", server.Requests()[1].Path)
	})
	t.Run("quiet", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusNotFound, `{"code":10008}`))
		n := fixture.Notification(fixture.Firing())
		n.Quiet = true
		ref, err := newFormat(t, server, "discord").Send(t.Context(), n, known)
		require.ErrorIs(t, err, notify.ErrSkipped)
		require.Equal(t, known, ref)
		require.Len(t, server.Requests(), 1)
	})
	t.Run("with the webhook", func(t *testing.T) {
		server := newWebhookServer(t)
		server.Fail(notifytest.Status(http.StatusNotFound, ""), notifytest.Status(http.StatusNotFound, ""))
		_, err := newFormat(t, server, "discord").Send(t.Context(), fixture.Notification(fixture.Firing()), known)
		failure, ok := errors.AsType[*notify.Error](err)
		require.True(t, ok)
		require.Equal(t, notify.Temporary, failure.Class)
	})
}

// The query of a URL stays, as Discord's thread.
func TestWebhookDiscordInAThread(t *testing.T) {
	server := newWebhookServer(t)
	server.URL += "?thread_id=7"
	server.Fail(notifytest.Status(http.StatusOK, `{"id":"12/34"}`))
	webhook := newFormat(t, server, "discord")
	ref, err := webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
	require.NoError(t, err)
	_, err = webhook.Send(t.Context(), fixture.Notification(fixture.Firing()), ref)
	require.NoError(t, err)
	require.Equal(t, "/hook?thread_id=7&wait=true", server.Requests()[0].Path)
	require.Equal(t, "/hook/messages/12%2F34?thread_id=7", server.Requests()[1].Path)
}

// tooLong returns what of a body is over the limits of its format; "" if nothing is.
func tooLong(t *testing.T, format string, body []byte) string {
	t.Helper()
	var b struct {
		Message, Alias, Description, Note, Entity, Content string
		Tags                                               []string
		Priority                                           any
		Embeds                                             []struct {
			Title, Description string
			Fields             []struct{ Name, Value string }
		}
	}
	require.NoError(t, json.Unmarshal(body, &b))
	runes := utf8.RuneCountInString
	over := map[string]bool{}
	switch format {
	case "jsm":
		over["message"], over["alias"] = runes(b.Message) > 130, runes(b.Alias) > 512
		over["description"], over["note"] = runes(b.Description) > 15_000, runes(b.Note) > 15_000
		over["entity"] = runes(b.Entity) > 512
		for _, tag := range b.Tags {
			over["tag"] = over["tag"] || runes(tag) > 50
		}
	case "ntfy":
		priority, _ := b.Priority.(float64)
		over["message"], over["priority"] = len(b.Message) > 4096, priority < 1 || priority > 5
	case "incidentio":
		over["body"] = len(body) > 512_000
	case "teams":
		over["body"] = len(body) > 28_000
	case "discord":
		embed := b.Embeds[0]
		total := runes(embed.Title) + runes(embed.Description)
		for _, field := range embed.Fields {
			total += runes(field.Name) + runes(field.Value)
			over["field"] = over["field"] || runes(field.Name) > 256 || runes(field.Value) > 1024 || field.Name == "" || field.Value == ""
		}
		over["content"], over["title"] = runes(b.Content) > 2000, runes(embed.Title) > 256
		over["description"] = runes(embed.Description) > 4096 || embed.Description == ""
		over["fields"], over["embed"] = len(embed.Fields) > 25, total > 6000
		over["mentions"] = !bytes.Contains(body, []byte(`"allowed_mentions":{"parse":[]}`))
	}
	for what, is := range over {
		if is {
			return what
		}
	}
	return ""
}

// Whatever names say and however many alerts there are, a body is within the limits of the one who takes it.
func TestWebhookFormatsKeepLimits(t *testing.T) {
	widest := fixture.Notification(fixture.Fleet(200)...)
	for i := range widest.Alerts {
		widest.Alerts[i] = oddAlert(widest.Alerts[i], i)
	}
	one := oddAlert(fixture.Firing(), 0)
	one.Reason, one.Was, one.State, one.EndedAt = "escalated", strings.Repeat("_", 500), "firing", fixture.At(16, 0)
	for _, format := range webhook.Formats() {
		for _, n := range []notify.Notification{widest, fixture.Notification(one), fixture.Notification(oddAlert(fixture.Weekly(), 0))} {
			for _, known := range []notify.Ref{nil, webhookPosted} {
				n.ID = strings.Repeat("m", 600)
				server := newWebhookServer(t)
				_, err := newFormat(t, server, format).Send(t.Context(), n, known)
				fixture.RequireSent(t, len(server.Requests()) > 0, err)
				for _, request := range server.Requests() {
					require.Empty(t, tooLong(t, format, request.Body), "%s: %d bytes", format, len(request.Body))
				}
			}
		}
	}
}

// oddAlert is a with the longest and oddest texts.
func oddAlert(a notify.Alert, i int) notify.Alert {
	odd := strings.Repeat(`😀"\_*<`+"\x00", 60)
	a.Rule, a.Summary, a.Advice, a.Figure, a.Mute, a.Ack = fmt.Sprint(i%40, odd), odd, odd, odd, odd, odd
	a.Detail = []string{odd, odd, odd, odd, odd, odd, odd}
	a.Body = strings.Repeat(odd+"\n", 50)
	a.Subject, a.Project = notify.Named{UID: odd, Name: odd, URL: "https://h.example/" + odd}, notify.Named{UID: "p", Name: odd}
	return a
}

// What may have been opened by an attempt of which nothing is known is closed when its alerts have ended.
func TestWebhookClosesWhatItMayHaveOpened(t *testing.T) {
	for _, format := range []string{"alertmanager", "grafana-irm", "incidentio", "jsm"} {
		t.Run(format, func(t *testing.T) {
			hook := notifytest.NewWebhook()
			t.Cleanup(hook.Close)
			receiver, err := webhook.New(webhook.Config{URL: secret.New(hook.URL), Format: format, AllowPrivate: true})
			require.NoError(t, err)
			hook.Fail(notifytest.TakeAndCut())
			_, err = receiver.Send(t.Context(), fixture.Notification(fixture.Firing()), nil)
			require.Error(t, err)
			over := fixture.Notification(fixture.With(fixture.Ended))
			over.Tried = true
			_, err = receiver.Send(t.Context(), over, nil)
			require.NoError(t, err)
			require.Len(t, hook.Requests(), 2)
		})
	}
}
