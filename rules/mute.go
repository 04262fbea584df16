package rules

import (
	"cmp"
	"slices"
	"time"
)

// A Muter is a kind of reason not to tell people of an alert.
type Muter string

// The muters.
const (
	ByNothing Muter = ""
	BySilence Muter = "silence" // somebody asked for silence until some time
	ByWindow  Muter = "window"  // silence that comes back with the days of the week
	ByUnless  Muter = "unless"  // another rule fires and says it all
	ByShadow  Muter = "shadow"  // the rule is on trial
)

// A Mute is why people are not told of an alert for now. The zero Mute is that they are.
type Mute struct {
	Kind    Muter     `json:"kind,omitempty"`
	Until   time.Time `json:"until,omitzero"` // zero: nobody knows
	By      string    `json:"by,omitempty"`   // who asked for silence, or which rule fires
	Because string    `json:"because,omitempty"`
}

// equal reports whether m and other say the same.
func (m Mute) equal(other Mute) bool {
	same := m.Until.Equal(other.Until)
	m.Until, other.Until = time.Time{}, time.Time{}
	return same && m == other
}

// Muted returns a firing alert with another reason not to tell people of it, or none. Any other alert stays as it is.
func (a Alert) Muted(m Mute, now time.Time) (Alert, Event) {
	switch {
	case a.State != Firing || a.Mute.equal(m):
		return a, None
	case m.Kind == ByNothing:
		a.Mute = Mute{}
		return a.raise(Unmuted, now), Unmuted
	}
	a.Mute = m
	return a.raise(Muted, now), Muted
}

// Acknowledged returns a firing alert that somebody has taken on; by "" is that nobody has any more. Any other alert stays
// as it is, and so does one that the same person has already.
func (a Alert) Acknowledged(by string, now time.Time) (Alert, Event) {
	switch {
	case a.State != Firing || a.Ack.By == by:
		return a, None
	case by == "":
		a.Ack = Ack{}
		return a.raise(Unacknowledged, now), Unacknowledged
	}
	a.Ack = Ack{By: by, At: now}
	return a.raise(Acknowledged, now), Acknowledged
}

// A Match selects alerts. What is empty matches all; project and subject match by UID and by name.
type Match struct {
	Alert   string // ID
	Rule    string
	Project string
	Subject string
}

// Matches reports whether m selects a.
func (m Match) Matches(a Alert) bool {
	return (m.Alert == "" || m.Alert == a.ID) &&
		(m.Rule == "" || m.Rule == a.Rule) &&
		(m.Project == "" || m.Project == a.Project || m.Project == a.Told.Project) &&
		(m.Subject == "" || m.Subject == a.Subject || m.Subject == a.Told.Subject)
}

// A Silence mutes what it matches from Start until End.
type Silence struct {
	ID         string
	Match      Match
	Start, End time.Time
	By         string
	Because    string
}

// A Window mutes what it matches on some days of the week, for the whole day or from one time of day to another.
type Window struct {
	Match    Match
	Days     []time.Weekday // none is every day
	From, To time.Duration  // since midnight on the clock of Zone; both zero is the whole day, To not after From ends the next day
	Zone     *time.Location // nil is UTC
	Because  string
}

// lookAhead is how many days may pass before a window that is open closes, at most: one that covers all the week never does.
const lookAhead = 8

// Open reports whether the window mutes at now, and until when; the zero time is for ever.
func (w Window) Open(now time.Time) (until time.Time, open bool) {
	for until = now; ; {
		end, inside := w.endOf(until)
		if !inside {
			return until, until.After(now)
		}
		if until = end; until.Sub(now) > lookAhead*24*time.Hour {
			return time.Time{}, true
		}
	}
}

// Next returns the first instant after now at which the window opens; zero is never.
func (w Window) Next(now time.Time) time.Time {
	var next time.Time
	for day := range lookAhead {
		if start, _, ok := w.on(w.date(now, day)); ok && start.After(now) && (next.IsZero() || start.Before(next)) {
			next = start
		}
	}
	return next
}

// endOf returns the end of the stretch of the window in which now lies, not looking at the next stretch.
func (w Window) endOf(now time.Time) (end time.Time, inside bool) {
	for day := -1; day <= 0; day++ {
		if start, stop, ok := w.on(w.date(now, day)); ok && !now.Before(start) && now.Before(stop) && stop.After(end) {
			end, inside = stop, true
		}
	}
	return end, inside
}

// date is the date of now in the zone of the window, some days later, at midnight by the clock if there is one.
func (w Window) date(now time.Time, days int) time.Time {
	year, month, day := now.In(w.zone()).Date()
	return time.Date(year, month, day+days, 0, 0, 0, 0, w.zone())
}

func (w Window) zone() *time.Location { return cmp.Or(w.Zone, time.UTC) }

// on returns when the window opens on a date and when it closes.
func (w Window) on(date time.Time) (start, stop time.Time, ok bool) {
	if len(w.Days) > 0 && !slices.Contains(w.Days, date.Weekday()) {
		return start, stop, false
	}
	to := w.To
	if to <= w.From {
		to += 24 * time.Hour
	}
	return clock(date, w.From), clock(date, to), true
}

// clock is the instant at which a clock on the wall shows a time of day, on that date or the next.
func clock(date time.Time, at time.Duration) time.Time {
	year, month, day := date.Date()
	minutes := int(at / time.Minute)
	return time.Date(year, month, day, minutes/60, minutes%60, 0, 0, date.Location())
}

// Mutes is what can keep people from being told.
type Mutes struct {
	Silences []Silence
	Windows  []Window
	Rules    map[string]Spec                          // by name
	Firing   func(rule, project, subject string) bool // whether a rule fires for a subject; "" is the project
}

// Of returns why people are not told of an alert at now. What lasts longest wins; a rule on trial, and one that another
// rule explains, come before any silence.
func (m Mutes) Of(a Alert, now time.Time) Mute {
	spec := m.Rules[a.Rule]
	switch {
	case a.Drill:
		return Mute{}
	case spec.Shadow:
		return Mute{Kind: ByShadow}
	case spec.Unless != "" && (m.Firing(spec.Unless, a.Project, a.Subject) || m.Firing(spec.Unless, a.Project, "")):
		return Mute{Kind: ByUnless, By: spec.Unless}
	}
	var longest Mute
	for _, s := range m.Silences {
		if s.Match.Matches(a) && !now.Before(s.Start) && now.Before(s.End) && s.End.After(longest.Until) {
			longest = Mute{Kind: BySilence, Until: s.End, By: s.By, Because: s.Because}
		}
	}
	for _, w := range m.Windows {
		if until, open := w.Open(now); open && w.Match.Matches(a) && (until.IsZero() || until.After(longest.Until)) {
			longest = Mute{Kind: ByWindow, Until: until, Because: w.Because}
		}
	}
	return longest
}

// Next returns the first instant after now at which a silence or window begins or ends; zero is never.
func (m Mutes) Next(now time.Time) time.Time {
	var next time.Time
	at := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, s := range m.Silences {
		at(s.Start)
		at(s.End)
	}
	for _, w := range m.Windows {
		at(w.Next(now))
		if until, open := w.Open(now); open {
			at(until)
		}
	}
	return next
}
