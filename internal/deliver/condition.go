package deliver

import (
	"strings"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/rules"
)

// condition converts the condition that is true; nil stays nil.
func condition(m *rules.Met) *notify.Condition {
	if m == nil {
		return nil
	}
	out := &notify.Condition{Text: m.Condition}
	for _, r := range m.Reads {
		out.Reads = append(out.Reads, notify.Reading(r))
	}
	return out
}

// forecast converts the forecast of a value; nil stays nil.
func forecast(f *rules.Forecast) *notify.Forecast {
	if f == nil {
		return nil
	}
	return &notify.Forecast{Value: f.AtEnd, LimitAt: f.LimitAt}
}

// The maximum numbers of characters of the line with a condition, and of the condition in it.
const (
	longestCondition = 110
	longestBecause   = 158
)

// conditionText returns why an alert fires: "because events.today > 500 && events.today > 5 * events.median (events.median 24)". Values that
// do not fit are left out.
func conditionText(m *rules.Met) string {
	text, values := "because "+words.Clean(m.Condition, longestCondition), ""
	for _, r := range m.Reads {
		one := words.Clean(r.Figure, longestCondition/2) + " " + words.Figure(r.Value, r.Unit)
		if values != "" {
			one = ", " + one
		}
		if len(text)+len(values)+len(one) > longestBecause {
			break
		}
		values += one
	}
	if values == "" {
		return text
	}
	return strings.TrimSpace(text + " (" + values + ")")
}
