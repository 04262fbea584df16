package muting

import (
	"cmp"
	"slices"
	"time"
)

// A Window mutes what it matches on some days of the week, for the whole day or from one time of day to another.
type Window struct {
	Match    Match
	Days     []time.Weekday // empty means every day
	From, To time.Duration  // since midnight on the clock of Zone; both zero: the whole day; To not after From: it ends on the next day
	Zone     *time.Location // nil means UTC
	Because  string

	// Receivers limit a window to some receivers, by name: what it matches is then not muted, but outside their Hours. nil means that it mutes.
	Receivers []string
}

// lookAhead is the maximum number of days until an open window closes; one that covers the whole week never closes.
const lookAhead = 8

// Open reports whether the window mutes at now, and until when; the zero time means forever.
func (w Window) Open(now time.Time) (until time.Time, open bool) {
	for until = now; ; {
		end, inside := w.endOf(until)
		if !inside {
			return until, until.After(now)
		}
		if until = end; until.Sub(now) > lookAhead*24*time.Hour {
			return time.Time{}, true
		}
	}
}

// Next returns the first instant after now at which the window opens; zero if there is none.
func (w Window) Next(now time.Time) time.Time {
	for day := range 2 * lookAhead { // on a day on which clocks change, a part may be missing
		start, stop, ok := w.on(w.date(now, day))
		if !ok || !start.After(now) || !start.Before(stop) {
			continue
		}
		if _, already := w.endOf(start.Add(-1)); !already {
			return start
		}
	}
	return time.Time{}
}

// endOf returns the end of the open stretch of the window around now, without the next stretch.
func (w Window) endOf(now time.Time) (end time.Time, inside bool) {
	for day := -1; day <= 0; day++ {
		if start, stop, ok := w.on(w.date(now, day)); ok && !now.Before(start) && now.Before(stop) && stop.After(end) {
			end, inside = stop, true
		}
	}
	return end, inside
}

// date returns noon, which every date has, of the date of now in the zone of the window, some days later.
func (w Window) date(now time.Time, days int) time.Time {
	zone := cmp.Or(w.Zone, time.UTC)
	year, month, day := now.In(zone).Date()
	return time.Date(year, month, day+days, 12, 0, 0, 0, zone)
}

// on returns when the window opens and closes on a date.
func (w Window) on(date time.Time) (start, stop time.Time, ok bool) {
	if len(w.Days) > 0 && !slices.Contains(w.Days, date.Weekday()) {
		return start, stop, false
	}
	to := w.To
	if to <= w.From {
		to += 24 * time.Hour
	}
	return clock(date, w.From), clock(date, to), true
}

// clock returns the first instant at which wall clocks show a time of day, on the date of noon or the next; if they skip it, the instant at
// which they do.
func clock(noon time.Time, at time.Duration) time.Time {
	year, month, day := noon.Date()
	shown := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(at)
	before := noon.Add(-24 * time.Hour)
	_, change := before.ZoneBounds()
	t := shown.Add(-offset(before))
	if change.IsZero() || t.Before(change) {
		return t.In(noon.Location())
	}
	if t = shown.Add(-offset(change)); t.Before(change) {
		return change
	}
	return t.In(noon.Location())
}

// offset returns how far clocks are ahead of UTC.
func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}
