package deliver

import (
	"context"
	"time"

	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Hours say when a receiver is notified of what is new: alerts, escalations, reminders. Outside of them it is held until they begin. The zero
// Hours are always.
type Hours struct {
	Open   *rules.Window  // nil means all day, every day
	Closed []rules.Window // mute windows that are for this receiver only: while one is open, alerts that it matches are outside the hours
}

// has reports whether there are any hours.
func (h Hours) has() bool { return h.Open != nil || len(h.Closed) > 0 }

// maxEdges is how many windows in a row may be followed to find the next opening.
const maxEdges = 16

// Begin returns when the hours begin for an alert that is outside of them at now; the zero time means that this is not known. For any other
// alert outside is false.
func (h Hours) Begin(a rules.Alert, now time.Time) (begin time.Time, outside bool) {
	for begin = now; ; outside = true {
		next, closed := h.closed(a, begin)
		switch {
		case !closed:
			return begin, outside
		case !next.After(begin) || next.Sub(now) > maxEdges*24*time.Hour:
			return time.Time{}, true
		}
		begin = next
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
		if until, open := w.Open(at); open && w.Match.Matches(a) {
			return until, true
		}
	}
	return time.Time{}, false
}

// next returns the first instant after now at which the hours may begin for some alerts; zero if they have begun for all.
func (h Hours) next(now time.Time) (next time.Time) {
	if h.Open != nil {
		if _, open := h.Open.Open(now); !open {
			next = h.Open.Next(now)
		}
	}
	for _, w := range h.Closed {
		if until, open := w.Open(now); open {
			next = work.Earlier(next, until)
		}
	}
	return next
}

// outside returns why the receiver is not notified of anything new about an alert in this round: "outside its hours until Mon 15 Jun 08:00
// UTC". It is "" if the receiver is notified. Drills, and copies for a receiver that is unreachable, are sent at any hour.
func (r Receiver) outside(d *outbox.Delivery) string {
	if !r.Hours.has() || d.Alert.Drill || d.For != "" {
		return ""
	}
	begin, outside := r.Hours.Begin(d.Alert, r.began)
	switch {
	case !outside:
		return ""
	case begin.IsZero():
		return "outside its hours"
	}
	return "outside its hours until " + words.Time(begin)
}

// release makes deliveries owed that were held because the receiver was outside its hours, and is no longer.
func (s *Sender) release(ctx context.Context, lease work.Lease, r Receiver) error {
	var alerts []string
	err := s.outbox.EachOutsideHours(ctx, r.Name, func(d *outbox.Delivery) {
		if r.outside(d) == "" {
			alerts = append(alerts, d.Alert.ID)
		}
	})
	if err != nil || len(alerts) == 0 {
		return err
	}
	return s.outbox.Release(ctx, lease, alerts, r.began)
}
