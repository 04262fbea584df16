package rules

import (
	"maps"
	"slices"

	"notewatch/rules/internal/lang"
)

// Reads is what a rule reads, through Let, Where and ResolveWhen.
type Reads struct {
	Figures []Figure // metrics, ascending: decides which endpoints are called
	Device  bool     // device or project: needs the device list
	Counts  bool     // what is counted over it: all of project but who it is
	Series  bool     // the series of any metric
	Poll    bool     // poll
}

// OnlyPoll reports whether nothing but poll is read: such a rule is evaluated even when Notehub could not be read.
func (r Reads) OnlyPoll() bool { return r.Poll && len(r.Figures) == 0 && !r.Device }

// readsOf says of leaves where they come from.
func readsOf(leaves []*lang.Leaf) Reads {
	figures := map[Figure]bool{}
	var r Reads
	for _, l := range leaves {
		if figure, ok := ParseFigure(l.Object); ok {
			figures[figure] = true
			r.Series = r.Series || l.Member == "series"
		}
		r.Device = r.Device || l.Object == "device" || l.Object == "project"
		r.Counts = r.Counts || l.Object == "project" && l.Number()
		r.Poll = r.Poll || l.Object == "poll"
	}
	r.Figures = slices.Sorted(maps.Keys(figures))
	return r
}

// kindOf returns the kind of a rule whose conditions read leaves.
func kindOf(leaves []*lang.Leaf) Kind {
	kind := Live
	for _, l := range leaves {
		if _, metric := ParseFigure(l.Object); metric {
			switch l.Member {
			case "used":
				return PeriodRule
			case "today":
				kind = DayRule
			}
		}
	}
	return kind
}
