package webhook

import (
	"time"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
	"notewatch/notify/internal/post"
)

// version is the version of a Body. It is raised when a field goes away or changes its meaning; fields that
// are only added do not raise it.
const version = 1

// A Body is the JSON that a [Receiver] posts. Fields are always present, except why, drill, mute, ack and body, which are
// left out when empty. Figures that are no data and times that are not known are null. Times are UTC as in RFC 3339. Ignore
// fields that you do not know.
//
// A receiver that keeps the newest Version it saw of each alert knows the state of everything: a request may come twice
// (with the same webhook-id header), and states that were superseded before they could be sent never come.
type Body struct {
	// Type is "alert." and the reason of the alerts, or "alert.changed" if they do not have the same.
	Type string `json:"type"`
	// Timestamp is when the newest of the alerts came about. The header webhook-timestamp is when it was sent.
	Timestamp *time.Time `json:"timestamp"`
	// Version is that of this format: 1.
	Version int  `json:"version"`
	Data    Data `json:"data"`
}

// Data is the message.
type Data struct {
	// Message identifies the message over all its states: what belongs into one ticket or thread.
	Message string `json:"message"`
	// Key identifies this state of the message and is the same over repeated attempts, as is the header webhook-id.
	Key string `json:"key"`
	// Rule is the name of the rule that all alerts of the message are about; empty if they are about several.
	Rule string `json:"rule"`
	// Unchanged counts the alerts that belong to the message too and are as they were when it was last sent.
	Unchanged int `json:"unchanged"`
	// Alerts are those that changed since then, or all if none did.
	Alerts []Alert `json:"alerts"`
}

// A Alert is the state of one alert.
type Alert struct {
	// ID is short and the same over the life of the alert. A subject that breaks the rule again later gets a new alert.
	ID string `json:"id"`
	// Version rises with every change of the alert. Versions may be skipped.
	Version int64 `json:"version"`
	// State is firing, resolved or withdrawn (ended because the rule or the subject was removed or changed).
	State string `json:"state"`
	// Reason is what made this version: fired, escalated, deescalated, reminded, updated, muted, unmuted, acknowledged,
	// unacknowledged, resolved, corrected (ended because the values were wrong; the state is resolved), period_ended, revised
	// (late figures of a time that is over; nothing was or stays open), withdrawn or reported (a report, which is about
	// nothing in particular).
	Reason string `json:"reason"`
	// Level is info, warning or critical: now, or when the alert ended.
	Level string `json:"level"`
	// Was is the level when the alert was last sent here; null if it is sent for the first time.
	Was *string `json:"was"`

	// Rule is the name of the rule.
	Rule    string `json:"rule"`
	Project Named  `json:"project"`
	// Subject is the device, or the project again if the rule is about projects.
	Subject Named `json:"subject"`
	// Summary says in one sentence what is wrong.
	Summary string `json:"summary"`
	// Advice is one next step; may be empty.
	Advice string `json:"advice"`
	// Runbook is the address of a page that says what to do.
	Runbook string `json:"runbook,omitempty"`
	// Why says why the alert is withdrawn, corrected or updated, such as "limit is 200 now".
	Why string `json:"why,omitempty"`
	// Detail holds further short lines of text.
	Detail []string `json:"detail"`
	// Body holds several lines that are to be shown as they are, such as a report.
	Body string `json:"body,omitempty"`

	// Drill says that this is a test.
	Drill bool `json:"drill,omitempty"`
	// Mute says why people are not told of it for now.
	Mute string `json:"mute,omitempty"`
	// Ack says who has taken it on.
	Ack string `json:"ack,omitempty"`

	// Figure is what Value is of, such as bytes.used.
	Figure string `json:"figure"`
	// Unit is "B" for bytes, else empty. It holds for value, peak, limit and usual.
	Unit string `json:"unit"`
	// Value is the figure now, or when the alert ended.
	Value *float64 `json:"value"`
	// Peak is the highest value since the alert began.
	Peak *float64 `json:"peak"`
	// Limit is that of the rule; null if it has none.
	Limit *float64 `json:"limit"`
	// Usual is what the subject usually has on one day, or in one or six hours if the figure is h1 or h6.
	Usual *float64 `json:"usual"`

	// Contributors are the devices behind the value of an alert about a fleet or project; left out where it is about one device.
	Contributors *Contributors `json:"contributors,omitempty"`

	// Since is when the condition was first found true.
	Since *time.Time `json:"since"`
	// FiredAt is when it had held long enough.
	FiredAt *time.Time `json:"fired_at"`
	// EndedAt is null while the alert is firing.
	EndedAt *time.Time `json:"ended_at"`
	// AsOf is when Value was read.
	AsOf *time.Time `json:"as_of"`
}

// Contributors are the devices behind a value.
type Contributors struct {
	// Figure is what they are ranked by, such as events.today.
	Figure string `json:"figure"`
	// Unit is "B" for bytes, else empty. It holds for value.
	Unit string `json:"unit"`
	// Most holds those with the largest values, the largest first.
	Most []Contributor `json:"most"`
	// Others is how many further devices have a value above 0.
	Others int `json:"others"`
	// OthersShare is their part of the whole, in percent.
	OthersShare float64 `json:"others_share"`
	// Unknown is how many devices have no known value.
	Unknown int `json:"unknown"`
}

// A Contributor is a device, or all devices together that are no longer listed.
type Contributor struct {
	// UID is empty for the devices that are no longer listed.
	UID   string  `json:"uid"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Share is the part of the whole, in percent.
	Share float64 `json:"share"`
}

// contributorsOf returns the devices behind a value; nil are none.
func contributorsOf(c *notify.Contributors) *Contributors {
	if c == nil {
		return nil
	}
	out := &Contributors{Figure: c.Figure, Unit: c.Unit, Most: []Contributor{}, Others: c.Others, OthersShare: c.OthersShare, Unknown: c.Unknown}
	for _, one := range c.Most {
		out.Most = append(out.Most, Contributor(one))
	}
	return out
}

// A Named is a device or project.
type Named struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	// URL is where to look at it; may be empty.
	URL string `json:"url"`
}

// bodyOf returns what n says to a webhook.
func bodyOf(n notify.Notification) Body {
	changed := n.ChangedAlerts()
	data := Data{Message: n.ID, Key: n.Key, Unchanged: len(n.Alerts) - len(changed)}
	data.Rule, _ = message.Common(changed, func(a notify.Alert) string { return a.Rule })
	data.Alerts = make([]Alert, len(changed))
	for i, a := range changed {
		data.Alerts[i] = alertOf(a)
	}
	return Body{Type: typeOf(changed), Timestamp: post.Time(message.Newest(changed)), Version: version, Data: data}
}

func typeOf(alerts []notify.Alert) string {
	if reason, ok := message.Common(alerts, func(a notify.Alert) string { return a.Reason }); ok {
		return "alert." + reason
	}
	return "alert.changed"
}

func alertOf(a notify.Alert) Alert {
	w := Alert{
		ID: a.ID, Version: a.Version, State: a.State, Reason: a.Reason, Level: a.Level, Rule: a.Rule,
		Project: Named(a.Project), Subject: Named(a.Subject),
		Summary: a.Summary, Advice: a.Advice, Runbook: a.Runbook, Why: a.Why, Detail: append([]string{}, a.Detail...),
		Body: a.Body, Drill: a.Drill, Mute: a.Mute, Ack: a.Ack,
		Figure: a.Figure, Unit: a.Unit,
		Value: numberOf(a.Value), Peak: numberOf(a.Peak),
		Limit: numberOf(a.Limit), Usual: numberOf(a.Usual),
		Since: post.Time(a.Since), FiredAt: post.Time(a.FiredAt),
		EndedAt: post.Time(a.EndedAt), AsOf: post.Time(a.AsOf), Contributors: contributorsOf(a.Contributors),
	}
	if a.Was != "" {
		w.Was = &a.Was
	}
	return w
}

func numberOf(x float64) *float64 {
	if !words.Known(x) {
		return nil
	}
	return &x
}
