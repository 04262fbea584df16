package webhook

import (
	"time"

	"notewatch/internal/alertjson"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// version is the version of a Body. It is raised when a field is removed or changes its meaning; additional fields do not raise it.
const version = 1

// A Body is the JSON that a [Receiver] posts. Fields are always present, except those with omitempty, which are left out when empty. Values
// without data and unknown times are null. Times are UTC as in RFC 3339. Ignore unknown fields.
//
// A receiver that keeps the newest Version of each alert knows the state of everything: a request may come twice (with the same webhook-id
// header), and states that were superseded before they could be sent never come.
type Body struct {
	// Type is "alert." and the reason of the alerts, or "alert.changed" if they do not have the same.
	Type string `json:"type"`
	// Timestamp is the time of the newest change of the alerts. The header webhook-timestamp is the time of sending.
	Timestamp *time.Time `json:"timestamp"`
	// Version is that of this format: 1.
	Version int  `json:"version"`
	Data    Data `json:"data"`
}

// Data is the message.
type Data struct {
	// Message identifies the message over all its states, for one ticket or thread.
	Message string `json:"message"`
	// Key identifies this state of the message and is the same in repeated attempts, like the header webhook-id.
	Key string `json:"key"`
	// Rule is the name of the rule of all alerts of the message; empty if they are of several rules.
	Rule string `json:"rule"`
	// Cohort is what the devices of the alerts have in common; left out if nothing, and for fewer than six alerts.
	Cohort *Cohort `json:"cohort,omitempty"`
	// TopUps is what the plans of the devices may buy; left out if nothing, or it is not known.
	TopUps *TopUps `json:"top_ups,omitempty"`
	// Unchanged counts the other alerts of the message, which did not change since it was last sent.
	Unchanged int `json:"unchanged"`
	// Alerts are those that changed since then, or all if none did.
	Alerts []Alert `json:"alerts"`
}

// TopUps are the blocks of data that plans buy when they run out.
type TopUps struct {
	// Blocks is at most how many.
	Blocks int `json:"blocks"`
	// Amount is what they cost, in Currency; left out if the price is not set.
	Amount   float64 `json:"amount,omitempty"`
	Currency string  `json:"currency,omitempty"`
}

// A Cohort is what the devices of the alerts have in common, and few others have. It is decided when the message is first sent.
type Cohort struct {
	// Trait is updated (firmware, today or yesterday), firmware, host_firmware, sku, product, fleet, or new (provisioned less than 48 hours ago).
	Trait string `json:"trait"`
	// Value is the firmware, SKU, product or name of the fleet.
	Value string `json:"value,omitempty"`
	// Alerts is the number of alerts that have it, of all Of alerts.
	Alerts int `json:"alerts"`
	Of     int `json:"of"`
	// Share is the part of all devices that the rule is about, in percent.
	Share float64 `json:"share"`
}

// An Alert is the state of one alert, and what a message shows with it. State is never pending. Versions may be skipped. When this receiver
// is sent no more of an alert, its State is resolved or withdrawn, although the alert may be firing.
type Alert struct {
	alertjson.Alert

	// Was is the level when the alert was last sent here; null if it is sent for the first time.
	Was *string `json:"was"`
	// Detail holds further short lines of text.
	Detail []string `json:"detail"`
	// Body holds several lines to show unchanged, such as a report.
	Body string `json:"body,omitempty"`
	// Mute is Muted as text: silenced until Mon 15 Jun 14:00 UTC by amy: maintenance.
	Mute string `json:"mute,omitempty"`
	// Ack is Acknowledged as text: amy at Mon 15 Jun 13:02 UTC.
	Ack string `json:"ack,omitempty"`

	// Contributors are the devices behind the value of an alert about a fleet or project; left out for an alert about one device.
	Contributors *Contributors `json:"contributors,omitempty"`
	// Condition is the condition that is true; left out if the rule has a limit, or the alert has ended.
	Condition *Condition `json:"condition,omitempty"`
	// Causes are the notefiles whose events are most above their median day, three at most; left out if there are none.
	Causes []Cause `json:"causes,omitempty"`
	// Forecast is what Value comes to by the end of its period; left out if it does not add up over a period, or has no limit.
	Forecast *Forecast `json:"forecast,omitempty"`
}

// A Condition is a condition of a rule.
type Condition struct {
	// Text is the condition as the rules file writes it.
	Text string `json:"text"`
	// Reads holds the values that it reads, other than value and usual of the alert.
	Reads []Reading `json:"reads"`
}

// A Reading is a value that a condition reads.
type Reading struct {
	// Figure is its name in rules, such as events.median.
	Figure string  `json:"figure"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
}

// A Cause is a notefile with more events than on its median day.
type Cause struct {
	Notefile string `json:"notefile"`
	// Value is the number of events of the day.
	Value  float64 `json:"value"`
	Median float64 `json:"median"`
}

// causesOf returns the causes of an alert.
func causesOf(causes []notify.Cause) (all []Cause) {
	for _, c := range causes {
		all = append(all, Cause(c))
	}
	return all
}

// A Forecast is what a value is expected to come to.
type Forecast struct {
	// Value is that at the end of the period.
	Value float64 `json:"value"`
	// LimitAt is about when the limit is exceeded; null if it is exceeded, or will not be in this period.
	LimitAt *time.Time `json:"limit_at"`
}

// conditionOf returns the condition of an alert; nil stays nil.
func conditionOf(c *notify.Condition) *Condition {
	if c == nil {
		return nil
	}
	out := &Condition{Text: c.Text, Reads: []Reading{}}
	for _, r := range c.Reads {
		out.Reads = append(out.Reads, Reading(r))
	}
	return out
}

// forecastOf returns the forecast of an alert; nil stays nil.
func forecastOf(f *notify.Forecast) *Forecast {
	if f == nil || !words.Known(f.Value) {
		return nil
	}
	return &Forecast{Value: f.Value, LimitAt: alertjson.Time(f.LimitAt)}
}

// Contributors are the devices behind a value.
type Contributors struct {
	// Figure is the figure by which they are ranked, such as events.today.
	Figure string `json:"figure"`
	// Unit is "B" for bytes, otherwise empty. It applies to value.
	Unit string `json:"unit"`
	// Most holds the devices with the largest values, the largest first.
	Most []Contributor `json:"most"`
	// Others is the number of further devices with a value above 0.
	Others int `json:"others"`
	// OthersShare is their share of the whole, in percent.
	OthersShare float64 `json:"others_share"`
	// Unknown is the number of devices without a known value.
	Unknown int `json:"unknown"`
}

// A Contributor is a device, or all devices together that are no longer listed.
type Contributor struct {
	// UID is empty for the devices that are no longer listed.
	UID   string  `json:"uid"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Usual is the usual value of the device; left out if it is 0 or not known.
	Usual float64 `json:"usual,omitempty"`
	// Share is the part of the whole, in percent; 0 if the values do not add up, as hours of silence.
	Share float64 `json:"share"`
}

// contributorsOf returns the devices behind a value; nil stays nil.
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

// bodyOf returns the body for n.
func bodyOf(n notify.Notification) Body {
	changed := n.ChangedAlerts()
	data := Data{Message: n.ID, Key: n.Key, Cohort: (*Cohort)(n.Cohort), TopUps: (*TopUps)(n.TopUps), Unchanged: len(n.Alerts) - len(changed)}
	data.Rule, _ = message.Common(changed, func(a notify.Alert) string { return a.Rule })
	data.Alerts = make([]Alert, len(changed))
	for i, a := range changed {
		data.Alerts[i] = alertOf(a)
	}
	return Body{Type: typeOf(changed), Timestamp: alertjson.Time(message.Newest(changed)), Version: version, Data: data}
}

func typeOf(alerts []notify.Alert) string {
	if reason, ok := message.Common(alerts, func(a notify.Alert) string { return a.Reason }); ok {
		return "alert." + reason
	}
	return "alert.changed"
}

func alertOf(a notify.Alert) Alert {
	w := Alert{
		Alert: alertjson.Alert{
			ID: a.ID, State: a.State, Reason: a.Reason, Why: a.Why, Level: a.Level, Version: a.Version,
			Since: alertjson.Time(a.Since), FiredAt: alertjson.Time(a.FiredAt), EndedAt: alertjson.Time(a.EndedAt),
			Rule: a.Rule, Project: alertjson.Named(a.Project), Subject: alertjson.Named(a.Subject),
			Summary: a.Summary, Advice: a.Advice, Runbook: a.Runbook,
			Figure: a.Figure, Unit: a.Unit, Value: alertjson.Number(a.Value), Peak: alertjson.Number(a.Peak),
			Limit: alertjson.Number(a.Limit), Usual: alertjson.Number(a.Usual), AsOf: alertjson.Time(a.AsOf),
			Drill: a.Drill, Muted: mutedOf(a.MutedBy), Acknowledged: acknowledgedOf(a.AckedBy),
		},
		Detail: append([]string{}, a.Detail...), Body: a.Body, Mute: a.Mute, Ack: a.Ack,
		Contributors: contributorsOf(a.Contributors),
		Condition:    conditionOf(a.Condition), Causes: causesOf(a.Causes), Forecast: forecastOf(a.Forecast),
	}
	if a.Was != "" {
		w.Was = &a.Was
	}
	return w
}

// mutedOf returns why an alert is muted; nil if it is not.
func mutedOf(m notify.Mute) *alertjson.Mute {
	if m == (notify.Mute{}) {
		return nil
	}
	return &alertjson.Mute{Kind: m.Kind, Until: alertjson.Time(m.Until), By: m.By, Because: m.Because}
}

// acknowledgedOf returns the acknowledgement of an alert; nil if there is none.
func acknowledgedOf(a notify.Ack) *alertjson.Ack {
	if a == (notify.Ack{}) {
		return nil
	}
	return &alertjson.Ack{By: a.By, At: alertjson.Time(a.At)}
}
