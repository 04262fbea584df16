package delivery

import (
	"time"

	"notewatch/rules"
)

// A State is how far a receiver is with an alert.
type State string

// The states of a delivery. The zero value is that there is no delivery.
const (
	Waiting   State = "waiting"
	Held      State = "held"
	Delivered State = "delivered"
	Skipped   State = "skipped"
	GivenUp   State = "given up"
	Removed   State = "removed"
)

// States returns all states, in the order of display.
func States() []State { return []State{Delivered, Waiting, GivenUp, Held, Skipped, Removed} }

// Unsettled returns the states in which something may still be sent. Their deliveries are few; the others are kept as long as alerts.
func Unsettled() []State { return []State{Waiting, Held, GivenUp, Removed} }

// A Reason is why a delivery is Held or Skipped.
type Reason string

// The reasons.
const (
	ReasonMuted        Reason = "muted"        // Held: notifications are off for now
	ReasonAcknowledged Reason = "acknowledged" // Held: a person has acknowledged the alert
	ReasonHours        Reason = "hours"        // Held: the receiver is outside its hours
	ReasonBelow        Reason = "below"        // Skipped: the alert fires below the level of the receiver
	ReasonWithdrawn    Reason = "withdrawn"    // Skipped: it was withdrawn before it was sent
	ReasonCorrected    Reason = "corrected"    // Skipped: it was corrected before it was sent
	ReasonEndedBelow   Reason = "ended-below"  // Skipped: it ended below the level of the receiver
	ReasonEndedMuted   Reason = "ended-muted"  // Skipped: it ended while it was muted
	ReasonRerouted     Reason = "rerouted"     // Skipped: its route leads to other receivers
	ReasonContent      Reason = "content"      // Skipped: the receiver has nothing to show of it
)

// A Display is what the receiver shows of an alert.
type Display string

// What a receiver may show.
const (
	DisplayNone   Display = "none"   // nothing can have reached the receiver
	DisplayMaybe  Display = "maybe"  // an attempt was begun, and no post is recorded
	DisplayFiring Display = "firing" // the alert as firing, muted or not
	DisplayEnded  Display = "ended"  // an end: ended, below the lowest level of the receiver, withdrawn, rerouted
)

// A Delivery is what one receiver owes for one alert.
type Delivery struct {
	State  State
	Reason Reason // of Held and Skipped; Removed keeps it
	Detail string // text of Reason, written when it is decided
	Error  string // of the last attempt; "" after a post, a new version or a new route

	// Since is the time since which something has been owed without interruption. It is set in Waiting and GivenUp; Removed keeps it.
	Since time.Time

	Have    int64       // version that was posted or settled last; 0: none, or a copy was requested
	Shown   rules.Level // level that people were last notified of; Inactive: none, or ended
	Display Display
	Message string // ID of the message that shows it; "" before one does

	For      string // receiver that this one replaces as fallback; "": it is notified for itself
	Rerouted bool   // the route leads to other receivers
	Turns    int64  // changes of the route; part of the idempotency key, so it never falls
	Epoch    int64  // rises when what is displayed becomes uncertain, or has to be sent once more
}

// Facts are what Next needs to know of the current alert.
type Facts struct {
	State        rules.State
	Level        rules.Level
	Version      int64
	Reason       rules.Event // of the newest version
	Muted        bool
	Acknowledged bool
	Outside      bool // the receiver is outside its hours for this alert; only a round for the receiver knows this
}

// FactsOf returns the facts of an alert.
func FactsOf(a *rules.Alert) Facts {
	return Facts{
		State: a.State, Level: a.Level, Version: a.Version, Reason: a.Reason,
		Muted: a.Mute.Kind != rules.ByNothing, Acknowledged: a.Ack != rules.Ack{},
	}
}

// A Policy holds the settings of a receiver that Next needs.
type Policy struct {
	From rules.Level // lowest level of the receiver
}

// A View is how an alert looks to a receiver.
type View struct {
	Level  rules.Level // Inactive is an end
	Reason Reason      // why a firing alert looks ended: ReasonBelow or ReasonRerouted; else ""
	Loud   bool        // worth disturbing people
}

// View returns how the alert looks to the receiver.
func (d Delivery) View(f Facts, p Policy) View {
	fires := d.fires(f)
	kept := fires && (f.Muted && f.Reason != rules.Muted && d.Have > 0 || d.notifiesLater(f))
	v := View{Loud: d.Outdated(f) && !d.known(f, p) && !kept}
	switch {
	case fires && f.Level >= p.From:
		v.Level = f.Level
	case fires:
		v.Reason = ReasonBelow
	case f.State == rules.Firing:
		v.Reason = ReasonRerouted
	}
	return v
}

// Sent returns what is recorded of a message that shows the current alert.
func (d Delivery) Sent(f Facts, p Policy) Sent {
	sent := Sent{Version: f.Version, Level: d.View(f, p).Level, Display: DisplayFiring, Epoch: d.Epoch}
	if sent.Level == rules.Inactive {
		sent.Display = DisplayEnded
	}
	if d.fires(f) && (f.Muted || d.notifiesLater(f)) {
		sent.Level = min(sent.Level, d.Shown) // people are notified of the rest when the mute ends, or when the hours of the receiver begin
	}
	return sent
}

// Missing reports whether the fallback has to be notified, because the receiver does not show the level of a firing alert: its message was
// given up, or has waited since before or longer.
func (d Delivery) Missing(f Facts, p Policy, before time.Time) bool {
	late := d.State == GivenUp || d.State == Waiting && !d.Since.After(before)
	return late && d.fires(f) && f.Level >= p.From && (d.Have == 0 || d.Shown < f.Level)
}

// Outdated reports whether the receiver does not have the newest version of an alert. A message that shows the alert then counts as outdated, even
// if nothing would be sent for this alert alone.
func (d Delivery) Outdated(f Facts) bool {
	return d.State == Waiting || d.State == GivenUp || d.Have < f.Version
}

// notifiesLater reports whether the receiver shows the alert and people would be notified of it again, by an escalation or a reminder, but it
// is outside its hours: then its message changes now, and people are notified when the hours begin. A copy that a person requests is sent.
func (d Delivery) notifiesLater(f Facts) bool {
	return f.Outside && d.Have > 0 && !d.unseen() && (d.Outdated(f) || d.State == Held) &&
		(f.Level > d.Shown || f.Reason == rules.Reminded)
}

// fires reports whether the alert fires and its route leads to the receiver.
func (d Delivery) fires(f Facts) bool { return f.State == rules.Firing && !d.Rerouted }

// known reports whether the receiver already shows that the alert no longer concerns it.
func (d Delivery) known(f Facts, p Policy) bool {
	report := f.Reason == rules.Revised || f.Reason == rules.Reported
	return d.Display == DisplayEnded && d.Have > 0 && (d.Rerouted || f.Level < p.From && !report)
}

// unseen reports whether no message is known to have reached the receiver.
func (d Delivery) unseen() bool { return d.Display == DisplayNone || d.Display == DisplayMaybe }
