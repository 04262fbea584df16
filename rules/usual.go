package rules

// A usualSpan is the usual value of a member of a metric: another member of it, divided by how often the first one's span fits into a day.
type usualSpan struct {
	member string
	perDay float64
	name   string // of the span
}

// usualOf returns the usual value of a member of a metric, by path; ok is false if there is none.
func usualOf(path string) (usual usualSpan, ok bool) {
	object, member := CutPath(path)
	if _, metric := ParseFigure(object); !metric {
		return usualSpan{}, false
	}
	switch member {
	case "today":
		return usualSpan{"usual", 1, "day"}, true
	case "yesterday":
		return usualSpan{"usual_yesterday", 1, "day"}, true
	case "used", "forecast":
		return usualSpan{"prev", 1, "period before"}, true
	case "h1":
		return usualSpan{"usual", 24, "hour"}, true
	case "h6":
		return usualSpan{"usual", 4, "6 hours"}, true
	}
	return usualSpan{}, false
}

// UsualName names the usual value of a figure as of a day: usual Sunday for one that compares days of the same weekday, period before, usual
// hour. It is "" for a figure without one. Day 0 is not known.
func UsualName(figure string, day Day) string {
	usual, ok := usualOf(figure)
	switch {
	case !ok:
		return ""
	case usual.member == "prev":
		return usual.name
	case usual.perDay != 1 || day == 0:
		return "usual " + usual.name
	case usual.member == "usual_yesterday":
		day--
	}
	return "usual " + day.Start().Weekday().String()
}

// UsualName names the usual value of the alert.
func (a Alert) UsualName() string {
	day := a.ValueDay()
	if a.leadsWithPeak() {
		day = a.PeakOn
	}
	return UsualName(a.Texts.Figure, day)
}

// leadsWithPeak reports whether messages lead with the peak of the alert and its day, because its value is below the limit by now.
func (a Alert) leadsWithPeak() bool { return !a.QuietSince.IsZero() && a.Reason != Corrected }
