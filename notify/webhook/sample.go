package webhook

import (
	"math"
	"strings"
	"time"

	"notewatch/notify"
)

// A sample is a message with which templates are tested before they are used.
type sample struct {
	name         string // follows "for" in errors
	notification notify.Notification
}

// samples returns messages of every kind.
func samples() []sample {
	fired := sampleAlert()
	nasty := sampleAlert()
	const odd = "\"\\ \n\x00\xff<@1> {{.}} [x](y) 😀"
	nasty.Rule, nasty.Summary, nasty.Advice, nasty.Body, nasty.Mute, nasty.Ack, nasty.Why = odd, odd, odd, odd+"\n"+odd, odd, odd, odd
	nasty.Subject, nasty.Project = notify.Named{UID: odd, Name: odd, URL: odd}, notify.Named{UID: odd, Name: strings.Repeat(odd, 100), URL: odd}
	nasty.Detail = []string{odd, odd}
	blank := notify.Alert{State: "firing", Reason: "fired", Value: math.NaN(), Peak: math.NaN(), Limit: math.NaN(), Usual: math.NaN()}
	return []sample{
		{"an alert that fired", sampleOf(fired)},
		{"one that escalated", sampleOf(sampleChanged(fired, "escalated", "firing"))},
		{"a reminder", sampleOf(sampleChanged(fired, "reminded", "firing"))},
		{"one that is muted", sampleOf(sampleChanged(fired, "muted", "firing"))},
		{"one that was acknowledged", sampleOf(sampleChanged(fired, "acknowledged", "firing"))},
		{"one that resolved", sampleOf(sampleChanged(fired, "resolved", "resolved"))},
		{"one whose period ended", sampleOf(sampleChanged(fired, "period_ended", "resolved"))},
		{"one that was corrected", sampleOf(sampleChanged(fired, "corrected", "resolved"))},
		{"one that was withdrawn", sampleOf(sampleChanged(fired, "withdrawn", "withdrawn"))},
		{"one that was revised", sampleOf(sampleChanged(fired, "revised", "resolved"))},
		{"a drill", sampleOf(sampleDrill(fired))},
		{"a report", sampleOf(notify.Alert{Reason: "reported", State: "resolved", Level: "info", Summary: "A week", Body: "a\n  b"})},
		{"an alert without data", sampleOf(blank)},
		{"names with quotes and line breaks", sampleOf(nasty)},
		{"several alerts", sampleOf(fired, sampleChanged(fired, "resolved", "resolved"), nasty)},
		{"several alerts that ended", sampleOf(sampleChanged(fired, "resolved", "resolved"), sampleChanged(fired, "withdrawn", "withdrawn"))},
		{"a digest of many alerts", sampleOf(sampleDigest(100)...)},
	}
}

func sampleOf(alerts ...notify.Alert) notify.Notification {
	return notify.Notification{ID: "message", Key: "message-1", Sent: sampleTime, Alerts: alerts}
}

var sampleTime = time.Date(2026, 1, 12, 14, 5, 0, 0, time.UTC)

func sampleAlert() notify.Alert {
	return notify.Alert{
		ID: "a1", Version: 1, Changed: true, State: "firing", Reason: "fired", Level: "critical", Rule: "data-budget",
		Project: notify.Named{UID: "app:1", Name: "cold-chain", URL: "https://project.example/"},
		Subject: notify.Named{UID: "dev:1", Name: "sensor-14", URL: "https://device.example/"},
		Summary: "sensor-14 has used 41.2 MB of 40 MB this month", Advice: "Check the sync period.",
		Figure: "bytes.used", Unit: "B", Value: 41.2e6, Peak: 41.2e6, Limit: 40e6, Usual: 1e6,
		Since: sampleTime, FiredAt: sampleTime, AsOf: sampleTime,
	}
}

// sampleChanged returns a after it was shown and then changed.
func sampleChanged(a notify.Alert, reason, state string) notify.Alert {
	a.Version, a.Was, a.Reason, a.State = a.Version+1, "warning", reason, state
	switch {
	case state != "firing":
		a.EndedAt = sampleTime.Add(time.Hour)
	case reason == "muted":
		a.Mute = "silenced until 14:00 UTC by amy: maintenance"
	case reason == "acknowledged":
		a.Ack = "amy at 13:02 UTC"
	}
	return a
}

func sampleDrill(a notify.Alert) notify.Alert {
	a.Drill = true
	return a
}

// sampleDigest returns n alerts of several rules.
func sampleDigest(n int) []notify.Alert {
	alerts := make([]notify.Alert, n)
	for i := range alerts {
		alerts[i] = sampleAlert()
		alerts[i].Rule = strings.Repeat("r", 1+i%10)
	}
	return alerts
}
