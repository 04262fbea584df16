package delivery

import (
	"time"

	"notewatch/rules"
)

// The functions below handle the events of a message.

// begun records what the receiver may display from now on, before the result of the attempt is known.
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

// posted records what the receiver displays now. After a post of an older epoch, what was requested since then is still owed.
func (d Delivery) posted(e Event, f Facts, now time.Time) Delivery {
	if e.Epoch != d.Epoch {
		return d.mayDisplay(e.Sent)
	}
	later := !f.Muted && d.fires(f) && e.Display == DisplayFiring && d.notifiesLater(f)
	d.Shown, d.Display = e.Level, e.Display
	d = d.shows(e.Version, f, now)
	if later && d.State == Delivered {
		return d.rests(Held, ReasonHours, e.Hours)
	}
	return d
}

// shows records that the receiver shows a version. A newer one is owed from now on.
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

// stays returns next, but in state Removed if the delivery was removed.
func (d Delivery) stays(next Delivery) Delivery {
	if d.State == Removed {
		next.State = Removed
	}
	return next
}

// nothingToShow records that the receiver has nothing to show of a version. What it displays already counts as updated. If this was the
// first attempt at its message, nothing can have reached the receiver, and a newer version may be sent with another message.
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

// failed records a failed attempt. If it was given up but there is a newer version, that one is tried.
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

// overtaken records a post that was made without a lease. It may have replaced a newer post, or been replaced by one. Unless both displayed
// the same version in the same way, the newest version is sent once more. Their epochs do not matter for that: of two posts that display the
// same, either may be the last one. The epoch rises, so the result of an attempt that is running now cannot undo this.
func (d Delivery) overtaken(s Sent, f Facts, now time.Time) Delivery {
	same := s.Version == f.Version && s.Version == d.Have && s.Display == d.Display
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

// mayDisplay records a post that may not have come last. If it is the first one, the receiver shows the alert from now on. If one of the two
// posts displays the alert as firing, that counts, because only that has to be corrected later. People count as notified of the lower of the
// two levels, because they may not have seen the higher one.
func (d Delivery) mayDisplay(s Sent) Delivery {
	if d.unseen() {
		d.Shown, d.Display = s.Level, s.Display
		if d.Have == 0 && s.Display == DisplayFiring {
			d.Have = s.Version
		}
		return d
	}
	if d.Shown = min(d.Shown, s.Level); s.Display == DisplayFiring {
		d.Display = DisplayFiring
	}
	return d
}

// cutOff records an attempt that may have been posted. Unless something newer was recorded meanwhile, the row says so already: nothing is
// known to be displayed, or the newest version is owed. The result of another attempt that is running no longer counts.
func (d Delivery) cutOff(s Sent, f Facts, now time.Time) Delivery {
	if d.unseen() || s.Epoch == d.Epoch && s.Version > d.Have {
		d.Epoch++
		return d
	}
	return d.overtaken(s, f, now)
}
