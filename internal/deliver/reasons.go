package deliver

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"notewatch/internal/store/outbox"
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

// The maximum numbers of characters of the condition in a line, of the line, and of the name of a notefile.
const (
	longestCondition = 110
	longestBecause   = 158
	longestCause     = 60
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

// causes converts the notefiles that grew.
func causes(c *rules.Causes) (all []notify.Cause) {
	if c != nil {
		for _, one := range c.Most {
			all = append(all, notify.Cause(one))
		}
	}
	return all
}

// causesText returns the notefiles that grew: "most above their median day: _log.qo 1,700 (3), data.qo 120 (24)". Those that do not fit are
// left out.
func causesText(c *rules.Causes) string {
	text := "most above their median day: "
	for i, one := range c.Most {
		part := fmt.Sprintf("%s %s (%s)", words.Clean(one.Notefile, longestCause), words.Figure(one.Value, ""), words.Figure(one.Median, ""))
		switch {
		case i == 0:
			text += part
		case utf8.RuneCountInString(text+part) <= longestBecause:
			text += ", " + part
		}
	}
	return text
}

// topUps returns what plans may buy because of the firing alerts of a message; nil if nothing.
func (s *Sender) topUps(members []outbox.Delivery) *notify.TopUps {
	blocks := 0
	for i := range members {
		if a := &members[i].Alert; a.State == rules.Firing && a.Texts.TopUp {
			blocks++
		}
	}
	if blocks == 0 {
		return nil
	}
	return &notify.TopUps{Blocks: blocks, Amount: float64(blocks) * s.dataBlock.Amount, Currency: s.dataBlock.Currency}
}
