package notify_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// golden compares got with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// at returns an instant on 12 January 2026, a Monday.
func at(hour, minute int) time.Time { return time.Date(2026, 1, 12, hour, minute, 0, 0, time.UTC) }

// firing is a device over its data budget, seen for the first time.
func firing() notify.Alert {
	return notify.Alert{
		ID: "7f3a", Version: 1, Changed: true,
		State: "firing", Reason: "fired", Level: "critical",
		Rule:    "data-budget",
		Project: notify.Named{UID: "app:2606f411-dea6-44a0-9743-1130f57d77d8", Name: "cold-chain"},
		Subject: notify.Named{UID: "dev:864475044204365", Name: "sensor-14", URL: "https://notehub.io/device/dev:864475044204365"},
		Summary: "sensor-14 has used 41.2 MB of 40 MB this month",
		Advice:  "Check the sync period and whether continuous mode was meant to be on.",
		Figure:  "bytes.used", Unit: "B",
		Value: 41.2e6, Peak: 41.2e6, Limit: 40e6, Usual: 1.25e6,
		Since: at(13, 50), FiredAt: at(14, 5), AsOf: at(14, 4),
	}
}

// alertWith is firing with changes.
func alertWith(change func(*notify.Alert)) notify.Alert {
	a := firing()
	change(&a)
	return a
}

// ended makes an alert one that is over since 16:20 and was shown before.
func ended(a *notify.Alert) {
	a.Version, a.State, a.Reason, a.Was = 2, "resolved", "resolved", "critical"
	a.Value, a.EndedAt, a.AsOf = 3.1e6, at(16, 20), at(16, 19)
}

// samples are alerts in every state that a message can show, by name.
func samples() []sample {
	return []sample{
		{"fired", firing()},
		{"escalated", alertWith(func(a *notify.Alert) { a.Version, a.Reason, a.Was = 2, "escalated", "warning" })},
		{"deescalated", alertWith(func(a *notify.Alert) {
			a.Version, a.Reason, a.Level, a.Was, a.Value = 3, "deescalated", "warning", "critical", 38e6
		})},
		{"reminded", alertWith(func(a *notify.Alert) {
			a.Version, a.Reason, a.Was, a.AsOf = 2, "reminded", "critical", at(14, 4).Add(51*time.Hour)
		})},
		{"updated", alertWith(func(a *notify.Alert) {
			a.Version, a.Reason, a.Was, a.Detail = 2, "updated", "critical", []string{"limit changed 30 → 40 MB"}
		})},
		{"quiet", alertWith(func(a *notify.Alert) {
			a.Version, a.Reason, a.Was, a.Figure, a.Value = 2, "updated", "critical", "bytes.today", 0
			a.Detail = []string{"quiet since Tue 13 Jan 00:00 UTC, closes Wed 14 Jan 00:00 UTC"}
		})},
		{"resolved", alertWith(ended)},
		{"fired_and_resolved", alertWith(func(a *notify.Alert) { ended(a); a.Was = "" })},
		{"period_ended", alertWith(func(a *notify.Alert) {
			ended(a)
			a.Reason, a.Value, a.Peak, a.EndedAt = "period_ended", 44.8e6, 44.8e6, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
		})},
		{"period_ended_unseen", alertWith(func(a *notify.Alert) { ended(a); a.Reason, a.Was = "period_ended", "" })},
		{"corrected", alertWith(func(a *notify.Alert) {
			ended(a)
			a.Reason, a.Peak, a.Summary = "corrected", a.Value, "sensor-14 has used 3.1 MB of 40 MB this month"
			a.Why = "corrected: bytes.used 41.2 MB is 3.1 MB"
		})},
		{"withdrawn_unseen", alertWith(func(a *notify.Alert) { ended(a); a.State, a.Reason, a.Was = "withdrawn", "withdrawn", "" })},
		{"withdrawn", alertWith(func(a *notify.Alert) {
			ended(a)
			a.State, a.Reason, a.Why, a.Value = "withdrawn", "withdrawn", "rule removed", a.Peak
		})},
		{"revised", alertWith(func(a *notify.Alert) {
			a.State, a.Reason, a.EndedAt = "resolved", "revised", at(0, 0)
			a.Since, a.FiredAt = time.Time{}, time.Time{}
		})},
		{"already_true", alertWith(func(a *notify.Alert) {
			a.Level, a.Detail = "warning", []string{"already true when the rule was first judged"}
		})},
		{"muted", alertWith(func(a *notify.Alert) {
			a.Version, a.Reason, a.Was = 2, "muted", "critical"
			a.Mute = "silenced until Mon 12 Jan 18:00 UTC by amy: maintenance"
		})},
		{"unmuted", alertWith(func(a *notify.Alert) { a.Version, a.Reason, a.Was = 3, "unmuted", "critical" })},
		{"unmuted_worse", alertWith(func(a *notify.Alert) { a.Version, a.Reason, a.Was = 3, "unmuted", "warning" })},
		{"acknowledged", alertWith(func(a *notify.Alert) {
			a.Version, a.Reason, a.Was, a.Ack = 2, "acknowledged", "critical", "amy at 14:10 UTC"
		})},
		{"unacknowledged", alertWith(func(a *notify.Alert) { a.Version, a.Reason, a.Was = 3, "unacknowledged", "critical" })},
		{"reported", weekly()},
		{"drill", alertWith(func(a *notify.Alert) { a.Drill = true })},
		{"drill_resolved", alertWith(func(a *notify.Alert) { ended(a); a.Drill = true })},
		{"charted", alertWith(func(a *notify.Alert) { a.Trend = trend(25) })},
		{"project", alertWith(func(a *notify.Alert) {
			a.Level, a.Rule, a.Subject, a.Summary = "info", "watcher-blind", a.Project, "Notehub was not read for 45 minutes"
			a.Figure, a.Unit, a.Value, a.Peak, a.Limit, a.Usual = "poll.age_minutes", "", 45, 45, math.NaN(), math.NaN()
		})},
		{"no_data", alertWith(func(a *notify.Alert) {
			a.Value, a.Peak, a.Limit, a.Usual = math.NaN(), math.NaN(), math.NaN(), math.NaN()
			a.Advice, a.Since, a.AsOf, a.Subject.URL = "", time.Time{}, time.Time{}, ""
		})},
	}
}

// weekly is a report.
func weekly() notify.Alert {
	nan := math.NaN()
	return notify.Alert{
		ID: "w003", Version: 1, Changed: true, State: "resolved", Reason: "reported", Level: "info",
		Project: notify.Named{UID: "app:2606f411-dea6-44a0-9743-1130f57d77d8", Name: "cold-chain"},
		Subject: notify.Named{UID: "app:2606f411-dea6-44a0-9743-1130f57d77d8", Name: "cold-chain"},
		Rule:    "summary", Summary: "Week of Mon 5 Jan: 1.2 GB used, 4.9 GB expected by the end of January",
		Body: "top devices          used    limit\n" +
			"  sensor-14        41.2 MB    40 MB\n" +
			"  sensor-7         38.0 MB    40 MB\n" +
			"\n" +
			"never fired: fleet-silent (214 devices looked at)\n",
		Value: nan, Peak: nan, Limit: nan, Usual: nan,
		Since: at(9, 0), FiredAt: at(9, 0), EndedAt: at(9, 0), AsOf: at(8, 55),
	}
}

// trend is a figure that rises by 1.7 MB a day up to 11 January, but for one day of which nothing is known.
func trend(days int) []notify.Point {
	points := make([]notify.Point, days)
	for i := range points {
		points[i] = notify.Point{Day: at(0, 0).AddDate(0, 0, i-days), Value: float64(i+1) * 1.7e6}
	}
	points[days-3].Value = math.NaN()
	return points
}

type sample struct {
	name  string
	alert notify.Alert
}

// notification shows alerts in one message.
func notification(alerts ...notify.Alert) notify.Notification {
	return notify.Notification{ID: "msg_4kx0", Key: "msg_4kx0-7", Sent: at(14, 6), Alerts: alerts}
}

// fleet returns n alerts of the same rule, in the mix that a bad night brings.
func fleet(n int) []notify.Alert {
	alerts := make([]notify.Alert, n)
	for i := range alerts {
		alerts[i] = alertWith(func(a *notify.Alert) {
			a.ID = fmt.Sprintf("%04x", i)
			a.Subject = notify.Named{UID: fmt.Sprintf("dev:%d", i), Name: fmt.Sprintf("sensor-%d", i)}
			a.Value = 40e6 + float64(i*7919%n)*1e5
			a.Peak = a.Value
			a.Detail = []string{"already true when the rule was first judged", a.Subject.Name}
			switch {
			case i%5 == 0:
				ended(a)
			case i%3 == 0:
				a.Level = "warning"
			}
		})
	}
	return alerts
}

// digest is alerts of several rules.
func digest(rules int) []notify.Alert {
	var alerts []notify.Alert
	for i := range rules {
		for _, a := range fleet(2 + 3*i) {
			a.Rule, a.Level = fmt.Sprintf("rule-%d", i), []string{"info", "critical", "warning"}[i%3]
			a.Advice = "Do what rule " + a.Rule + " says."
			alerts = append(alerts, a)
		}
	}
	return alerts
}

func sampleNamed(t *testing.T, name string) notify.Alert {
	t.Helper()
	for _, s := range samples() {
		if s.name == name {
			return s.alert
		}
	}
	require.Fail(t, "no such sample", name)
	return notify.Alert{}
}

func indented(t *testing.T, body []byte) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, body, "", "  "))
	return b.String()
}
