package lookup

import (
	"cmp"
	"context"
	"time"

	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A Source says how old and how complete the data of an answer is. An answer embeds it, because its keys are keys of the answer.
type Source struct {
	AsOf      time.Time `json:"as_of,omitzero"`    // last successful poll; of several projects the oldest; zero: none
	Failures  int       `json:"failures"`          // failed polls since; of several projects the most
	Failure   string    `json:"failure,omitempty"` // why the last one failed
	Truncated bool      `json:"truncated"`         // Notehub truncated its last answer
}

// An asOf is the time of the data of some projects.
type asOf struct {
	Source
	instant time.Time // AsOf, or now if no poll succeeded yet or the clock was set back since
	day     rules.Day // of instant
}

// asOf returns the time of the data of projects.
func (r *Reader) asOf(ctx context.Context, projects []Project) (asOf, error) {
	var a asOf
	for _, p := range projects {
		state, err := r.config.Store.Project(ctx, p.UID)
		if err != nil {
			return a, err
		}
		if !state.PolledAt.IsZero() && (a.AsOf.IsZero() || state.PolledAt.Before(a.AsOf)) {
			a.AsOf = state.PolledAt
		}
		if state.Failures > a.Failures {
			a.Failures, a.Failure = state.Failures, state.Failure
		}
		a.Truncated = a.Truncated || state.Truncated
	}
	a.instant = a.AsOf
	if now := r.config.Now(); a.AsOf.IsZero() || work.Ahead(a.AsOf, now) {
		a.instant = now
	}
	a.day = rules.DayOf(a.instant)
	return a, nil
}

// dayOf returns the day as of which values over a span are: the day of the newest poll, or today for the span today, whatever data there
// is.
func (r *Reader) dayOf(span Span, a asOf) rules.Day {
	if span == Today {
		return rules.DayOf(r.config.Now())
	}
	return a.day
}

// periodOf returns how time is cut into periods in a project; "" is all of them.
func (r *Reader) periodOf(project string) rules.PeriodSpec {
	for _, p := range r.config.Projects {
		if p.UID == project {
			return cmp.Or(p.Period, r.config.Period)
		}
	}
	return r.config.Period
}

// Days returns the days of a span of a project, from and before to, as of its last poll.
func (r *Reader) Days(ctx context.Context, p Project, span Span) (from, to rules.Day, err error) {
	asOf, err := r.asOf(ctx, []Project{p})
	from, to = span.days(r.dayOf(span, asOf), r.periodOf(p.UID))
	return from, to, err
}
