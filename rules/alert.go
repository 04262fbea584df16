package rules

import (
	"math"
	"time"
)

// A State is the state of an alert in its life.
type State string

// The states. A rule whose condition is false has no alert for the subject; that is the inactive state.
const (
	Pending   State = "pending"   // the condition is true, but not yet for long enough
	Firing    State = "firing"    // announced
	Resolved  State = "resolved"  // ended because the condition is false
	Withdrawn State = "withdrawn" // ended because the rule or the subject was removed or changed
)

// An Event is the reason of a change of an alert. "" is a change that is not announced, or none.
type Event string

// The events.
const (
	None           Event = ""
	Fired          Event = "fired"
	Escalated      Event = "escalated"
	Deescalated    Event = "deescalated"
	Reminded       Event = "reminded"
	Updated        Event = "updated" // still firing, but the content of its messages changed
	EventResolved  Event = "resolved"
	Corrected      Event = "corrected" // a value that made it fire was wrong
	PeriodEnded    Event = "period_ended"
	Revised        Event = "revised" // late data shows that the condition was true on a past day or in a past period
	EventWithdrawn Event = "withdrawn"

	Muted          Event = "muted"   // notifications are off for now
	Unmuted        Event = "unmuted" // notifications are on again
	Acknowledged   Event = "acknowledged"
	Unacknowledged Event = "unacknowledged"
	Reported       Event = "reported" // a report, without a problem
)

// A Hold is how long a level has been certainly reached.
type Hold struct {
	Since time.Time `json:"since"` // zero: it is not reached now
	Count int       `json:"count"` // number of evaluations with data that found it so, as far as the rule needs: 1, or 2 if it has a For
}

// An Alert is one problem of a subject under a rule. Times are domain times. Value, Peak, Limit and Usual are NaN if they are no data.
//
// It is kept as state, which an evaluation rarely changes. Value, Usual and AsOf are those of the newest event, or newer if Verdict.Shown
// requires that; their present values are a function of the history.
type Alert struct {
	ID      string // short, shown in messages, different for all alerts
	Rule    string
	Project string    // UID
	Subject string    // device UID; "" for the project itself
	Period  time.Time // start of the period of a period rule; else zero

	State   State
	Level   Level  // Inactive if pending; the last level if ended
	Worst   Level  // highest announced level, without levels that wrong values caused
	Version int64  // raised by every event; 0 while pending
	Reason  Event  // the event that made this version, at ChangedAt
	By      string // person who caused the event; "" if no person did
	Why     string // reason why the alert was withdrawn, corrected or updated, or reminds of an acknowledgement, in words; else ""
	Already bool   // was true at the first evaluation of the rule

	Holds [Critical + 1]Hold // by level: how long each has been certainly true

	Since      time.Time // when the condition was first found true
	FiredAt    time.Time
	RaisedAt   time.Time // when it fired or last escalated
	NotifiedAt time.Time // newest event that notifies: fired, escalated, reminded
	ChangedAt  time.Time // the newest event
	Doubted    bool      // since NotifiedAt, or since Level fell, an evaluation with data found the level certainly not reached
	QuietSince time.Time // when the condition was first found false, if the alert continues to fire for now; else zero
	EndedAt    time.Time

	Value  float64 // of the rule's Show, at AsOf
	Peak   float64 // highest value of the alert, at most 5 % too low; never lower than Value
	PeakOn Day     // UTC day of Peak; 0 if not known
	Limit  float64
	Usual  float64   // what is usual of Value; of the day of Peak, if the alert is quiet
	AsOf   time.Time // of Value
	Then   Then      // values of the figures that only grow

	Mute  Mute // why notifications are off for now; zero if it is not muted
	Ack   Ack  // who acknowledged it; zero if it is not acknowledged
	Drill bool // a test alert

	Texts Texts // its texts, for the values above
}

// NotSelected is the reason of an alert that was withdrawn because the where of its rule no longer selects the subject.
const NotSelected = "no longer selected by where"

// An Ack says who has acknowledged an alert. It ends when the alert escalates. After two weeks the alert reminds of it once.
type Ack struct {
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// IsZero reports whether the alert is not acknowledged.
func (a Ack) IsZero() bool { return a == Ack{} }

// Texts holds the texts of an alert for messages and look-ups. They are stored with the alert, because when a message is sent the rule may
// have changed and the device may be gone.
type Texts struct {
	Subject string `json:"subject"` // name of the device or project
	Project string `json:"project"` // name
	Figure  string `json:"figure"`  // path of the shown figure, such as bytes.used; "" if there is none
	Unit    string `json:"unit"`    // of the values: "B" or ""
	Summary string `json:"summary"`
	Advice  string `json:"advice"`
	Runbook string `json:"runbook,omitempty"` // address of a page with instructions
	Body    string `json:"body,omitempty"`    // several lines: a report, or the problems of a file

	Resolves time.Time `json:"resolves,omitzero"` // earliest time at which a quiet alert resolves

	TopUp bool `json:"top_up,omitempty"` // it is about a plan that buys more data when it runs out

	// What goes with the values at the newest event. A later poll does not renew it.
	Contributors *Contributors `json:"contributors,omitempty"` // nil for one device, or for a figure that is not of a metric
	Met          *Met          `json:"met,omitempty"`          // nil if the condition is not true, or the rule has a limit
	Causes       *Causes       `json:"causes,omitempty"`       // nil if the shown figure is not of events, or no notefile is above its median
	Forecast     *Forecast     `json:"forecast,omitempty"`     // nil if the shown figure does not add up over the period, or has no limit

	Dated     string `json:"dated,omitempty"` // Summary with the name of its day or period: sent 9 events on Thu 18 Jun
	DatedFrom Day    `json:"dated_from,omitempty"`
}

// Headline returns Summary, or Dated after the end of the day or period of Summary.
func (t Texts) Headline(now time.Time) string {
	if t.Dated != "" && DayOf(now) >= t.DatedFrom {
		return t.Dated
	}
	return t.Summary
}

// Keep returns t with what before says of the newest event.
func (t Texts) Keep(before Texts) Texts {
	t.TopUp, t.Contributors, t.Causes, t.Met, t.Forecast = before.TopUp, before.Contributors, before.Causes, before.Met, before.Forecast
	return t
}

// Say sets the headline. say returns it with words for the days that it is about.
func (t Texts) Say(when When, now time.Time, say func(when string) string) Texts {
	t.Summary, t.Dated, t.DatedFrom = say(when.On(DayOf(now))), "", 0
	if dated := say(when.Named); DayOf(now) < when.Until && dated != t.Summary {
		t.Dated, t.DatedFrom = dated, when.Until
	}
	return t
}

// Open reports whether the alert is pending or firing.
func (a Alert) Open() bool { return a.State == Pending || a.State == Firing }

// At returns an open alert with the values of an evaluation as of an instant, in a period that began at start. ok is false, and the alert
// unchanged, if its period has ended, the rule no longer selects the subject, or there is no data for the figure that it shows.
func (a Alert) At(r *Rule, e Evaluation, asOf, start time.Time) (now Alert, ok bool) {
	ended := r.Kind.OfPeriod() && !a.Period.Equal(start)
	if ended || e.Selected == False || !Known(e.Value) || a.showsOther(r) {
		return a, false
	}
	return a.measure(r, Verdict{Evaluation: e, AsOf: asOf}), true
}

// noFigures returns an alert without values.
func noFigures() Alert {
	nan := math.NaN()
	return Alert{Value: nan, Peak: nan, Limit: nan, Usual: nan}
}
