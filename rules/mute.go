package rules

import (
	"cmp"
	"slices"
	"time"
)

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

// equal reports whether m and other are the same.
func (m Mute) equal(other Mute) bool {
	same := m.Until.Equal(other.Until)
	m.Until, other.Until = time.Time{}, time.Time{}
	return same && m == other
}

// outlasts reports whether m, which has a kind, lasts longer than other.
func (m Mute) outlasts(other Mute) bool {
	switch {
	case other.Kind == ByNothing:
		return true
	case other.Until.IsZero():
		return false
	}
	return m.Until.IsZero() || m.Until.After(other.Until)
}

// Muted returns a with mute m, and the event if that changed a firing alert. The zero m ends the mute. by is the person who ended
// the silence; it is "" if the mute ended by itself or was not a silence.
func (a Alert) Muted(m Mute, by string, now time.Time) (Alert, Event) {
	switch {
	case a.State != Firing || a.Mute.equal(m):
		return a, None
	case m.Kind == ByNothing:
		a.Mute = Mute{}
		return a.raiseBy(by, Unmuted, now), Unmuted
	case m.Kind == BySilence:
		by = m.By
	default:
		by = ""
	}
	a.Mute = m
	return a.raiseBy(by, Muted, now), Muted
}

// Acknowledged returns a firing alert as acknowledged by a person. Any other alert is returned unchanged, and so is one that the same
// person has acknowledged already.
func (a Alert) Acknowledged(by string, now time.Time) (Alert, Event) {
	if a.State != Firing || a.Ack.By == by {
		return a, None
	}
	a.Ack = Ack{By: by, At: now}
	return a.raiseBy(by, Acknowledged, now), Acknowledged
}

// Unacknowledged returns a firing alert as not acknowledged; by is who removed the acknowledgement. Any other alert is returned unchanged,
// and so is one that is not acknowledged.
func (a Alert) Unacknowledged(by string, now time.Time) (Alert, Event) {
	if a.State != Firing || a.Ack == (Ack{}) {
		return a, None
	}
	a.Ack = Ack{}
	return a.raiseBy(by, Unacknowledged, now), Unacknowledged
}

// A Match selects alerts. Empty fields match everything; project and subject match by UID and by name.
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
		(m.Subject == "" || m.Subject == a.Subject || m.Subject == a.Told.Subject || a.Subject == "" && m.Subject == a.Project)
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
func (s Silence) mute() Mute {
	return Mute{Kind: BySilence, Until: s.End, By: s.By, Because: s.Because}
}

// A Window mutes what it matches on some days of the week, for the whole day or from one time of day to another.
type Window struct {
	Match    Match
	Days     []time.Weekday // empty means every day
	From, To time.Duration  // since midnight on the clock of Zone; both zero: the whole day; To not after From: it ends on the next day
	Zone     *time.Location // nil means UTC
	Because  string
}

// lookAhead is the maximum number of days until an open window closes; one that covers the whole week never closes.
const lookAhead = 8

// Open reports whether the window mutes at now, and until when; the zero time means forever.
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

// Next returns the first instant after now at which the window opens; zero if there is none.
func (w Window) Next(now time.Time) time.Time {
	for day := range 2 * lookAhead { // on a day on which clocks change, a part may be missing
		start, stop, ok := w.on(w.date(now, day))
		if !ok || !start.After(now) || !start.Before(stop) {
			continue
		}
		if _, already := w.endOf(start.Add(-1)); !already {
			return start
		}
	}
	return time.Time{}
}

// endOf returns the end of the open stretch of the window around now, without the next stretch.
func (w Window) endOf(now time.Time) (end time.Time, inside bool) {
	for day := -1; day <= 0; day++ {
		if start, stop, ok := w.on(w.date(now, day)); ok && !now.Before(start) && now.Before(stop) && stop.After(end) {
			end, inside = stop, true
		}
	}
	return end, inside
}

// date returns noon, which every date has, of the date of now in the zone of the window, some days later.
func (w Window) date(now time.Time, days int) time.Time {
	zone := cmp.Or(w.Zone, time.UTC)
	year, month, day := now.In(zone).Date()
	return time.Date(year, month, day+days, 12, 0, 0, 0, zone)
}

// on returns when the window opens and closes on a date.
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

// clock returns the first instant at which wall clocks show a time of day, on the date of noon or the next; if they skip it, the instant at
// which they do.
func clock(noon time.Time, at time.Duration) time.Time {
	year, month, day := noon.Date()
	shown := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(at)
	before := noon.Add(-24 * time.Hour)
	_, change := before.ZoneBounds()
	t := shown.Add(-offset(before))
	if change.IsZero() || t.Before(change) {
		return t.In(noon.Location())
	}
	if t = shown.Add(-offset(change)); t.Before(change) {
		return change
	}
	return t.In(noon.Location())
}

// offset returns how far clocks are ahead of UTC.
func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// Mutes holds everything that can mute alerts.
type Mutes struct {
	Silences []Silence // that have not ended, and those that a person ended recently
	Windows  []Window
	Rules    map[string]Spec                          // by name
	Firing   func(rule, project, subject string) bool // whether a rule is firing for a subject; "" is the project
	Within   func(project, device string) []string    // the fleets of a device
	Explains func(a Alert) string                     // name of the alert about notewatch itself that explains a; nil and "" mean none

	on []muting // the silences and windows that mute, in order, after At
	at time.Time
}

// A muting is a silence or a window that mutes now.
type muting struct {
	match Match
	mute  Mute
}

// At returns m for many calls with the same now.
func (m Mutes) At(now time.Time) Mutes {
	m.on, m.at = m.mutings(now), now
	return m
}

// mutings returns the silences and windows that mute at now, in order.
func (m Mutes) mutings(now time.Time) []muting {
	on := []muting{}
	for _, s := range m.Silences {
		if !now.Before(s.Start) && !s.Over(now) {
			on = append(on, muting{s.Match, s.mute()})
		}
	}
	for _, w := range m.Windows {
		if until, open := w.Open(now); open {
			on = append(on, muting{w.Match, Mute{Kind: ByWindow, Until: until, Because: w.Because}})
		}
	}
	return on
}

// Of returns why an alert is muted at now. Shadow mode comes first, then another rule or alert that explains it, and then the silence or
// window that lasts longest: the first one of those that last equally long.
func (m Mutes) Of(a Alert, now time.Time) Mute {
	spec := m.Rules[a.Rule]
	switch {
	case a.Drill:
		return Mute{}
	case spec.Shadow:
		return Mute{Kind: ByShadow}
	case spec.Unless != "" && m.firesAround(spec.Unless, a):
		return Mute{Kind: ByUnless, By: spec.Unless}
	}
	if m.Explains != nil {
		if by := m.Explains(a); by != "" {
			return Mute{Kind: ByUnless, By: by}
		}
	}
	on := m.on
	if on == nil || !m.at.Equal(now) {
		on = m.mutings(now)
	}
	var longest Mute
	for _, other := range on {
		if other.mute.outlasts(longest) && other.match.Matches(a) {
			longest = other.mute
		}
	}
	return longest
}

// firesAround reports whether a rule is firing for the subject of an alert, or for one that contains it.
func (m Mutes) firesAround(rule string, a Alert) bool {
	if m.Firing(rule, a.Project, a.Subject) || m.Firing(rule, a.Project, "") {
		return true
	}
	if m.Rules[rule].Each != EachFleet || ScopeOf(a.Subject) != EachDevice {
		return false
	}
	return slices.ContainsFunc(m.Within(a.Project, a.Subject), func(fleet string) bool { return m.Firing(rule, a.Project, fleet) })
}

// Apply returns the alert with its mute at now. If a person ended the silence, the event names them.
func (m Mutes) Apply(a Alert, now time.Time) (Alert, Event) {
	return a.Muted(m.Of(a, now), m.endedBy(a, now), now)
}

// endedBy returns who ended the silence that mutes a, or "" if it was not ended by a person. If several silences match equally, the
// one ended last counts.
func (m Mutes) endedBy(a Alert, now time.Time) (by string) {
	if until := a.Mute.Until; !until.IsZero() && !until.After(now) {
		return "" // it ended at its time
	}
	var at time.Time
	for _, s := range m.Silences {
		if s.mute().equal(a.Mute) && s.Match.Matches(a) && !s.EndedAt.After(now) && s.EndedAt.After(at) {
			by, at = s.EndedBy, s.EndedAt
		}
	}
	return by
}

// Next returns the first instant after now at which a silence or window begins or ends; zero if there is none.
func (m Mutes) Next(now time.Time) time.Time {
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
		at(w.Next(now))
		if until, open := w.Open(now); open {
			at(until)
		}
	}
	return next
}
