package lookup

import (
	"context"
	"time"

	"notewatch/rules"
)

// An asOf is when what is known of some projects was read.
type asOf struct {
	at        time.Time // the oldest of the projects that were ever read; zero: none was
	instant   time.Time // at, or now if nothing was ever read or the clock was set back since
	day       rules.Day // of instant
	failures  int       // the most of one project
	failure   string
	truncated bool
}

// asOf returns when what is known of projects was read.
func (d *Desk) asOf(ctx context.Context, projects []Project) (asOf, error) {
	var a asOf
	for _, p := range projects {
		state, err := d.Store.Project(ctx, p.UID)
		if err != nil {
			return a, err
		}
		if !state.PolledAt.IsZero() && (a.at.IsZero() || state.PolledAt.Before(a.at)) {
			a.at = state.PolledAt
		}
		if state.Failures > a.failures {
			a.failures, a.failure = state.Failures, state.Failure
		}
		a.truncated = a.truncated || state.Truncated
	}
	a.instant = a.at
	if now := d.Now(); a.at.IsZero() || isAhead(a.at, now) {
		a.instant = now
	}
	a.day = rules.DayOf(a.instant)
	return a, nil
}

// dayOf returns the day that figures over a span are as of: that of the newest reading, but for the day so far the one that
// it is, whatever is known of it.
func (d *Desk) dayOf(span Span, a asOf) rules.Day {
	if span == Today {
		return rules.DayOf(d.Now())
	}
	return a.day
}
