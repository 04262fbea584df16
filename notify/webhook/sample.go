package notify

import (
	"math"
	"strings"
	"time"
)

// A webhookSample is a message with which templates are tried before they are used.
type webhookSample struct {
	name         string // to go behind "for"
	notification Notification
}

// webhookSamples returns messages of every kind.
func webhookSamples() []webhookSample {
	fired := sampleAlert()
	nasty := sampleAlert()
	const odd = "\"\\ \n\x00\xff<@1> {{.}} [x](y) 😀"
	nasty.Rule, nasty.Summary, nasty.Advice, nasty.Body, nasty.Mute, nasty.Ack, nasty.Why = odd, odd, odd, odd+"\n"+odd, odd, odd, odd
	nasty.Subject, nasty.Project = Named{odd, odd, odd}, Named{odd, strings.Repeat(odd, 100), odd}
	nasty.Detail = []string{odd, odd}
	blank := Alert{State: "firing", Reason: "fired", Value: math.NaN(), Peak: math.NaN(), Limit: math.NaN(), Usual: math.NaN()}
	return []webhookSample{
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
		{"a report", sampleOf(Alert{Reason: "reported", State: "resolved", Level: "info", Summary: "A week", Body: "a\n  b"})},
		{"an alert without data", sampleOf(blank)},
		{"names with quotes and line breaks", sampleOf(nasty)},
		{"several alerts", sampleOf(fired, sampleChanged(fired, "resolved", "resolved"), nasty)},
		{"several alerts that ended", sampleOf(sampleChanged(fired, "resolved", "resolved"), sampleChanged(fired, "withdrawn", "withdrawn"))},
		{"a digest of many alerts", sampleOf(sampleDigest(100)...)},
	}
}

func sampleOf(alerts ...Alert) Notification {
	return Notification{ID: "message", Key: "message-1", Sent: sampleTime, Alerts: alerts}
}

var sampleTime = time.Date(2026, 1, 12, 14, 5, 0, 0, time.UTC)

func sampleAlert() Alert {
	return Alert{
		ID: "a1", Version: 1, Changed: true, State: "firing", Reason: "fired", Level: "critical", Rule: "data-budget",
		Project: Named{"app:1", "cold-chain", "https://project.example/"},
		Subject: Named{"dev:1", "sensor-14", "https://device.example/"},
		Summary: "sensor-14 has used 41.2 MB of 40 MB this month", Advice: "Check the sync period.",
		Figure: "bytes.used", Unit: "B", Value: 41.2e6, Peak: 41.2e6, Limit: 40e6, Usual: 1e6,
		Since: sampleTime, FiredAt: sampleTime, AsOf: sampleTime,
	}
}

// sampleChanged is a after it was shown and then changed.
func sampleChanged(a Alert, reason, state string) Alert {
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

func sampleDrill(a Alert) Alert {
	a.Drill = true
	return a
}

// sampleDigest is n alerts of several rules.
func sampleDigest(n int) []Alert {
	alerts := make([]Alert, n)
	for i := range alerts {
		alerts[i] = sampleAlert()
		alerts[i].Rule = strings.Repeat("r", 1+i%10)
	}
	return alerts
}
