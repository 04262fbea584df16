package rules

import (
	"math"
	"time"
)

// A State is where an alert is in its life.
type State string

// The states. A rule that holds for nobody has no alert: that is the inactive state.
const (
	Pending   State = "pending"   // the condition holds, but not yet for long enough
	Firing    State = "firing"    // announced
	Resolved  State = "resolved"  // ended because it is over
	Withdrawn State = "withdrawn" // ended because the rule or the subject went away or changed
)

// An Event is why an alert changed. The empty event is a change that is not announced, or none.
type Event string

// The events.
const (
	None        Event = ""
	Fired       Event = "fired"
	Escalated   Event = "escalated"
	Deescalated Event = "deescalated"
	Reminded    Event = "reminded"
	Updated     Event = "updated" // still firing, but what a message says of it changed
	Cleared     Event = "resolved"
	Corrected   Event = "corrected" // a value that made it fire was wrong
	PeriodEnded Event = "period_ended"
	Revised     Event = "revised" // late figures show that a day or period that is over passed the limit
	Retracted   Event = "withdrawn"

	Muted          Event = "muted"   // not announced for now
	Unmuted        Event = "unmuted" // announced again
	Acknowledged   Event = "acknowledged"
	Unacknowledged Event = "unacknowledged"
	Reported       Event = "reported" // nothing is wrong: a report
)

// A Hold is for how long a level has been surely reached.
type Hold struct {
	Since time.Time `json:"since"` // zero: not now
	Count int       `json:"count"` // evaluations with data that found it so, counted as far as the rule asks: 1, or 2 if it has a For
}

// An Alert is one episode of a rule being broken by a subject. Times are domain times. Value, Peak, Limit and Usual are
// NaN when they are no data.
//
// It is kept as state, which an evaluation rarely changes. Value, Usual and AsOf are those of the newest event, and newer
// where Verdict.Shown asks for that; what they are now is a function of the history.
type Alert struct {
	ID      string // short, shown in messages, unique over all episodes
	Rule    string
	Project string    // UID
	Subject string    // device UID; "" for the project itself
	Period  time.Time // start of the period that a period rule evaluates; else zero

	State   State
	Level   Level  // of a pending alert Inactive, of an ended one the level it ended at
	Worst   Level  // the highest announced level, without levels that wrong values caused
	Version int64  // raised by every event; 0 while pending
	Reason  Event  // the event that made this version, at ChangedAt
	By      string // who did; "" is that nobody had to
	Why     string // why an alert is withdrawn, corrected or updated, in words; else ""
	Already bool   // was true when the rule was first evaluated here

	Holds [Critical + 1]Hold // by level; how long each has been surely true

	Since      time.Time // when the condition was first found true
	FiredAt    time.Time
	RaisedAt   time.Time // when it fired or last escalated
	NotifiedAt time.Time // the newest event that speaks: fired, escalated, reminded
	ChangedAt  time.Time // the newest event
	Doubted    bool      // since NotifiedAt, or since Level fell, an evaluation with data found it surely not reached
	QuietSince time.Time // when the condition was first found false of an alert that goes on firing for now; else zero
	EndedAt    time.Time

	Value  float64 // of the rule's Show, at AsOf
	Peak   float64 // the highest value of the episode, at most 5 % too low; never lower than Value
	PeakOn Day     // the UTC day of Peak; 0: not known
	Limit  float64
	Usual  float64
	AsOf   time.Time // of Value
	Then   Then      // of the figures that only grow

	Mute  Mute // why it is not announced for now; zero is not muted
	Ack   Ack  // who has acknowledged it; zero is not acknowledged
	Drill bool // a test of the route to people

	Told Told // its texts, with the values above
}

// NotSelected is the reason of an alert that is withdrawn because the where of its rule no longer selects the subject.
const NotSelected = "no longer selected by where"

// An Ack says who has acknowledged an alert. It ends when the alert escalates.
type Ack struct {
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// IsZero reports whether nobody has acknowledged the alert.
func (a Ack) IsZero() bool { return a == Ack{} }

// Told holds the texts of an alert for messages and look-ups. It is kept with the alert, because by the time a message is sent
// the rule may have changed and the device may be gone.
type Told struct {
	Subject string `json:"subject"` // name of the device or project
	Project string `json:"project"` // name
	Figure  string `json:"figure"`  // the path shown, such as bytes.used; "" is none
	Unit    string `json:"unit"`    // of the figures: "B" or ""
	Summary string `json:"summary"`
	Advice  string `json:"advice"`
	Runbook string `json:"runbook,omitempty"` // address of a page that says what to do
	Body    string `json:"body,omitempty"`    // several lines: a report, or what is wrong in a file

	Resolves time.Time `json:"resolves,omitzero"` // when a quiet alert resolves at the earliest

	Contributors *Contributors `json:"contributors,omitempty"` // nil: it is about one device, or about no metric

	Dated     string `json:"dated,omitempty"` // Summary with the name of its day or period: sent 9 events on Thu 18 Jun
	DatedFrom Day    `json:"dated_from,omitempty"`
}

// Headline returns Summary, or Dated after the end of the day or period of Summary.
func (t Told) Headline(now time.Time) string {
	if t.Dated != "" && DayOf(now) >= t.DatedFrom {
		return t.Dated
	}
	return t.Summary
}

// Say sets the headline. say returns it with some words for the days that it is about.
func (t Told) Say(when When, now time.Time, say func(when string) string) Told {
	t.Summary, t.Dated, t.DatedFrom = say(when.On(DayOf(now))), "", 0
	if dated := say(when.Named); DayOf(now) < when.Until && dated != t.Summary {
		t.Dated, t.DatedFrom = dated, when.Until
	}
	return t
}

// Open reports whether the alert is pending or firing.
func (a Alert) Open() bool { return a.State == Pending || a.State == Firing }

// At returns an open alert with the values of an evaluation as of an instant, in a period that began at start. ok is false, and the
// alert unchanged, if its period has ended, the rule no longer selects the subject, or there is no data for the figure that it shows.
func (a Alert) At(r *Rule, e Evaluation, asOf, start time.Time) (now Alert, ok bool) {
	ended := r.Kind.OfPeriod() && !a.Period.Equal(start)
	if ended || e.Selected == False || !Known(e.Value) || a.showsOther(r) {
		return a, false
	}
	return a.measure(r, Verdict{Evaluation: e, AsOf: asOf}), true
}

// noFigures is an alert without figures.
func noFigures() Alert {
	nan := math.NaN()
	return Alert{Value: nan, Peak: nan, Limit: nan, Usual: nan}
}
