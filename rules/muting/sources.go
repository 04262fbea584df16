package muting

import (
	"slices"
	"time"

	"notewatch/rules"
)

// Sources holds everything that can mute alerts.
type Sources struct {
	Silences []Silence                                // that have not ended, and those that a person ended recently
	Windows  []Window                                 // those for some receivers mute nothing
	Rules    map[string]rules.Spec                    // by name
	Firing   func(rule, project, subject string) bool // whether a rule is firing for a subject; "" is the project
	Within   Fleets
	Above    func(rule, project string) bool // whether a rule is firing for the organization that pays for a project; nil: none is
	Explains func(a rules.Alert) string      // name of the alert about notewatch itself that explains a; nil and "" mean none

	on []active // the silences and windows that mute, in order, after At
	at time.Time
}

// An active is a silence or a window that mutes now.
type active struct {
	match Match
	mute  rules.Mute
}

// NamesFleets reports whether a silence or window is for a fleet, so that Within is needed.
func (m Sources) NamesFleets() bool {
	return slices.ContainsFunc(m.Silences, func(s Silence) bool { return s.Match.Fleet != "" }) ||
		slices.ContainsFunc(m.Windows, func(w Window) bool { return w.Match.Fleet != "" })
}

// At returns m for many calls with the same now.
func (m Sources) At(now time.Time) Sources {
	m.on, m.at = m.active(now), now
	return m
}

// active returns the silences and windows that mute at now, in order.
func (m Sources) active(now time.Time) []active {
	on := []active{}
	for _, s := range m.Silences {
		if !now.Before(s.Start) && !s.Over(now) {
			on = append(on, active{s.Match, s.mute()})
		}
	}
	for _, w := range m.Windows {
		if until, open := w.Open(now); open && w.Receivers == nil {
			on = append(on, active{w.Match, rules.Mute{Kind: rules.ByWindow, Until: until, Because: w.Because}})
		}
	}
	return on
}

// Of returns why an alert is muted at now. Shadow mode comes first, then another rule or alert that explains it, and then the silence or
// window that lasts longest: the first one of those that last equally long.
func (m Sources) Of(a rules.Alert, now time.Time) rules.Mute {
	spec := m.Rules[a.Rule]
	switch {
	case a.Drill:
		return rules.Mute{}
	case spec.Shadow:
		return rules.Mute{Kind: rules.ByShadow}
	case spec.Unless != "" && m.firesAround(spec.Unless, a):
		return rules.Mute{Kind: rules.ByUnless, By: spec.Unless}
	}
	if m.Explains != nil {
		if by := m.Explains(a); by != "" {
			return rules.Mute{Kind: rules.ByUnless, By: by}
		}
	}
	on := m.on
	if on == nil || !m.at.Equal(now) {
		on = m.active(now)
	}
	var longest rules.Mute
	for _, other := range on {
		if outlasts(other.mute, longest) && other.match.Matches(a, m.Within) {
			longest = other.mute
		}
	}
	return longest
}

// firesAround reports whether a rule is firing for the subject of an alert, or for one that contains it.
func (m Sources) firesAround(rule string, a rules.Alert) bool {
	if m.Firing(rule, a.Project, a.Subject) || m.Firing(rule, a.Project, "") {
		return true
	}
	if m.Rules[rule].Each == rules.EachOrganization {
		return m.Above != nil && m.Above(rule, a.Project)
	}
	if m.Rules[rule].Each != rules.EachFleet || rules.ScopeOf(a.Project, a.Subject) != rules.EachDevice {
		return false
	}
	return slices.ContainsFunc(m.Within(a.Project, a.Subject), func(fleet string) bool { return m.Firing(rule, a.Project, fleet) })
}

// Apply returns the alert with its mute at now. If a person ended the silence, the event names them.
func (m Sources) Apply(a rules.Alert, now time.Time) (rules.Alert, rules.Event) {
	return a.Muted(m.Of(a, now), m.endedBy(a, now), now)
}

// endedBy returns who ended the silence that mutes a, or "" if it was not ended by a person. If several silences match equally, the
// one ended last counts.
func (m Sources) endedBy(a rules.Alert, now time.Time) (by string) {
	if until := a.Mute.Until; !until.IsZero() && !until.After(now) {
		return "" // it ended at its time
	}
	var at time.Time
	for _, s := range m.Silences {
		if s.mute().Equal(a.Mute) && s.Match.Matches(a, m.Within) && !s.EndedAt.After(now) && s.EndedAt.After(at) {
			by, at = s.EndedBy, s.EndedAt
		}
	}
	return by
}

// Next returns the first instant after now at which a silence or window begins or ends; zero if there is none.
func (m Sources) Next(now time.Time) time.Time {
	var next time.Time
	at := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, s := range m.Silences {
		at(s.Start)
		at(s.Stops())
	}
	for _, w := range m.Windows {
		if w.Receivers != nil {
			continue
		}
		at(w.Next(now))
		if until, open := w.Open(now); open {
			at(until)
		}
	}
	return next
}

// outlasts reports whether m, which has a kind, lasts longer than other.
func outlasts(m, other rules.Mute) bool {
	switch {
	case other.Kind == rules.ByNothing:
		return true
	case other.Until.IsZero():
		return false
	}
	return m.Until.IsZero() || m.Until.After(other.Until)
}
