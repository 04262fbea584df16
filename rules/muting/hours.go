package muting

import (
	"slices"
	"time"

	"notewatch/rules"
)

// Hours say when a receiver is notified of what is new. The zero Hours are always.
type Hours struct {
	Open   *Window  // nil means all day, every day; its Match does not matter
	Closed []Window // while one is open, the alerts that it matches are outside the hours; none is for a fleet
}

// None reports whether the hours are always.
func (h Hours) None() bool { return h.Open == nil && len(h.Closed) == 0 }

// farAhead is how far ahead the beginning of hours is looked for. Windows that take turns may leave none.
const farAhead = 2 * lookAhead * 24 * time.Hour

// Begin returns when the hours begin for an alert that is outside of them at now; the zero time means that this is not known. For any other
// alert outside is false.
func (h Hours) Begin(a rules.Alert, now time.Time) (begin time.Time, outside bool) {
	for begin = now; ; outside = true {
		until, closed := h.closed(a, begin)
		switch {
		case !closed:
			return begin, outside
		case !until.After(begin) || until.Sub(now) > farAhead:
			return time.Time{}, true
		}
		begin = until
	}
}

// closed reports whether an alert is outside the hours at an instant, and until when at least; the zero time means that this is not known.
func (h Hours) closed(a rules.Alert, at time.Time) (until time.Time, closed bool) {
	if h.Open != nil {
		if _, open := h.Open.Open(at); !open {
			return h.Open.Next(at), true
		}
	}
	for _, w := range h.Closed {
		if until, open := w.Open(at); open && w.Match.Matches(a, nil) {
			return until, true
		}
	}
	return time.Time{}, false
}

// Next returns the first instant after now at which the hours may begin for some alert; zero if they have begun for all.
func (h Hours) Next(now time.Time) time.Time {
	var all []time.Time
	if h.Open != nil {
		if _, open := h.Open.Open(now); !open {
			all = append(all, h.Open.Next(now))
		}
	}
	for _, w := range h.Closed {
		if until, open := w.Open(now); open {
			all = append(all, until)
		}
	}
	return earliest(all)
}

// Gap returns the first stretch of time from an instant on in which all of some hours are closed, as they are for alerts that no window of
// one receiver matches. ok is false if there is none within a week. All of them must have Open.
func Gap(all []Hours, from time.Time) (start, end time.Time, ok bool) {
	for start = from; start.Sub(from) <= lookAhead*24*time.Hour; {
		var open, next []time.Time // until when some are open, and when others open
		for _, h := range all {
			until, is := h.Open.Open(start)
			switch {
			case is && until.IsZero():
				return start, end, false
			case is:
				open = append(open, until)
			default:
				next = append(next, h.Open.Next(start))
			}
		}
		if len(open) == 0 {
			return start, earliest(next), true
		}
		start = slices.MaxFunc(open, time.Time.Compare)
	}
	return start, end, false
}

// earliest returns the first of some times, without those that are zero; zero if there is none.
func earliest(all []time.Time) time.Time {
	all = slices.DeleteFunc(all, time.Time.IsZero)
	if len(all) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(all, time.Time.Compare)
}
