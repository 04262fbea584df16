package rules

import (
	"cmp"
	"slices"
)

// Causes are the notefiles whose events are most above their median day: three at most, the one that is most above it first.
type Causes struct {
	Most []Cause `json:"most"`
}

// A Cause is a notefile with more events than on its median day.
type Cause struct {
	Notefile string  `json:"notefile"`
	Value    float64 `json:"value"` // events of the day
	Median   float64 `json:"median"`
}

// maxCauses is how many notefiles a message names.
const maxCauses = 3

// CausesOf returns the causes for a value of a subject among notefiles that are known of it. It is nil if none is above its median. member is
// that of the value: yesterday is compared for yesterday, and today for all others.
func CausesOf(e *Env, member string, notefiles []Figure) *Causes {
	var all []Cause
	for _, figure := range notefiles {
		name, ok := figure.Notefile()
		if !ok {
			continue
		}
		m := e.Metric(figure)
		value := m.Today
		if member == "yesterday" {
			value = m.Yesterday
		}
		if value > m.Median {
			all = append(all, Cause{Notefile: name, Value: value, Median: m.Median})
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Value-b.Median, a.Value-a.Median), cmp.Compare(a.Notefile, b.Notefile))
	})
	return &Causes{Most: all[:min(len(all), maxCauses)]}
}
