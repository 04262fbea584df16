package backtest

import "slices"

// A Comparison holds the differences between the reports of two rules files.
type Comparison struct {
	Before Report  `json:"before"` // of the first one
	After  Report  `json:"after"`
	Added  []Alert `json:"added"` // alerts that only the other one has
	Gone   []Alert `json:"gone"`  // alerts that only the first one has
}

// Compare compares two reports of the same days. An alert is the same if its rule, its subject and the day on which it fired are.
func Compare(before, after Report) Comparison {
	return Comparison{Before: before, After: after, Added: without(after, before), Gone: without(before, after)}
}

// without returns the alerts of a report that another one does not have.
func without(r, other Report) []Alert {
	type key struct {
		rule, project, subject string
		day                    int
	}
	of := func(r Report, a Alert) key { return key{a.Rule, a.Project, a.Subject, r.day(a.Fired)} }
	known := map[key]bool{}
	for _, a := range other.Alerts {
		known[of(other, a)] = true
	}
	return slices.DeleteFunc(slices.Clone(r.Alerts), func(a Alert) bool { return known[of(r, a)] })
}
