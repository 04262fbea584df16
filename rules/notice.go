package rules

import (
	"cmp"
	"time"
)

// Raise returns an alert that fires because of a problem of the program itself, not of an expression. A firing alert of that key stays
// unchanged, unless level is higher or the texts differ.
func (a Alert) Raise(level Level, texts Texts, now time.Time) (Alert, Event) {
	before := a
	a.Texts = texts
	switch {
	case a.State != Firing:
		return a.fire(level, now), Fired
	case level > a.Level:
		return a.escalate(level, now), Escalated
	case a.Texts != before.Texts:
		return a.record(Updated, now), Updated
	}
	return before, None
}

// Resolve returns the alert as resolved, because the program found that the cause is gone.
func (a Alert) Resolve(now time.Time) (Alert, Event) { return a.end(Resolved, EventResolved, now) }

// Report returns an alert that contains a report. It has ended when it is made. There is one report for each key: it always gets the same
// ID.
func (k Key) Report(texts Texts, now time.Time) Alert {
	a := k.Inactive()
	a.ID = a.id("report", time.UnixMilli(0))
	a.State, a.Level, a.Worst, a.Texts = Resolved, Info, Info, texts
	a.Since, a.FiredAt, a.RaisedAt, a.NotifiedAt, a.EndedAt, a.AsOf = now, now, now, now, now, now
	return a.record(Reported, now)
}

// Drill returns a test alert. Its texts are those of the rule for a value just beyond its limit.
func (k Key) Drill(r *Rule, texts Texts, now time.Time) Alert {
	a := k.Inactive().begin(now)
	a.ID = a.id("drill", now)
	a.Drill, a.Texts, a.Limit, a.AsOf = true, texts, r.Limit, now
	a.Value = r.Limit + r.Limit/10
	a.Peak = a.Value
	a.State, a.FiredAt, a.RaisedAt = Firing, now, now
	return a.announce(cmp.Or(r.Highest, Warning), now).record(Fired, now)
}
