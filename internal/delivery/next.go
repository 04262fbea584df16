package delivery

import (
	"fmt"
	"time"

	"notewatch/rules"
)

// Next returns the delivery after an event at now (domain clock). f are the facts of the current alert; p is the policy of the receiver,
// which only Considered reads. An event that does not concern the delivery leaves it unchanged.
func (d Delivery) Next(e Event, f Facts, p Policy, now time.Time) Delivery {
	f.Outside = e.Hours != ""
	switch e.Kind {
	case Added:
		return d.added(now)
	case Changed:
		return d.changed(now)
	case Considered:
		return d.considered(e, f, p)
	case Begun:
		return d.begun(e.Message, e.Sent)
	case Posted:
		return d.posted(e, f, now)
	case NothingToShow:
		return d.nothingToShow(e, f, now)
	case Failed, GaveUp:
		return d.failed(e, f)
	case HoursBegan:
		return d.released(now)
	case ReceiverFailed, Retried, Revived:
		return d.moved(e)
	case RulesChanged:
		return d.reconsidered(f, now)
	case TurnedAway, TurnedBack:
		return d.turned(e.Kind == TurnedAway, f, now)
	case FallenBack:
		return d.fallenBack(e.For, now)
	case ReceiverGone, ReceiverBack:
		return d.kept(e.Kind == ReceiverBack, f, now)
	case Redeliver:
		return d.redelivered(now)
	case Overtaken:
		return d.overtaken(e.Sent, f, now)
	case CutOff:
		return d.cutOff(e.Sent, f, now)
	}
	return d
}

func (d Delivery) added(now time.Time) Delivery {
	if d.State != "" {
		return d
	}
	return Delivery{State: Waiting, Since: now, Display: DisplayNone}
}

// changed makes the delivery waiting for a newer version. A delivery that is waiting already keeps its time.
func (d Delivery) changed(now time.Time) Delivery {
	if d.State == Removed {
		return d
	}
	if d.State == Waiting {
		now = d.Since
	}
	return d.owed(now)
}

// owed returns the delivery as waiting since a time, without attempts.
func (d Delivery) owed(since time.Time) Delivery {
	d.State, d.Reason, d.Detail, d.Error, d.Since = Waiting, "", "", "", since
	return d
}

// Details of reasons for which the event has no detail.
const (
	// ReroutedDetail is the text of ReasonRerouted.
	ReroutedDetail  = "the rules file now sends this alert to other receivers"
	withdrawnDetail = "withdrawn before it was sent"
	correctedDetail = "corrected before it was sent"
)

// considered decides whether a waiting delivery is held, skipped, or remains to be sent. A decision about another version or epoch than the
// stored one is ignored.
func (d Delivery) considered(e Event, f Facts, p Policy) Delivery {
	if d.State != Waiting || e.Version != f.Version || e.Epoch != d.Epoch {
		return d
	}
	if d.fires(f) && d.unseen() {
		return d.consideredFiring(e, f, p)
	}
	if d.Display == DisplayNone {
		return d.consideredEnded(e, f, p)
	}
	if d.known(f, p) {
		return d.shows(f.Version, f, time.Time{})
	}
	return d
}

// consideredFiring considers a firing alert of which no message is known to have reached the receiver.
func (d Delivery) consideredFiring(e Event, f Facts, p Policy) Delivery {
	kept := f.Muted || f.Acknowledged || f.Outside
	switch {
	case f.Level < p.From && (d.Display == DisplayNone || kept):
		return d.rests(Skipped, ReasonBelow, fmt.Sprintf("%s is below %s, the lowest level of this receiver", f.Level, p.From))
	case f.Muted:
		return d.rests(Held, ReasonMuted, e.Detail)
	case f.Acknowledged:
		return d.rests(Held, ReasonAcknowledged, e.Detail)
	case f.Outside:
		return d.rests(Held, ReasonHours, e.Hours)
	}
	return d
}

// consideredEnded considers an alert that ended for the receiver before any message reached it.
func (d Delivery) consideredEnded(e Event, f Facts, p Policy) Delivery {
	var reason Reason
	var detail string
	switch {
	case d.Rerouted:
		reason, detail = ReasonRerouted, ReroutedDetail
	case f.State == rules.Withdrawn:
		reason, detail = ReasonWithdrawn, withdrawnDetail
	case f.Reason == rules.Corrected:
		reason, detail = ReasonCorrected, correctedDetail
	case f.State == rules.Resolved && f.Level < p.From:
		reason, detail = ReasonEndedBelow, fmt.Sprintf("ended; %s is below %s, the lowest level of this receiver", f.Level, p.From)
	case f.State == rules.Resolved && f.Muted:
		reason, detail = ReasonEndedMuted, e.Detail+"; ended meanwhile"
	case f.Outside:
		return d.rests(Held, ReasonHours, e.Hours)
	default:
		return d
	}
	d.Have = f.Version
	return d.rests(Skipped, reason, detail)
}

// rests returns the delivery in a state in which nothing is sent, with the reason.
func (d Delivery) rests(s State, why Reason, detail string) Delivery {
	d.State, d.Reason, d.Detail, d.Error, d.Since = s, why, detail, "", time.Time{}
	return d
}
