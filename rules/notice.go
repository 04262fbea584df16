package rules

import (
	"cmp"
	"time"
)

// Raise returns an alert that fires because of a problem of the program itself, not of an expression. A firing alert of that key stays
// unchanged, unless level is higher or the texts differ.
func (a Alert) Raise(level Level, texts Told, now time.Time) (Alert, Event) {
	before := a
	a.Told = texts
	switch {
	case a.State != Firing:
		return a.fire(level, now), Fired
	case level > a.Level:
		return a.escalate(level, now), Escalated
	case a.Told != before.Told:
		return a.raise(Updated, now), Updated
	}
	return before, None
}

// Clear returns the alert as resolved, because the program found that the cause is gone.
func (a Alert) Clear(now time.Time) (Alert, Event) { return a.end(Resolved, Cleared, now) }

// Report returns an alert that contains a report. It has ended when it is made. There is one report for each key: it always gets the same
// ID.
func (k Key) Report(texts Told, now time.Time) Alert {
	a := k.Inactive()
	a.ID = a.id("report", time.UnixMilli(0))
	a.State, a.Level, a.Worst, a.Told = Resolved, Info, Info, texts
	a.Since, a.FiredAt, a.RaisedAt, a.NotifiedAt, a.EndedAt, a.AsOf = now, now, now, now, now, now
	return a.raise(Reported, now)
}

// Drill returns a test alert. Its texts are those of the rule for a value just beyond its limit.
func (k Key) Drill(r *Rule, texts Told, now time.Time) Alert {
	a := k.Inactive().begin(now)
	a.ID = a.id("drill", now)
	a.Drill, a.Told, a.Limit, a.AsOf = true, texts, r.Limit, now
	a.Value = r.Limit + r.Limit/10
	a.Peak = a.Value
	a.State, a.FiredAt, a.RaisedAt = Firing, now, now
	return a.speak(cmp.Or(r.Highest, Warning), now).raise(Fired, now)
}
