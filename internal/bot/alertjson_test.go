package bot_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// The command line and webhooks write an alert with the same keys and values; each adds keys of its own.
func TestAnAlertHasOneJSON(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 30*hour)}, silent()).hourly()
	steps := []struct {
		event string
		make  func()   // nil if time makes it
		with  []string // keys that are left out otherwise
	}{
		{event: "fired"},
		{event: "acknowledged", with: []string{"acknowledged"}, make: func() {
			_, err := r.bot.Acknowledge(t.Context(), r.delivery("ops", "silent-device").Alert, "amy (U0123456789)")
			require.NoError(t, err)
		}},
		{event: "muted", with: []string{"acknowledged", "muted"}, make: func() { r.hush(muting.Match{Rule: "silent-device"}, 4*hour) }},
		{event: "unmuted", with: []string{"acknowledged"}},
		{event: "resolved", with: []string{"acknowledged"}},
	}
	ofWebhook := []string{"was", "detail", "body", "mute", "ack", "contributors", "condition", "causes", "forecast"}
	for i, step := range steps {
		if step.make != nil {
			step.make()
		}
		sent := r.rawAlerts("ops")
		for end := r.now.Add(2 * day); len(sent) == i && r.now.Before(end); sent = r.rawAlerts("ops") {
			r.run(r.now.Add(20 * time.Minute)) // polls are hourly, so the alert is still the one that was sent
		}
		require.Len(t, sent, i+1, step.event)
		hook := sent[i]
		require.JSONEq(t, `"`+step.event+`"`, string(hook["reason"]))
		printed := r.printed(r.delivery("ops", "silent-device").Alert)
		require.Contains(t, printed, "receivers")
		for _, key := range []string{"receivers", "muted_seconds", "acknowledged_seconds"} { // which only commands have
			delete(printed, key)
		}
		for _, key := range slices.Sorted(maps.Keys(printed)) {
			require.Contains(t, hook, key, step.event)
			require.JSONEq(t, string(printed[key]), string(hook[key]), "%s: %s", step.event, key)
			delete(hook, key)
		}
		for key := range hook {
			require.Contains(t, ofWebhook, key, step.event)
		}
		for _, key := range []string{"acknowledged", "muted"} {
			require.Equal(t, slices.Contains(step.with, key), printed[key] != nil, "%s: %s", step.event, key)
		}
	}
}

// rawAlerts returns the alerts that a receiver accepted, by key.
func (r *rig) rawAlerts(receiver string) (all []map[string]json.RawMessage) {
	r.t.Helper()
	for _, request := range r.hooks[receiver].Requests() {
		var body struct {
			Data struct {
				Alerts []map[string]json.RawMessage
			}
		}
		require.NoError(r.t, json.Unmarshal(request.Body, &body))
		all = append(all, body.Data.Alerts...)
	}
	return all
}

// printed returns an alert as commands print it, by key.
func (r *rig) printed(a rules.Alert) (keys map[string]json.RawMessage) {
	r.t.Helper()
	text, err := jsonv2.Marshal(lookup.AlertOf(a, r.now, nil), lookup.JSON())
	require.NoError(r.t, err)
	require.NoError(r.t, json.Unmarshal(text, &keys))
	return keys
}
