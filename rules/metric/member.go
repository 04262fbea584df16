package metric

import "notewatch/rules"

// A member describes one member of a metric: the first day that it needs, how it is computed, and where it is stored.
type member struct {
	is      rules.Members // the set of it alone
	first   func(Past) rules.Day
	compute func(Past) float64 // nil: it is a list
	in      func(*rules.Metric) *float64
}

// members are the members of a metric: numbers, and last its series, which is a list.
var members = []member{
	{rules.MembersOf("today"), daysBack(0), Past.today, func(m *rules.Metric) *float64 { return &m.Today }},
	{rules.MembersOf("yesterday"), daysBack(1), Past.yesterday, func(m *rules.Metric) *float64 { return &m.Yesterday }},
	{rules.MembersOf("used"), func(p Past) rules.Day { return p.Start }, Past.used, func(m *rules.Metric) *float64 { return &m.Used }},
	{rules.MembersOf("prev"), func(p Past) rules.Day { return p.Previous }, Past.prev, func(m *rules.Metric) *float64 { return &m.Prev }},
	{rules.MembersOf("forecast"), func(p Past) rules.Day { return min(p.Start, p.Day-HistoryDays) }, Past.forecast, func(m *rules.Metric) *float64 { return &m.Forecast }},
	{rules.MembersOf("d7"), daysBack(weekDays), Past.week, func(m *rules.Metric) *float64 { return &m.D7 }},
	{rules.MembersOf("d30"), daysBack(monthDays), Past.month, func(m *rules.Metric) *float64 { return &m.D30 }},
	{rules.MembersOf("median"), daysBack(medianDays), Past.median, func(m *rules.Metric) *float64 { return &m.Median }},
	{rules.MembersOf("mad"), daysBack(medianDays), Past.mad, func(m *rules.Metric) *float64 { return &m.MAD }},
	{rules.MembersOf("usual"), daysBack(usualWeeks * weekDays), Past.usual, func(m *rules.Metric) *float64 { return &m.Usual }},
	{rules.MembersOf("usual_yesterday"), daysBack(usualWeeks*weekDays + 1), Past.usualYesterday, func(m *rules.Metric) *float64 { return &m.UsualYesterday }},
	{rules.MembersOf("ratio"), daysBack(medianDays), Past.ratio, func(m *rules.Metric) *float64 { return &m.Ratio }},
	{rules.MembersOf("z"), daysBack(medianDays), Past.z, func(m *rules.Metric) *float64 { return &m.Z }},
	{rules.MembersOf("peer_ratio"), daysBack(1), Past.peerRatio, func(m *rules.Metric) *float64 { return &m.PeerRatio }},
	{rules.MembersOf("missed"), daysBack(MissedDays), func(p Past) float64 { return p.Missed }, func(m *rules.Metric) *float64 { return &m.Missed }},
	{rules.MembersOf("allowance"), func(p Past) rules.Day { return p.Allowance }, Past.allowance, func(m *rules.Metric) *float64 { return &m.Allowance }},
	{rules.MembersOf("unread"), func(p Past) rules.Day { return p.Allowance }, Past.unread, func(m *rules.Metric) *float64 { return &m.Unread }},
	{rules.MembersOf("h1"), daysBack(1), func(p Past) float64 { return p.growth(0) }, func(m *rules.Metric) *float64 { return &m.H1 }},
	{rules.MembersOf("h6"), daysBack(1), func(p Past) float64 { return p.growth(1) }, func(m *rules.Metric) *float64 { return &m.H6 }},
	{rules.MembersOf("days"), daysBack(HistoryDays), Past.days, func(m *rules.Metric) *float64 { return &m.Days }},
	{is: rules.MembersOf("series"), first: daysBack(HistoryDays)}, // a list
}

// isIn reports whether the member is in a set.
func (m member) isIn(some rules.Members) bool { return some&m.is != 0 }

func daysBack(days rules.Day) func(Past) rules.Day {
	return func(p Past) rules.Day { return p.Day - days }
}
