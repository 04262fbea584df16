package incident

import (
	"slices"

	"notewatch/notehub/notehubtest"
)

// badMonth holds the day of June 2026 on which each incident of a bad month begins.
var badMonth = map[string]int{
	"picture-upload": 2, "no-templates": 2, "full-plan": 2, "loose-antenna": 2, "trace-left-on": 3, "reconnects": 3, "every-reading": 4,
	"boot-loop": 5, "loose-tracker": 6, "tls-for-all": 7, "blind-sensor": 8, "short-plan": 9, "busy-endpoint": 10, "power-cut": 11,
	"satellite-loop": 12, "endpoint-down": 12, "hungry-newcomer": 13, "carrier-outage": 14, "depot-outage": 15, "host-loop": 18,
	"mute-host": 19, "unpaid-bill": 20, "cellular-outage": 21, "notehub-down": 21, "dead-tank": 22,
}

// BadMonth returns incidents on one fleet in June 2026, by their start, and its simulated Notehub. It leaves out incidents that cannot
// happen together with the others, such as a full plan that buys data by itself, and those that any of the others would hide, such as a
// budget that is too small.
func BadMonth(uid, name string) ([]Incident, notehubtest.Config) {
	var month []Incident
	for _, i := range All() {
		if date, ok := badMonth[i.Name]; ok {
			days := date - i.Start.Day()
			i.Start, i.End = i.Start.AddDate(0, 0, days), i.End.AddDate(0, 0, days)
			month = append(month, i)
		}
	}
	slices.SortStableFunc(month, func(a, b Incident) int { return a.Start.Compare(b.Start) })
	return month, hubOf(uid, name, depot(), month...)
}
