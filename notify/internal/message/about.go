package message

import (
	"slices"
	"time"

	"notewatch/notify"
)

// News reports whether an alert says more than new texts or values, a mute or an acknowledgement. The reason is that of the newest
// change alone: an earlier change, of the level, may not have been shown.
func News(a notify.Alert) bool {
	switch StatusOf(a) {
	case updated, quiet:
		return a.Reason != "updated"
	case muted, unmuted, acknowledged, unacknowledged:
		return false
	}
	return true
}

// IsChanged reports whether an alert changed since the message was last sent.
func IsChanged(a notify.Alert) bool { return a.Changed }

// WithoutReports returns the alerts that can fire and end.
func WithoutReports(alerts []notify.Alert) []notify.Alert {
	return slices.DeleteFunc(slices.Clone(alerts), func(a notify.Alert) bool { return StatusOf(a) == Report })
}

// Common returns the result of of if it is the same for all alerts; otherwise ok is false.
func Common(alerts []notify.Alert, of func(notify.Alert) string) (value string, ok bool) {
	if len(alerts) == 0 {
		return "", false
	}
	value = of(alerts[0])
	if slices.ContainsFunc(alerts, func(a notify.Alert) bool { return of(a) != value }) {
		return "", false
	}
	return value, true
}

// Newest returns the time of the newest change of all alerts.
func Newest(alerts []notify.Alert) time.Time {
	var newest time.Time
	for _, a := range alerts {
		if at := Happened(a); at.After(newest) {
			newest = at
		}
	}
	return newest
}
