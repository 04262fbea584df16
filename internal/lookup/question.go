package lookup

import (
	"context"
	"math"

	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

const (
	drawnDays  = 14 // shown where the day so far is asked for
	medianDays = 14 // days that say what is usual
)

// A question is what is asked about the usage of a subject.
type question struct {
	Subject
	span     Span
	day      rules.Day // that the answer is as of
	from, to rules.Day // the days of the span; to is the day after the last
	period   rules.PeriodSpec
	ordinal  int  // of a device or, 0, a project; noOrdinal: no history
	life     life // of a device; a project begins with its first device
	members  []usage.Place
	figures  []rules.Figure
}

// A life is the days on which a device existed: from born, which is 0 if it is not known, to the one before gone. On other days it used
// nothing.
type life struct{ born, gone rules.Day }

// notGone is the end of a life that goes on.
const notGone rules.Day = math.MaxInt

func lifeOf(p usage.Place) life {
	l := life{rules.DayOf(p.Provisioned), notGone}
	if !p.Listed {
		l.gone = p.UnlistedOn
	}
	return l
}

// noOrdinal is the ordinal of a device that is known from alerts alone.
const noOrdinal = -1

// question asks what a subject used over a span, as of a day.
func (r *Reader) question(s Subject, span Span, day rules.Day) question {
	return questionIn(s, span, day, r.periodOf(s.Project.UID), r.figuresOf(s)...)
}

// questionIn is question where time is cut into periods as said.
func questionIn(s Subject, span Span, day rules.Day, period rules.PeriodSpec, figures ...rules.Figure) question {
	q := question{Subject: s, span: span, day: day, period: period, life: life{gone: notGone}, figures: figures}
	q.from, q.to = span.days(day, q.period)
	return q
}

// first returns the first day that an answer reads: a forecast is made of more days than a median.
func (q question) first() rules.Day {
	if q.span == Period {
		return min(q.from, q.day-metric.HistoryDays)
	}
	return min(q.from, q.day-medianDays)
}

// drawn returns the first of the days that an answer shows one by one.
func (q question) drawn() rules.Day {
	if q.span == Today {
		return q.day - drawnDays + 1
	}
	return q.from
}

// locate fills in where the history of a device is. listed is nil for a device that Notehub no longer lists.
func (r *Reader) locate(ctx context.Context, q *question, listed *usage.Device) error {
	if listed != nil {
		q.ordinal, q.life.born = listed.Ordinal, rules.DayOf(listed.Provisioned)
		return nil
	}
	ordinal, ok, err := r.config.Store.Usage.Ordinal(ctx, q.Project.UID, q.UID)
	if !ok {
		q.ordinal = noOrdinal
		return err
	}
	former, _, err := r.config.Store.Usage.DeviceAt(ctx, q.Project.UID, ordinal)
	q.ordinal, q.life = ordinal, lifeOf(former.Place)
	return err
}

// locateRoute fills in where the history of a route is.
func (r *Reader) locateRoute(ctx context.Context, q *question) error {
	q.ordinal = noOrdinal
	list, err := r.config.Store.Usage.Routes(ctx, q.Project.UID)
	if route := list.Find(q.UID); route != nil {
		q.ordinal, q.life.born = route.Ordinal, route.Born
	}
	return err
}

// A sum adds up a figure of one subject over days. A sum over no day, or over a day without data, is no data.
type sum struct {
	from, to rules.Day // to is the day after the last
	end      rules.Day // from then on there need be no data
	value    float64
	days     rules.Day // that there is data for, or need be none
}

// spanSum returns an empty sum over the span for a subject.
func (q question) spanSum(l life) sum { return q.sum(q.from, q.to, l) }

// weekSum returns an empty sum over the last seven complete days.
func (q question) weekSum(l life) sum { return q.sum(q.day-weekDays, q.day, l) }

// sum returns an empty sum over the days since a subject existed. It existed on the day of the question whatever its list says.
func (q question) sum(from, to rules.Day, l life) sum {
	s := sum{from: max(from, min(l.born, q.day)), to: to, end: min(l.gone, to)}
	s.days = max(0, to-max(s.from, s.end))
	return s
}

// empty reports whether the sum covers no day.
func (s sum) empty() bool { return s.from >= s.to }

// add takes in a day; NaN is no data.
func (s *sum) add(day rules.Day, value float64) {
	if day < s.from || day >= s.to || math.IsNaN(value) {
		return
	}
	s.value += value
	if day < s.end {
		s.days++
	}
}

// get returns the sum.
func (s sum) get() float64 {
	if s.days == 0 || s.days != s.to-s.from {
		return math.NaN()
	}
	return s.value
}
