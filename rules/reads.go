package rules

import (
	"slices"
	"strings"

	"notewatch/rules/internal/lang"
)

// Reads is what a rule reads, through Let, Where and ResolveWhen.
type Reads struct {
	Figures []Figure // metrics, ascending: decides which endpoints are called
	Members Wants    // of the metrics
	Objects Objects  // what is read beside metrics
	Device  bool     // an object of a list that Notehub answers
	Counts  bool     // what is counted over it: all of project but who it is
	Poll    bool     // poll
	Period  bool     // how time is cut into periods: used, prev and forecast of metrics, and period

	FleetNames bool // labels of fleets: device.fleets, and limits of devices by their fleets
}

// Objects are paths of what is read beside metrics, such as device.voltage, in order.
type Objects []string

// Read reports whether any path that begins with a text is read.
func (o Objects) Read(prefix string) bool {
	return slices.ContainsFunc(o, func(path string) bool { return strings.HasPrefix(path, prefix) })
}

// With returns what is in o or other.
func (o Objects) With(other Objects) Objects {
	both := slices.Concat(o, other)
	slices.Sort(both)
	return slices.Compact(both)
}

// Cost reports whether the cost of events is read, which is that of a calendar month.
func (r Reads) Cost() bool { return r.Objects.Read("cost.") }

// OnlyPoll reports whether the rule reads only poll: such a rule is evaluated even after a failed poll.
func (r Reads) OnlyPoll() bool { return r.Poll && len(r.Figures) == 0 && !r.Device }

// readsOf returns the sources of leaves.
func readsOf(leaves []*lang.Leaf) Reads {
	var r Reads
	for _, l := range leaves {
		if figure, ok := ParseFigure(l.Object); ok {
			r.Members = r.Members.With(Wants{figure: MembersOf(l.Member)})
		} else {
			r.Objects = r.Objects.With(Objects{l.Path()})
		}
		for path := range strings.FieldsSeq(l.Tag.Get("of")) {
			object, member := CutPath(path)
			r.Members = r.Members.With(Wants{Figure(object): MembersOf(member)})
		}
		r.Device = r.Device || slices.Contains([]string{"device", "fleet", "route", "project", "plan", "sat_plan", "org", "cost"}, l.Object)
		r.Counts = r.Counts || l.Object == "project" && l.Number()
		r.Poll = r.Poll || l.Object == "poll"
		r.Period = r.Period || l.Object == "period" || l.Object == "cost" || slices.Contains([]string{"used", "prev", "forecast"}, l.Member) && r.Members[Figure(l.Object)] != 0
	}
	r.Figures = r.Members.Figures()
	return r
}

// kindOf returns the kind of a rule whose levels have these conditions: the highest kind among what they read.
func kindOf(conditions []*lang.Expression) Kind {
	kind := Live
	for _, c := range conditions {
		for _, l := range c.Reads {
			kind = max(kind, Kind(slices.Index(kindNames[:], l.Tag.Get("kind"))))
		}
	}
	return kind
}
