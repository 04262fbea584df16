package alertjson

import (
	"time"

	"notewatch/internal/words"
)

// An Alert is the state of one alert.
type Alert struct {
	// ID is short and stays the same over the life of the alert. When a rule fires again later for the same subject, that is a new alert.
	ID string `json:"id"`
	// State is pending, firing, resolved or withdrawn (ended because the rule or the subject was removed or changed). A webhook is never sent a
	// pending alert.
	State string `json:"state"`
	// Reason is the event that made this version; empty while the alert is pending: fired, escalated, deescalated, reminded, updated, muted, unmuted, acknowledged,
	// unacknowledged, resolved, corrected (ended because the values were wrong; the state is resolved), period_ended, revised (late data of
	// a past day or period; no alert was opened), withdrawn or reported (a report, without a condition).
	Reason string `json:"reason"`
	// Why is the reason why the alert was withdrawn, corrected or updated, such as "limit is 200 now".
	Why string `json:"why,omitempty"`
	// Level is info, warning or critical: now, or when the alert ended. That of a pending alert is inactive.
	Level string `json:"level"`
	// Version rises with every event of the alert.
	Version int64 `json:"version"`

	// Since is when the condition was first found true.
	Since *time.Time `json:"since"`
	// FiredAt is when it had been true for long enough; null while the alert is pending.
	FiredAt *time.Time `json:"fired_at"`
	// EndedAt is null while the alert is open.
	EndedAt *time.Time `json:"ended_at"`

	// Rule is the name of the rule.
	Rule string `json:"rule"`
	// Project has neither UID nor URL if the alert is about notewatch itself.
	Project Named `json:"project"`
	// Subject is the device, fleet or route, or the project again if the alert is about a project or an organization.
	Subject Named `json:"subject"`
	// Summary is one sentence about the problem.
	Summary string `json:"summary"`
	// Advice is one next step; it may be empty.
	Advice string `json:"advice"`
	// Runbook is the address of a page with instructions.
	Runbook string `json:"runbook,omitempty"`

	// Figure is the figure of Value, such as bytes.used; empty if there is none.
	Figure string `json:"figure"`
	// Unit is "B" for bytes, otherwise empty. It applies to value, peak, limit and usual.
	Unit string `json:"unit"`
	// Value is the value now, or when the alert ended.
	Value *float64 `json:"value"`
	// Peak is the highest value since the alert began.
	Peak *float64 `json:"peak"`
	// Limit is that of the rule; null if it has none.
	Limit *float64 `json:"limit"`
	// Usual is the usual value of the subject for one day, or for one or six hours if the figure is h1 or h6.
	Usual *float64 `json:"usual"`
	// AsOf is the time up to which the data of Value is complete.
	AsOf *time.Time `json:"as_of"`

	// Drill marks a test alert.
	Drill bool `json:"drill"`
	// Muted is left out if the alert is not muted.
	Muted *Mute `json:"muted,omitempty"`
	// Acknowledged is left out if the alert is not acknowledged.
	Acknowledged *Ack `json:"acknowledged,omitempty"`
}

// A Named is a device, a project or another subject.
type Named struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	// URL is a page about it; it may be empty.
	URL string `json:"url"`
}

// A Mute is the reason why an alert is muted.
type Mute struct {
	// Kind is silence, window, unless or shadow.
	Kind string `json:"kind"`
	// Until is null if it is not known, and for a silence that ends with the alert.
	Until *time.Time `json:"until"`
	// By is who made the silence, or which rule is firing; empty otherwise.
	By string `json:"by"`
	// Because is the reason for the silence or the window; it may be empty.
	Because string `json:"because"`
}

// An Ack is the acknowledgement of an alert.
type Ack struct {
	By string     `json:"by"`
	At *time.Time `json:"at"`
}

// Time returns t in UTC and whole seconds; nil if it is zero.
func Time(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// Number returns x; nil if it is no data.
func Number(x float64) *float64 {
	if !words.Known(x) {
		return nil
	}
	return &x
}
