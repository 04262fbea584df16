package rules

import (
	"maps"
	"slices"
)

// Members is a set of members of a metric: a bit for each, by its index in metricMembers.
type Members uint32

func (m Members) has(place int) bool { return m>>place&1 == 1 }

// MembersOf returns the set of the named members, such as used.
func MembersOf(names ...string) (m Members) {
	for i, member := range metricMembers {
		if slices.Contains(names, member.name) {
			m |= 1 << i
		}
	}
	return m
}

// Wants holds the members of metrics that something reads, by figure. Figures without any are left out.
type Wants map[Figure]Members

// Figures returns the figures of which any member is wanted, in the order for display.
func (w Wants) Figures() []Figure { return slices.SortedFunc(maps.Keys(w), Figure.Compare) }

// With returns the union of w and other.
func (w Wants) With(other Wants) Wants {
	both := Wants{}
	for _, wants := range []Wants{w, other} {
		for figure, members := range wants {
			both[figure] |= members
		}
	}
	return both
}

// peerRatio is the member that needs the peers of a device.
const peerRatio = "peer_ratio"

// Peers reports whether the comparison of devices with their peers is wanted.
func (w Wants) Peers() bool {
	for _, members := range w {
		if members&MembersOf(peerRatio) != 0 {
			return true
		}
	}
	return false
}

// A metricMember describes one member of a metric: the first day that it needs, how it is computed, and where it is stored.
type metricMember struct {
	name  string
	first func(Past) Day
	of    func(Past) float64
	in    func(*Metric) *float64
}

// metricMembers are the members of a metric: numbers, and last its series, which is a list.
var metricMembers = []metricMember{
	{"today", daysBack(0), Past.today, func(m *Metric) *float64 { return &m.Today }},
	{"yesterday", daysBack(1), Past.yesterday, func(m *Metric) *float64 { return &m.Yesterday }},
	{"used", func(p Past) Day { return p.Start }, Past.used, func(m *Metric) *float64 { return &m.Used }},
	{"prev", func(p Past) Day { return p.Previous }, Past.prev, func(m *Metric) *float64 { return &m.Prev }},
	{"forecast", func(p Past) Day { return min(p.Start, p.Day-HistoryDays) }, Past.forecast, func(m *Metric) *float64 { return &m.Forecast }},
	{"d7", daysBack(weekDays), Past.week, func(m *Metric) *float64 { return &m.D7 }},
	{"d30", daysBack(monthDays), Past.month, func(m *Metric) *float64 { return &m.D30 }},
	{"median", daysBack(medianDays), Past.median, func(m *Metric) *float64 { return &m.Median }},
	{"mad", daysBack(medianDays), Past.mad, func(m *Metric) *float64 { return &m.MAD }},
	{"usual", daysBack(usualWeeks * weekDays), Past.usual, func(m *Metric) *float64 { return &m.Usual }},
	{"usual_yesterday", daysBack(usualWeeks*weekDays + 1), Past.usualYesterday, func(m *Metric) *float64 { return &m.UsualYesterday }},
	{"ratio", daysBack(medianDays), Past.ratio, func(m *Metric) *float64 { return &m.Ratio }},
	{"z", daysBack(medianDays), Past.z, func(m *Metric) *float64 { return &m.Z }},
	{peerRatio, daysBack(1), Past.peerRatio, func(m *Metric) *float64 { return &m.PeerRatio }},
	{"missed", daysBack(MissedDays), func(p Past) float64 { return p.Missed }, func(m *Metric) *float64 { return &m.Missed }},
	{"h1", daysBack(1), func(p Past) float64 { return p.growth(0) }, func(m *Metric) *float64 { return &m.H1 }},
	{"h6", daysBack(1), func(p Past) float64 { return p.growth(1) }, func(m *Metric) *float64 { return &m.H6 }},
	{"days", daysBack(HistoryDays), Past.days, func(m *Metric) *float64 { return &m.Days }},
	{name: "series", first: daysBack(HistoryDays)},
}

// seriesMember is the index of the series among the members.
var seriesMember = len(metricMembers) - 1

func daysBack(days Day) func(Past) Day { return func(p Past) Day { return p.Day - days } }
