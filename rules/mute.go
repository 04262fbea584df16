package rules

import "time"

// A Muter is a kind of mute.
type Muter string

// The kinds of mutes.
const (
	ByNothing Muter = ""
	BySilence Muter = "silence" // made by a person, until a time or until the alert ends
	ByWindow  Muter = "window"  // a mute window, which recurs on days of the week
	ByUnless  Muter = "unless"  // another rule is firing for the same cause
	ByShadow  Muter = "shadow"  // the rule is in shadow mode
)

// A Mute is the reason why an alert is muted. The zero Mute means that it is not muted.
type Mute struct {
	Kind    Muter     `json:"kind,omitempty"`
	Until   time.Time `json:"until,omitzero"` // zero: not known, or for a silence: the end of the alert
	By      string    `json:"by,omitempty"`   // who made the silence, or which rule is firing
	Because string    `json:"because,omitempty"`
}

// IsZero reports whether the alert is not muted.
func (m Mute) IsZero() bool { return m == Mute{} }

// Equal reports whether m and other are the same.
func (m Mute) Equal(other Mute) bool {
	same := m.Until.Equal(other.Until)
	m.Until, other.Until = time.Time{}, time.Time{}
	return same && m == other
}

// Muted returns a with mute m, and the event if that changed a firing alert. The zero m ends the mute. by is the person who ended
// the silence; it is "" if the mute ended by itself or was not a silence.
func (a Alert) Muted(m Mute, by string, now time.Time) (Alert, Event) {
	switch {
	case a.State != Firing || a.Mute.Equal(m):
		return a, None
	case m.Kind == ByNothing:
		a.Mute = Mute{}
		return a.recordBy(by, Unmuted, now), Unmuted
	case m.Kind == BySilence:
		by = m.By
	default:
		by = ""
	}
	a.Mute = m
	return a.recordBy(by, Muted, now), Muted
}

// Acknowledged returns a firing alert as acknowledged by a person. Any other alert is returned unchanged, and so is one that the same
// person has acknowledged already.
func (a Alert) Acknowledged(by string, now time.Time) (Alert, Event) {
	if a.State != Firing || a.Ack.By == by {
		return a, None
	}
	a.Ack = Ack{By: by, At: now}
	return a.recordBy(by, Acknowledged, now), Acknowledged
}

// Unacknowledged returns a firing alert as not acknowledged; by is who removed the acknowledgement. Any other alert is returned unchanged,
// and so is one that is not acknowledged.
func (a Alert) Unacknowledged(by string, now time.Time) (Alert, Event) {
	if a.State != Firing || a.Ack == (Ack{}) {
		return a, None
	}
	a.Ack = Ack{}
	return a.recordBy(by, Unacknowledged, now), Unacknowledged
}
