package delivery

import (
	"time"

	"notewatch/rules"
)

// The steps below are those of the route, of the rules file, and of the receiver as a whole.

// moved takes a delivery along when all of its receiver move.
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

// reconsidered makes what is held or below the level of the receiver owed again: the rules file may have another reason now, or none.
func (d Delivery) reconsidered(f Facts, now time.Time) Delivery {
	if f.State != rules.Firing || d.State != Held && d.Reason != ReasonBelow || d.State == Removed {
		return d
	}
	return d.owed(now)
}

// turned changes the route of an alert that fires. The receiver shows it once more, as withdrawn or as firing. Deliveries of a fallback
// have no route.
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

// fallenBack has the receiver show the alert in place of another one, unless it is notified for itself.
func (d Delivery) fallenBack(receiver string, now time.Time) Delivery {
	switch {
	case d.State == "":
		d = d.added(now)
	case d.State == Removed || !d.Rerouted:
		return d
	default:
		d = d.routed(false, now)
	}
	d.For = receiver
	return d
}

// kept removes a firing delivery whose receiver the rules file no longer has, or takes it up again where it was left. What changed
// meanwhile is owed.
func (d Delivery) kept(back bool, f Facts, now time.Time) Delivery {
	switch {
	case !back && d.State != Removed && f.State == rules.Firing:
		d.State = Removed
		return d
	case !back || d.State != Removed:
		return d
	}
	switch d.Reason {
	case ReasonMuted, ReasonAcknowledged, ReasonBelow:
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

// redelivered has a copy sent of what the receiver is to show, whatever it displays.
func (d Delivery) redelivered(now time.Time) Delivery {
	if d.State == Removed || d.Rerouted {
		return d
	}
	d.Have, d.Shown = 0, rules.Inactive
	d.Epoch++
	return d.owed(now)
}
