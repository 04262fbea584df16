package weekly

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/rules"
)

const (
	// NeverFor is the time without an alert after which a rule counts as one that never fires.
	NeverFor = 90 * 24 * time.Hour

	tooOften = 20 // times a week
)

// A Rule says how often a rule fired.
type Rule struct {
	Name  string
	Week  int       // in the last seven days
	Ever  int       // in NeverFor
	Since time.Time // when it was first evaluated with its present meaning; zero: not yet
}

// Rules returns in words which rules fired, which fired too often, and which never.
func Rules(all []Rule, now time.Time) string {
	var fired, often, never, waiting []string
	recent := map[rules.Day][]string{} // rules that have not fired since they were first evaluated, by that day
	for _, r := range all {
		switch {
		case r.Week > tooOften:
			often = append(often, fmt.Sprintf("%s (%d)", r.Name, r.Week))
			fallthrough
		case r.Week > 0:
			fired = append(fired, fmt.Sprintf("%s %d", r.Name, r.Week))
		case r.Ever > 0:
		case r.Since.IsZero():
			waiting = append(waiting, r.Name)
		case now.Sub(r.Since) < NeverFor:
			day := rules.DayOf(r.Since)
			recent[day] = append(recent[day], r.Name)
		default:
			never = append(never, r.Name)
		}
	}
	var text strings.Builder
	line := func(before string, names []string) {
		if len(names) > 0 {
			_, _ = fmt.Fprintf(&text, "%s%s\n", before, strings.Join(names, ", "))
		}
	}
	line("Fired this week: ", fired)
	line("Fired more than 20 times this week; consider a longer for, a higher limit or resolve_when: ", often)
	line("Not fired in 90 days; test them with notewatch drill: ", never)
	for _, day := range slices.Sorted(maps.Keys(recent)) {
		line("Not fired since notewatch began to evaluate them on "+day.Start().Format("Mon 2 Jan")+"; test them with notewatch drill: ", recent[day])
	}
	line("Not evaluated yet: ", waiting)
	return text.String()
}
