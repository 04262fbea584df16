package lookup

import (
	"context"
	"math"

	"notewatch/internal/store"
	"notewatch/rules"
)

const (
	drawnDays  = 14 // shown where the day so far is asked for
	medianDays = 14 // complete days that say what is usual
)

// A question is what is asked about the usage of a subject.
type question struct {
	Subject
	span     Span
	day      rules.Day // that the answer is as of
	from, to rules.Day // the days of the span; to is the day after the last
	ordinal  int       // of a device or, 0, a project; noOrdinal: no history
	born     rules.Day // the first day that a device existed; 0: not known
	members  []store.Place
}

// noOrdinal is the ordinal of a device that is known from alerts alone.
const noOrdinal = -1

// question asks what a subject used over a span, as of a day.
func (d *Desk) question(s Subject, span Span, day rules.Day) question {
	q := question{Subject: s, span: span, day: day}
	q.from, q.to = span.days(day, d.Period)
	return q
}

// first returns the first day that an answer reads.
func (q question) first() rules.Day { return min(q.from, q.day-medianDays) }

// drawn returns the first of the days that an answer shows one by one.
func (q question) drawn() rules.Day {
	if q.span == Today {
		return q.day - drawnDays + 1
	}
	return q.from
}

// locate fills in where the history of a device is. listed is nil for a device that Notehub no longer lists.
func (d *Desk) locate(ctx context.Context, q *question, listed *store.Device) error {
	if listed != nil {
		q.ordinal, q.born = listed.Ordinal, rules.DayOf(listed.Provisioned)
		return nil
	}
	ordinal, ok, err := d.Store.Ordinal(ctx, q.Project.UID, q.UID)
	if !ok {
		q.ordinal = noOrdinal
		return err
	}
	former, _, err := d.Store.DeviceAt(ctx, q.Project.UID, ordinal)
	q.ordinal, q.born = ordinal, rules.DayOf(former.Provisioned)
	return err
}

// A sum adds up a figure of one subject over days. A sum over no day, or over a day without data, is no data.
type sum struct {
	from, to rules.Day // to is the day after the last
	value    float64
	days     rules.Day // that there is data for
}

// spanSum returns an empty sum over the span for a subject that exists since a day.
func (q question) spanSum(born rules.Day) sum { return q.sum(q.from, q.to, born) }

// weekSum returns an empty sum over the last seven complete days.
func (q question) weekSum(born rules.Day) sum { return q.sum(q.day-weekDays, q.day, born) }

// sum returns an empty sum over the days on which a subject existed. It exists on the day of the question whatever its list says.
func (q question) sum(from, to, born rules.Day) sum {
	return sum{from: max(from, min(born, q.day)), to: to}
}

// add takes in a day; NaN is no data.
func (s *sum) add(day rules.Day, value float64) {
	if day >= s.from && day < s.to && !math.IsNaN(value) {
		s.value += value
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
