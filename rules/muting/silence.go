package muting

import (
	"cmp"
	"time"

	"notewatch/rules"
)

// A Match selects alerts. Empty fields match everything; project and subject match by UID and by name.
type Match struct {
	Alert   string // ID
	Rule    string
	Project string
	Subject string
}

// Matches reports whether m selects a.
func (m Match) Matches(a rules.Alert) bool {
	return (m.Alert == "" || m.Alert == a.ID) &&
		(m.Rule == "" || m.Rule == a.Rule) &&
		(m.Project == "" || m.Project == a.Project || m.Project == a.Texts.Project) &&
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
