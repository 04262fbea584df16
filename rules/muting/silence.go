package muting

import (
	"cmp"
	"slices"
	"time"

	"notewatch/rules"
)

// A Match selects alerts. Empty fields match everything; project, subject, fleet and route match by UID and by name.
type Match struct {
	Alert   string // ID
	Rule    string
	Project string
	Subject string
	Fleet   string // UID or label: alerts of the fleet, and of the devices that are in it now
	Route   string // UID or label
}

// Fleets finds the fleets of a device by their UIDs and, where a match may name one by it, their labels. nil knows none.
type Fleets func(project, device string) []string

// of returns the fleets of a device.
func (f Fleets) of(project, device string) []string {
	if f == nil {
		return nil
	}
	return f(project, device)
}

// Matches reports whether m selects a. within is asked only if m has a fleet.
func (m Match) Matches(a rules.Alert, within Fleets) bool {
	return m.about(a) && (m.Fleet == "" || m.ofFleet(a, within))
}

// ofFleet reports whether an alert is about the fleet of the match, or a device in it.
func (m Match) ofFleet(a rules.Alert, within Fleets) bool {
	switch rules.ScopeOf(a.Project, a.Subject) {
	case rules.EachFleet:
		return m.Fleet == a.Subject || m.Fleet == a.Texts.Subject
	case rules.EachDevice:
		return slices.Contains(within.of(a.Project, a.Subject), m.Fleet)
	}
	return false
}

// ofRoute reports whether an alert is about the route of the match.
func (m Match) ofRoute(a rules.Alert) bool {
	return rules.ScopeOf(a.Project, a.Subject) == rules.EachRoute && (m.Route == a.Subject || m.Route == a.Texts.Subject)
}

// about reports whether m selects a by all but the fleet.
func (m Match) about(a rules.Alert) bool {
	return (m.Alert == "" || m.Alert == a.ID) &&
		(m.Rule == "" || m.Rule == a.Rule) &&
		(m.Project == "" || m.Project == a.Project || m.Project == a.Texts.Project) &&
		(m.Route == "" || m.ofRoute(a)) &&
		(m.Subject == "" || m.Subject == a.Subject || m.Subject == a.Texts.Subject || a.Subject == "" && m.Subject == a.Project)
}

// A Silence mutes what it matches from Start until End. A zero End means the end of the alert that Match names.
type Silence struct {
	ID         string
	Match      Match
	Start, End time.Time
	By         string
	Because    string
	EndedBy    string // who ended it before its time, at EndedAt; "" and zero if no one did
	EndedAt    time.Time
}

// Stops returns when the silence ends: when someone ended it, else End.
func (s Silence) Stops() time.Time { return cmp.Or(s.EndedAt, s.End) }

// Over reports whether the silence has ended at now. A silence without an end, which names an alert, ends with that alert.
func (s Silence) Over(now time.Time) bool {
	stops := s.Stops()
	return !stops.IsZero() && !stops.After(now)
}

// mute returns the mute of an alert that the silence matches.
func (s Silence) mute() rules.Mute {
	return rules.Mute{Kind: rules.BySilence, Until: s.End, By: s.By, Because: s.Because}
}
