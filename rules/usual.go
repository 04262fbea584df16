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
		return usualSpan{"median", 1, "day"}, true
	case "h1":
		return usualSpan{"usual", 24, "hour"}, true
	case "h6":
		return usualSpan{"usual", 4, "6 hours"}, true
	}
	return usualSpan{}, false
}

// UsualSpan returns the span of the usual value of a figure: day, hour or 6 hours. It is "" for a figure without one.
func UsualSpan(figure string) string {
	usual, _ := usualOf(figure)
	return usual.name
}
