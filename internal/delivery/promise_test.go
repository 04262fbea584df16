package delivery_test

import (
	"fmt"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

// wrong says what must never be.
func (w *world) wrong() string {
	for k := range w.size {
		switch repeats := w.receivers[k].repeats; {
		case repeats > 0 && w.troubles == 0:
			return "a version was posted twice without any trouble"
		case repeats > 2*w.troubles:
			return fmt.Sprintf("%d troubles led to %d repeats", w.troubles, repeats)
		}
	}
	return w.problem
}

// wrongAtRest says what must not be when nobody has anything to do.
func (w *world) wrongAtRest() string {
	for k := range w.size {
		r := &w.receivers[k]
		if !r.listed || r.row.State == "" {
			continue
		}
		if problem := w.wrongState(r); problem != "" {
			return "at rest " + problem
		}
	}
	first, fallback := &w.receivers[0], &w.receivers[1]
	if first.listed && fallback.listed && first.row.Missing(w.alert, warning, early) && (fallback.row.State == "" || fallback.row.Rerouted) {
		return "at rest the fallback is not notified of what the receiver is missing"
	}
	return ""
}

// wrongState says why a delivery must not rest in its state.
func (w *world) wrongState(r *receiver) string {
	d, f := r.row, w.alert
	fires := f.State == rules.Firing
	red := r.displays.Display == delivery.DisplayFiring && !r.hollow()
	switch {
	case fires && d.For == "" && d.Rerouted == r.routed:
		return "a delivery is not on its route"
	case d.State == delivery.Waiting:
		return "a delivery waits"
	case d.State == delivery.Removed:
		return "a delivery is removed, but the receiver is there"
	case d.State == delivery.GivenUp && r.gaveUp != f.Version:
		return fmt.Sprintf("version %d was given up, but %d is the newest", r.gaveUp, f.Version)
	case d.State == delivery.Held && d.Reason == delivery.ReasonHours:
		return w.wrongHours(r)
	case d.State == delivery.Held && !(fires && (f.Muted || f.Acknowledged)):
		return "a delivery is held for no reason"
	case d.State == delivery.Held && red && w.troubles == 0:
		return "a delivery is held, but displayed"
	case d.State == delivery.Skipped && red && (w.troubles == 0 || d.Reason != delivery.ReasonBelow && d.Reason != delivery.ReasonContent):
		return "a delivery is skipped, but displayed as firing"
	case d.State == delivery.Delivered && !r.hollow():
		return w.wrongDisplay(r)
	}
	return ""
}

// wrongHours says why a delivery must not be held for the hours of its receiver.
func (w *world) wrongHours(r *receiver) string {
	d := r.row
	switch {
	case !r.outside || d.For != "":
		return "a delivery is held for no reason"
	case d.Display == delivery.DisplayFiring && w.alert.State != rules.Firing:
		return "an end is held, but the alert is displayed as firing"
	case d.Display == delivery.DisplayFiring && !r.hollow() && r.displays.Version != w.alert.Version:
		return fmt.Sprintf("version %d is displayed, but %d is the newest", r.displays.Version, w.alert.Version)
	}
	return ""
}

// wrongDisplay says why a receiver must not display what it does.
func (w *world) wrongDisplay(r *receiver) string {
	sent, level := r.row.Sent(w.alert, warning), r.row.View(w.alert, warning).Level
	switch {
	case r.displays.Display != sent.Display:
		return fmt.Sprintf("an alert is %s, but displayed as %s", sent.Display, r.displays.Display)
	case sent.Display == delivery.DisplayEnded:
		return ""
	case r.displays.Version != w.alert.Version:
		return fmt.Sprintf("version %d is displayed, but %d is the newest", r.displays.Version, w.alert.Version)
	case r.woken < level && !w.alert.Muted:
		return fmt.Sprintf("people were disturbed for %s, but the alert is %s", r.woken, level)
	case r.copied < r.asked:
		return "a copy was not sent"
	}
	return ""
}

// hollow reports whether the receiver had nothing to show since it was posted what it displays.
func (r *receiver) hollow() bool { return r.empty > 0 && r.empty >= r.displays.Version }
