package rules

import (
	"slices"

	"notewatch/rules/internal/lang"
)

// Reads is what a rule reads, through Let, Where and ResolveWhen.
type Reads struct {
	Figures []Figure // metrics, ascending: decides which endpoints are called
	Members Wants    // of the metrics
	Device  bool     // device or project: needs the device list
	Counts  bool     // what is counted over it: all of project but who it is
	Poll    bool     // poll

	FleetNames bool // names of fleets, by which devices have limits
}

// OnlyPoll reports whether nothing but poll is read: such a rule is evaluated even when Notehub could not be read.
func (r Reads) OnlyPoll() bool { return r.Poll && len(r.Figures) == 0 && !r.Device }

// readsOf says of leaves where they come from.
func readsOf(leaves []*lang.Leaf) Reads {
	var r Reads
	for _, l := range leaves {
		if figure, ok := ParseFigure(l.Object); ok {
			r.Members = r.Members.With(Wants{figure: MembersOf(l.Member)})
		}
		r.Device = r.Device || l.Object == "device" || l.Object == "fleet" || l.Object == "project"
		r.Counts = r.Counts || l.Object == "project" && l.Number()
		r.Poll = r.Poll || l.Object == "poll"
	}
	r.Figures = r.Members.Figures()
	return r
}

// kindOf returns the kind of a rule whose levels have these conditions: the highest of what they read.
func kindOf(conditions []*lang.Expression) Kind {
	kind := Live
	for _, c := range conditions {
		for _, l := range c.Reads {
			kind = max(kind, Kind(slices.Index(kindNames[:], l.Tag.Get("kind"))))
		}
	}
	return kind
}
