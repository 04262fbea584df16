package delivery

import (
	"time"

	"notewatch/rules"
)

// The functions below handle the events of the route, of the rules file, and of the receiver as a whole.

// moved handles an event that moves all deliveries of a receiver.
func (d Delivery) moved(e Event) Delivery {
	from, to := Moves(e.Kind)
	if d.State != from {
		return d
	}
	if d.State = to; to == GivenUp {
		d.Error = e.Error
	}
	return d
}

// reconsidered makes a delivery owed again if it is held or below the level of the receiver, because the rules file may have changed the
// reason. What is held for the hours of the receiver is left to its next round: most of it stays held.
func (d Delivery) reconsidered(f Facts, now time.Time) Delivery {
	kept := d.State == Held && d.Reason != ReasonHours || d.Reason == ReasonBelow
	if f.State != rules.Firing || !kept || d.State == Removed {
		return d
	}
	return d.owed(now)
}

// released makes a delivery owed that was held because the receiver was outside its hours.
func (d Delivery) released(now time.Time) Delivery {
	if d.State != Held || d.Reason != ReasonHours {
		return d
	}
	return d.owed(now)
}

// turned changes the route of a firing alert. The receiver shows it once more, as withdrawn or as firing. Deliveries of a fallback have no
// route.
func (d Delivery) turned(away bool, f Facts, now time.Time) Delivery {
	if d.State == Removed || f.State != rules.Firing || d.For != "" || d.Rerouted == away {
		return d
	}
	return d.routed(away, now)
}

// routed returns the delivery on another route.
func (d Delivery) routed(away bool, now time.Time) Delivery {
	d.Rerouted = away
	d.Turns++
	d.Epoch++
	return d.owed(now)
}

// fallenBack makes the receiver show the alert instead of another one, unless it is notified for itself. What it holds until its hours begin is
// sent at once: otherwise no one would be notified until then.
func (d Delivery) fallenBack(receiver string, now time.Time) Delivery {
	switch {
	case d.State == "":
		d = d.added(now)
	case d.State == Held && d.Reason == ReasonHours:
		d = d.owed(now)
	case d.State == Removed || !d.Rerouted:
		return d
	default:
		d = d.routed(false, now)
	}
	d.For = receiver
	return d
}

// kept removes a firing delivery whose receiver is no longer in the rules file, or restores it when the receiver is back. Changes meanwhile
// are owed.
func (d Delivery) kept(back bool, f Facts, now time.Time) Delivery {
	switch {
	case !back && d.State != Removed && f.State == rules.Firing:
		d.State = Removed
		return d
	case !back || d.State != Removed:
		return d
	}
	switch d.Reason {
	case ReasonMuted, ReasonAcknowledged, ReasonHours, ReasonBelow:
		return d.owed(now)
	}
	if d.Have < f.Version || !d.Since.IsZero() {
		return d.owed(now)
	}
	if d.State, d.Error = Delivered, ""; d.Reason != "" {
		d.State = Skipped
	}
	return d
}

// redelivered makes a copy of what the receiver should show owed, whatever it displays now.
func (d Delivery) redelivered(now time.Time) Delivery {
	if d.State == Removed || d.Rerouted {
		return d
	}
	d.Have, d.Shown = 0, rules.Inactive
	d.Epoch++
	return d.owed(now)
}
