package notifytest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

const key = "R0123456789ABCDEF0123456789ABCDE"

func TestEventCheckRefusesWhatPagerDutyRefuses(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	trigger := func(payload string) string {
		return `{"routing_key":"` + key + `","event_action":"trigger","payload":` + payload + `}`
	}
	payload := func(summary, source, severity, timestamp string) string {
		return trigger(fmt.Sprintf(`{"summary":%q,"source":%q,"severity":%q,"timestamp":%q}`, summary, source, severity, timestamp))
	}
	for _, test := range []struct{ body, want string }{
		{payload("s", "s", "error", "2026-01-12T14:05:00Z"), ""},
		{payload(x(1024), "s", "info", ""), ""},
		{payload(strings.Repeat("é", 1024), "s", "info", ""), ""},
		{payload(x(1025), "s", "info", ""), "'payload.summary' is too long (maximum is 1024 characters)"},
		{payload("", "s", "info", ""), "'payload.summary' is missing or blank"},
		{payload("s", "", "info", ""), "'payload.source' is missing or blank"},
		{payload("s", "s", "fatal", ""), "'payload.severity' is not one of critical, error, warning, info"},
		{payload("s", "s", "info", "yesterday"), "'payload.timestamp' is not a time as in ISO 8601"},
		{trigger("null"), "'payload' is missing or blank"},
		{`{"routing_key":"` + key + `","event_action":"trigger","payload":{"summary":"s","source":"s","severity":"info"},"links":[{}]}`,
			"'links.href' is missing or blank"},
		{`{"routing_key":"short","event_action":"resolve","dedup_key":"k"}`, "Invalid routing key"},
		{`{"routing_key":"` + key + `","event_action":"resolve"}`, "'dedup_key' is missing or blank"},
		{`{"routing_key":"` + key + `","event_action":"acknowledge","dedup_key":"` + x(256) + `"}`,
			"'dedup_key' is too long (maximum is 255 characters)"},
		{`{"routing_key":"` + key + `","event_action":"acknowledge","dedup_key":"` + x(255) + `"}`, ""},
		{`{"routing_key":"` + key + `","event_action":"invent","dedup_key":"k"}`,
			"'event_action' is not one of trigger, acknowledge, resolve"},
		{trigger(`{"summary":"s","source":"s","severity":"info","custom_details":"` + x(512<<10) + `"}`), "the event is too large"},
	} {
		event := notifytest.Event{Body: json.RawMessage(test.body)}
		require.NoError(t, json.Unmarshal(event.Body, &event))
		require.Equal(t, test.want, event.Check(), "%.200s", test.body)
	}
}

func TestPagerDutyKeepsIncidents(t *testing.T) {
	server := notifytest.NewPagerDuty()
	defer server.Close()
	post := func(body string) (status int, answer string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
		require.NoError(t, err)
		resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
		require.NoError(t, err)
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, strings.TrimSpace(string(text))
	}
	send := func(action, routing, dedup, want string) {
		t.Helper()
		status, answer := post(fmt.Sprintf(`{"routing_key":%q,"event_action":%q,"dedup_key":%q,
			"payload":{"summary":"s","source":"s","severity":"info"}}`, routing, action, dedup))
		require.Equal(t, http.StatusAccepted, status)
		require.Contains(t, answer, `"status":"success"`)
		var states []string
		for _, incident := range server.Incidents() {
			states = append(states, fmt.Sprintf("%s %s %d", incident.DedupKey, incident.State, len(incident.Log)))
		}
		require.Equal(t, want, strings.Join(states, ", "))
	}
	send("resolve", key, "a", "")
	send("trigger", key, "a", "a triggered 1")
	send("trigger", key, "a", "a triggered 2")
	send("acknowledge", key, "a", "a acknowledged 3")
	send("trigger", key, "a", "a acknowledged 4")
	send("resolve", "another"+key[7:], "a", "a acknowledged 4")
	send("resolve", key, "a", "a resolved 5")
	send("acknowledge", key, "a", "a resolved 5")
	send("trigger", key, "a", "a resolved 5, a triggered 1")
	send("trigger", key, "", "a resolved 5, a triggered 1, made-up-10 triggered 1")

	for body, want := range map[string]int{
		"": http.StatusBadRequest, "[]": http.StatusBadRequest, `{"routing_key":"x"}`: http.StatusBadRequest,
		`"` + strings.Repeat("x", 512<<10) + `"`: http.StatusRequestEntityTooLarge,
	} {
		status, _ := post(body)
		require.Equal(t, want, status, "%.40s", body)
	}
	server.Fail(notifytest.Status(http.StatusServiceUnavailable, "later"))
	status, answer := post("{}")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "later", answer)
	events := server.Events()
	require.True(t, events[0].Taken, "what is about no incident is taken, and dropped")
	require.False(t, events[len(events)-1].Taken)
	require.Len(t, server.Incidents(), 3)
}
