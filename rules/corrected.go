package rules

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/rules/internal/lang"
)

// A figure that only grows within a period or a day falls only when Notehub corrects it. So an alert keeps the values of these figures at
// its announcement, and ends as corrected if its condition is false now and one of the values is lower.

// The shares by which a value must be lower to count as fallen: rounding is not a correction, and bytes of sessions are estimates that the
// next session corrects.
const (
	fallShare     = 0.01
	estimateShare = 0.1
)

// Then holds the values of the growing figures of an alert when it fired, escalated or de-escalated. It is zero for an alert without such
// figures, and for one of an older version of notewatch.
type Then struct {
	At     time.Time          `json:"at,omitzero"`
	Values map[string]float64 `json:"values,omitempty"` // by path, such as bytes.used; without values that were no data
	// Members is the number of devices of a fleet; 0 for other subjects.
	Members int `json:"members,omitempty"`

	Next *NextLimit `json:"next,omitempty"` // the limit that it may get soon
}

// IsZero reports whether t has no figures and no time.
func (t Then) IsZero() bool { return t.At.IsZero() && t.Values == nil && t.Next == nil }

// A Fall is a growing figure whose value is lower now than when the alert was announced.
type Fall struct {
	Figure  string // its path, such as bytes.used
	Unit    string // "B" for bytes, else ""
	Was, Is float64
	Day     Day // day of both values, if that is the day before; else zero
}

// growing returns the leaves of growing figures whose values show whether the values that conditions read were wrong, each once: used
// within a period, today and forecast within a day.
func growing(conditions []*lang.Expression) (all []*lang.Leaf) {
	for _, c := range conditions {
		for _, l := range c.Reads {
			path := l.Tag.Get("grows")
			if !strings.Contains(path, ".") {
				path = l.Object + "." + path
			}
			grows := vocabulary.Leaf(path)
			if grows != nil && !Figure(l.Object).Average() && !slices.ContainsFunc(all, grows.Is) {
				all = append(all, grows)
			}
		}
	}
	return all
}

// Growing returns the known values of the growing figures that the conditions of the rule read, by path; nil if they read none.
func (r *Rule) Growing(v *View) map[string]float64 {
	if len(r.growing) == 0 {
		return nil
	}
	values := make(map[string]float64, len(r.growing))
	for _, l := range r.growing {
		if x := v.Number(l); Known(x) {
			values[l.Path()] = x
		}
	}
	return values
}

// remember stores the growing figures of a verdict.
func (a Alert) remember(v Verdict, now time.Time) Alert {
	a.Then = Then{At: now, Values: v.Growing, Members: v.Members}
	return a
}

// Fallen returns the growing figures whose values are known now and lower than when the alert was announced, the shown one first. A figure
// of the day before is compared as of the end of that day; those of earlier days are not compared. For a fleet that devices have left,
// there are none, because its sums were not wrong.
func (a Alert) Fallen(r *Rule, v Verdict, now time.Time) (all []Fall) {
	if v.Members < a.Then.Members {
		return nil
	}
	then, today := DayOf(a.Then.At), DayOf(now)
	for _, path := range slices.Sorted(maps.Keys(a.Then.Values)) {
		l := vocabulary.Leaf(path)
		if l == nil {
			continue // figure of another version of notewatch
		}
		fall, values := Fall{Figure: path, Unit: l.Unit, Was: a.Then.Values[path]}, v.Growing
		switch {
		case l.Tag.Get("kind") == PeriodRule.String() || then == today:
		case then == today-1:
			fall.Day, values = then, v.DayEndGrowing
		default:
			continue
		}
		is, known := values[path]
		if fall.Is = is; known && is < fall.Was*(1-mayFall(l)) {
			all = append(all, fall)
		}
	}
	if i := slices.IndexFunc(all, func(f Fall) bool { return f.Figure == r.Show }); i > 0 {
		all = slices.Insert(slices.Delete(slices.Clone(all), i, i+1), 0, all[i])
	}
	return all
}

// mayFall returns the share by which a value may be lower without being corrected.
func mayFall(l *lang.Leaf) float64 {
	if l.Object == string(SessionBytes) {
		return estimateShare
	}
	return fallShare
}

// fell reports whether the values at the announcement of the alert were wrong. Then its rule does not wait for the end of the period or of
// the day.
func (a Alert) fell(r *Rule, v Verdict, now time.Time) bool {
	if v.Result.Most >= a.level() || r.Kind.ByDay() && DayOf(a.Then.At) != DayOf(now) {
		return false
	}
	return len(a.Fallen(r, v, now)) > 0
}

// correct removes the effects of wrong values: the levels above the present one, and the peak.
func (a Alert) correct(r *Rule, fallen []Fall) Alert {
	if len(fallen) == 0 {
		return a
	}
	a.Worst = a.Level
	if fallen[0].Figure == r.Show {
		a.Peak, a.PeakOn = fallen[0].Is, cmp.Or(fallen[0].Day, DayOf(a.AsOf))
		a = a.peak(a.Value, DayOf(a.AsOf)) // the peak of today, if that of the day before fell
	}
	return a
}
