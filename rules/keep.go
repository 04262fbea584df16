package rules

import (
	"slices"
	"time"

	"notewatch/rules/internal/lang"
)

// keepByDefault is how long a live rule about complete days keeps an alert, because late values of yesterday arrive for hours.
const keepByDefault = 6 * time.Hour

// completeDays are the members of a metric that late values of yesterday change.
var completeDays = []string{"yesterday", "d7", "d30", peerRatio}

// keep returns how long alerts are kept for a rule whose levels have these conditions.
func (r *Rule) keep(conditions []*lang.Expression) time.Duration {
	switch {
	case r.Spec.Keep != nil:
		return *r.Spec.Keep
	case r.Kind != Live || r.Spec.ResolveWhen != "":
		return 0
	}
	for _, c := range conditions {
		if slices.ContainsFunc(c.Reads, func(l *lang.Leaf) bool { return slices.Contains(completeDays, l.Member) }) {
			return keepByDefault
		}
	}
	return 0
}

// kept reports whether an alert that could resolve continues to fire for now.
func (a Alert) kept(r *Rule, now time.Time) bool {
	return a.State == Firing && r.Keep > 0 && (a.QuietSince.IsZero() || now.Before(a.QuietSince.Add(r.Keep)))
}

// quiet records that the condition of the alert is false. From then on messages lead with its peak.
func (a Alert) quiet(v Verdict, now time.Time) (Alert, Event) {
	if !a.QuietSince.IsZero() {
		return a, None
	}
	a.QuietSince, a.Usual = now, v.PeakUsual
	return a.record(Updated, now), Updated
}

// resolves returns the earliest time at which a quiet alert of the rule resolves; zero if it is not quiet.
func (a Alert) resolves(r *Rule) (at time.Time) {
	if a.QuietSince.IsZero() {
		return time.Time{}
	}
	if r.Kind.ByDay() {
		at = DayOf(a.QuietSince).End()
	}
	if kept := a.QuietSince.Add(r.Keep); kept.After(at) {
		return kept
	}
	return at
}

// Resolves returns the earliest time at which a quiet alert resolves, if it stays quiet.
func (a Alert) Resolves() time.Time {
	if a.Texts.Resolves.IsZero() { // its texts are of an older version, in which only alerts of day rules could be quiet
		return DayOf(a.QuietSince).End()
	}
	return a.Texts.Resolves
}
