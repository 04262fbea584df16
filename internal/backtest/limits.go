package backtest

import (
	"cmp"
	"slices"

	"notewatch/internal/config"
	"notewatch/internal/env"
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

// Shown returns a rules file with the rules that days show, and those that they do not.
func Shown(file *config.File) (some *config.File, left []LeftOut) {
	only := *file
	only.Rules, left = nil, []LeftOut{}
	for _, r := range file.Rules {
		if why := hidden(r.Rule); why != "" {
			left = append(left, LeftOut{r.Spec.Name, why})
			continue
		}
		only.Rules = append(only.Rules, r)
	}
	slices.SortFunc(left, func(a, b LeftOut) int { return cmp.Compare(a.Rule, b.Rule) })
	return &only, left
}

// FirstDay returns the first day that the rules of a file look back on in a project, when the first tested day is first.
func FirstDay(file *config.File, project string, first rules.Day) rules.Day {
	period := file.Period
	for _, p := range file.Projects {
		if p.UID == project {
			period = cmp.Or(p.Period, period)
		}
	}
	earliest := first
	for _, r := range file.Rules {
		earliest = min(earliest, env.FirstDay(r.PeriodIn(period), env.Satellite{}, first, r.Reads.Members))
	}
	return earliest
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
