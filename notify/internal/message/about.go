package notify

import (
	"slices"
	"time"
)

// news reports whether a says more than that what was shown of it is brought up to date, or who is told. The reason is only
// that of the newest change: one before it, of the level, may not have been shown.
func news(a Alert) bool {
	switch statusOf(a) {
	case updated:
		return a.Reason != "updated"
	case muted, unmuted, acknowledged, unacknowledged:
		return false
	}
	return true
}

func isChanged(a Alert) bool { return a.Changed }

// withoutReports returns the alerts that can fire and end.
func withoutReports(alerts []Alert) []Alert {
	return slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return statusOf(a) == report })
}

// common returns what all alerts have the same of; ok is false if they do not.
func common(alerts []Alert, of func(Alert) string) (value string, ok bool) {
	if len(alerts) == 0 {
		return "", false
	}
	value = of(alerts[0])
	if slices.ContainsFunc(alerts, func(a Alert) bool { return of(a) != value }) {
		return "", false
	}
	return value, true
}

// newest returns when the last of the alerts came about.
func newest(alerts []Alert) time.Time {
	var newest time.Time
	for _, a := range alerts {
		if at := happened(a); at.After(newest) {
			newest = at
		}
	}
	return newest
}
