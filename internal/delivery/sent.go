package delivery

import (
	"time"

	"notewatch/rules"
)

// The steps below are those of a message.

// begun records what the receiver may display from now on, whatever the result of the attempt.
func (d Delivery) begun(message string, s Sent) Delivery {
	d.Message = message
	switch {
	case d.Display == DisplayNone:
		d.Display = DisplayMaybe
	case d.Display == DisplayEnded && s.Display == DisplayFiring:
		d.Display = DisplayFiring
	}
	return d
}

// posted records what the receiver displays now. A post of an older epoch leaves owed what was asked for since then.
func (d Delivery) posted(e Event, f Facts, now time.Time) Delivery {
	if e.Epoch != d.Epoch {
		return d.mayDisplay(e.Sent)
	}
	d.Shown, d.Display = e.Level, e.Display
	return d.shows(e.Version, f, now)
}

// shows records that the receiver has what there is to show of a version. If there is a newer one, that is owed from now on.
func (d Delivery) shows(version int64, f Facts, now time.Time) Delivery {
	d.Have = version
	switch {
	case version < f.Version:
		return d.stays(d.owed(now))
	case d.Rerouted:
		return d.stays(d.rests(Skipped, ReasonRerouted, ReroutedDetail))
	}
	return d.stays(d.rests(Delivered, "", ""))
}

// stays returns next, but Removed if the delivery was.
func (d Delivery) stays(next Delivery) Delivery {
	if d.State == Removed {
		next.State = Removed
	}
	return next
}

// nothingToShow records that the receiver has nothing to show of a version. What it displays already counts as brought up to date. If
// this was the first attempt at its message, nothing can have reached the receiver, and a newer version may go with another message.
func (d Delivery) nothingToShow(e Event, f Facts, now time.Time) Delivery {
	if e.Epoch != d.Epoch {
		return d
	}
	if !d.unseen() {
		return d.posted(e, f, now)
	}
	d.Have, d.Shown = e.Version, rules.Inactive
	if !e.Again {
		d.Message, d.Display = "", DisplayNone
	}
	if e.Version < f.Version {
		return d.stays(d.owed(now))
	}
	return d.stays(d.rests(Skipped, ReasonContent, e.Detail))
}

// failed records an attempt that was not taken. A newer version than the one that was given up is tried.
func (d Delivery) failed(e Event, f Facts) Delivery {
	if e.Epoch != d.Epoch {
		return d
	}
	d.Error = e.Error
	switch {
	case e.Kind == Failed && d.State == GivenUp:
		d.State = Waiting
	case e.Kind == GaveUp && d.State == Waiting && e.Version == f.Version:
		d.State = GivenUp
	}
	return d
}

// overtaken records a post that was made without a lease. It may have replaced a newer one, or been replaced by it: unless both displayed
// the same, the newest is sent once more. Whoever is sending right now cannot record otherwise, because the epoch rises.
func (d Delivery) overtaken(s Sent, f Facts, now time.Time) Delivery {
	same := s.Version == f.Version && s.Version == d.Have && s.Epoch == d.Epoch && s.Display == d.Display
	d = d.mayDisplay(s)
	d.Have = min(d.Have, s.Version)
	d.Epoch++
	if same {
		return d
	}
	if !d.Since.IsZero() {
		now = d.Since
	}
	next := d.owed(now)
	next.Error = d.Error
	return d.stays(next)
}

// mayDisplay records a post of which it is uncertain whether it came last. What is displayed counts as firing if one of both was, because
// only that has to be taken back. People count as notified of the lower level of both, because a higher one that they may not have seen is
// to disturb them.
func (d Delivery) mayDisplay(s Sent) Delivery {
	if d.unseen() {
		d.Shown, d.Display = s.Level, s.Display
		return d
	}
	if d.Shown = min(d.Shown, s.Level); s.Display == DisplayFiring {
		d.Display = DisplayFiring
	}
	return d
}

// cutOff records an attempt that may have been posted. Unless something newer was recorded meanwhile, the row says so already: nothing
// is known to be displayed, or the newest is owed. The result of another attempt that is being made no longer counts all the same.
func (d Delivery) cutOff(s Sent, f Facts, now time.Time) Delivery {
	if d.unseen() || s.Epoch == d.Epoch && s.Version > d.Have {
		d.Epoch++
		return d
	}
	return d.overtaken(s, f, now)
}
