package notify

import (
	"cmp"
	"slices"
)

// ChangedAlerts returns the alerts that the message is sent for: those with Changed, or all if there is none.
func (n Notification) ChangedAlerts() []Alert {
	count := 0
	for i := range n.Alerts {
		if n.Alerts[i].Changed {
			count++
		}
	}
	if count == 0 || count == len(n.Alerts) {
		return n.Alerts
	}
	changed := make([]Alert, 0, count)
	for i := range n.Alerts {
		if n.Alerts[i].Changed {
			changed = append(changed, n.Alerts[i])
		}
	}
	return changed
}

// ShowsValueOf returns the IDs of the alerts whose value leads a message about n: a single alert, or the worst ones of each rule. The
// others are in a list whose values are not kept current, or are only counted.
func (n Notification) ShowsValueOf() (ids []string) {
	groups := ByRule(WorstFirst(n.Alerts))
	for _, g := range groups[:min(len(groups), MaxRules)] {
		for _, a := range g.Alerts[:g.Top] {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// Ended reports whether a has ended. Reports and revisions have no end.
func (a Alert) Ended() bool {
	switch a.Reason {
	case "reported", "revised":
		return false
	case "period_ended", "corrected":
		return true
	}
	return a.State == "resolved" || a.State == "withdrawn"
}

// Severity orders levels: info is 1, warning 2 and critical 3. "" is 0, and an unknown level is -1.
func Severity(level string) int {
	return slices.Index([]string{"", "info", "warning", "critical"}, level)
}

// WorstFirst returns alerts in the order of their importance: those that have not ended first, then by level, then by value.
func WorstFirst(alerts []Alert) []Alert {
	type place struct {
		ended    bool
		severity int
		value    float64
		name     string
		index    int
	}
	places := make([]place, len(alerts)) // an alert is too large to be moved often
	for i := range alerts {
		a := &alerts[i]
		places[i] = place{a.Ended(), Severity(a.Level), a.Value, cmp.Or(a.Subject.Name, a.Subject.UID), i}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(
			compareBool(a.ended, b.ended),
			cmp.Compare(b.severity, a.severity),
			cmp.Compare(b.value, a.value), // NaN is less than any number, so it comes last
			cmp.Compare(a.name, b.name),
			cmp.Compare(a.index, b.index),
		)
	})
	sorted := make([]Alert, len(alerts))
	for i, p := range places {
		sorted[i] = alerts[p.index]
	}
	return sorted
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// The maximum numbers in a message about several alerts.
const (
	MaxRules     = 8 // rules
	maxTop       = 5 // alerts, if there is one rule
	maxTopOfRule = 3 // alerts of each of several rules
)

// A Group holds the alerts of one rule.
type Group struct {
	Rule   string
	Alerts []Alert // worst first
	Top    int     // number of alerts that a message shows
}

// ByRule groups alerts by rule. The worst alerts come first, in sorted and in each group, and so do their rules.
func ByRule(sorted []Alert) []Group {
	var groups []Group
	index := make(map[string]int)
	for _, a := range sorted {
		at, ok := index[a.Rule]
		if !ok {
			at = len(groups)
			index[a.Rule] = at
			groups = append(groups, Group{Rule: a.Rule})
		}
		groups[at].Alerts = append(groups[at].Alerts, a)
	}
	top := maxTop
	if len(groups) > 1 {
		top = maxTopOfRule
	}
	for i, g := range groups {
		groups[i].Top = min(top, len(g.Alerts))
	}
	return groups
}
