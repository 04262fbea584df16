package rules

import "text/template/parse"

// A usualSpan is what is usual of a member of a metric: another member of it, divided by how often the first one's span fits into a day.
type usualSpan struct {
	member string
	perDay float64
	name   string // of the span
}

// usualOf returns what is usual of a member; ok is false if nothing is.
func usualOf(member string) (usual usualSpan, ok bool) {
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

// UsualSpan names the span that the usual value of a figure is of: day, hour or 6 hours. It is "" for a figure of which nothing is usual.
func UsualSpan(figure string) string {
	_, member := CutPath(figure)
	usual, _ := usualOf(member)
	return usual.name
}

// readsUsual returns the first node of a template that reads .Usual; nil if there is none.
func readsUsual(n parse.Node) parse.Node {
	if field, ok := n.(*parse.FieldNode); ok && field.Ident[0] == "Usual" {
		return field
	}
	for _, child := range below(n) {
		if found := readsUsual(child); found != nil {
			return found
		}
	}
	return nil
}
