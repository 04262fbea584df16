package notify

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// A Receiver shows notifications to people or machines. Send shows n in place of what ref refers to, or as something new
// if ref is empty, and returns the reference to hand in next time. Send makes one attempt and does not wait to try again;
// an error is an *Error, or ErrSkipped with ref as it was. A Receiver is safe for use by one goroutine at a time.
type Receiver interface {
	Send(ctx context.Context, n Notification, ref Ref) (Ref, error)
}

// ErrSkipped says that a receiver has nothing to show of a notification, for one because that is quiet and it cannot change
// what it posted. What is shown stays as it was; that tells nothing of whether the receiver works.
var ErrSkipped = errors.New("this receiver has nothing to show of it")

// A Ref is a receiver's own handle for what it has posted. Empty is nothing.
type Ref = json.RawMessage

// A Notification is the state of one message: what a receiver should show from now on. It is always the newest state;
// earlier ones need not have been shown.
type Notification struct {
	ID     string // of the message; the same for all its states
	Key    string // of this state; the same over repeated attempts to send it. Printable ASCII without a full stop
	Sent   time.Time
	Quiet  bool    // nobody is to be disturbed: change what is shown, or do nothing; nothing new is posted
	Tried  bool    // an earlier attempt may have been taken, whatever ref says
	Alerts []Alert // at least one; all of one rule, or of several in a digest. Those with Changed are why the message is sent
}

// An Alert is what a notification says of one alert. Figures that are no data are NaN; times that are not known zero.
type Alert struct {
	ID      string // short
	Version int64
	Changed bool // since the message was last sent

	State  string // firing, resolved, withdrawn
	Reason string // fired, escalated, deescalated, reminded, updated, muted, unmuted, acknowledged, unacknowledged,
	// resolved, corrected, period_ended, revised, withdrawn, reported
	Level string // info, warning, critical: now, or when it ended
	Was   string // the level last shown to this receiver; "" is nothing shown yet

	Rule    string
	Project Named
	Subject Named // the device, or the project itself
	Summary string
	Advice  string   // one next step
	Runbook string   // address of a page that says what to do; may be ""
	Why     string   // why it is withdrawn, corrected or updated; may be ""
	Detail  []string // further short lines: why, kind of rule, already true, quiet since …
	Body    string   // several lines that are shown as written, such as a report; usually ""

	Drill bool   // a test, which has to be seen at a glance
	Mute  string // why people are not told of it for now: silenced until 14:00 UTC by amy: maintenance; "" is not muted
	Ack   string // who acknowledged it and when: amy at 13:02 UTC; "" if it is not acknowledged

	Figure string  // what Value is of, such as bytes.used
	Unit   string  // of Value, Peak, Limit and Usual: "B" or ""
	Value  float64 // now, or when it ended
	Peak   float64
	Limit  float64
	Usual  float64 // in the span of UsualSpan

	UsualSpan string // day, hour or 6 hours; "" is day

	Since     time.Time // when the condition was first found true
	FiredAt   time.Time
	EndedAt   time.Time
	AsOf      time.Time // of Value: when Notehub was read
	PeriodEnd time.Time // when the period that Value is counted over ends; zero if it is not counted over one

	Contributors *Contributors // the devices behind Value; nil if it is of one device

	Trend []Point // the figure day by day, oldest first, to be drawn against Limit; may be empty
}

// Contributors are the devices behind a value of many.
type Contributors struct {
	Figure      string // that they are ranked by, such as events.today
	Unit        string // of values: "B" or ""
	Most        []Contributor
	Others      int     // further devices
	OthersShare float64 // percent of the whole
	Unknown     int     // devices of which the value is not known
}

// A Contributor is a device, or all devices together that are no longer listed: that one has no UID.
type Contributor struct {
	UID   string
	Name  string
	Value float64
	Share float64 // percent of the whole
}

// A Point is a figure of one UTC day. A figure that is no data is NaN.
type Point struct {
	Day   time.Time // its start
	Value float64   // in the unit of the alert
}

// A Named is something with an identifier and a name for people.
type Named struct {
	UID  string
	Name string
	URL  string // where to look at it; may be ""
}
