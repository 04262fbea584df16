package backtest

import (
	"cmp"
	"slices"

	"notewatch/internal/config"
	"notewatch/rules"
)

// A LeftOut is a rule that cannot be tested with days, with the reason.
type LeftOut struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// withoutHistory are the beginnings of paths other than metrics that have no history.
var withoutHistory = []string{
	"device.silent_hours", "device.missed", "device.voltage", "device.temperature", "plan.", "org.", "poll.",
	"fleet.active", "fleet.silent", "fleet.overdue", "fleet.late", "project.active", "project.silent", "project.overdue", "project.late",
}

// shown returns the rules that can be tested with days, and those that cannot.
func shown(all []config.Rule) (some []config.Rule, left []LeftOut) {
	for _, r := range all {
		if why := hidden(r.Rule); why != "" {
			left = append(left, LeftOut{r.Spec.Name, why})
			continue
		}
		some = append(some, r)
	}
	slices.SortFunc(left, func(a, b LeftOut) int { return cmp.Compare(a.Rule, b.Rule) })
	return some, left
}

// hidden returns why a rule cannot be tested with days; "" if it can.
func hidden(r *rules.Rule) string {
	for _, path := range withoutHistory {
		if i := slices.IndexFunc(r.Reads.Objects, func(read string) bool { return rules.Objects{read}.Read(path) }); i >= 0 {
			return "reads " + r.Reads.Objects[i] + ", which has no history"
		}
	}
	if r.Reads.Objects.Read("sat_plan.") {
		return "reads sat_plan, which adds up 13 months: more than a backtest reads"
	}
	for figure, members := range r.Reads.Members {
		for _, member := range []string{"h1", "h6"} {
			if members&rules.MembersOf(member) != 0 {
				return "reads " + string(figure) + "." + member + ": only days are kept"
			}
		}
	}
	return ""
}
