package notify

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// A Receiver shows notifications to people or machines. Send shows n in place of the post that ref refers to, or as a new post if ref is
// empty, and returns the reference for the next call. Send makes one attempt and does not wait to retry. Its error is an *Error, or
// ErrSkipped with ref unchanged. A Receiver is safe for use by one goroutine at a time.
type Receiver interface {
	Send(ctx context.Context, n Notification, ref Ref) (Ref, error)
}

// ErrSkipped says that a receiver has nothing to show of a notification, for example because it is quiet and the receiver cannot change its
// posts. What is shown stays unchanged. It does not say whether the receiver works.
var ErrSkipped = errors.New("this receiver has nothing to show of it")

// A Ref is a receiver's own reference to its post. Empty means no post.
type Ref = json.RawMessage

// A Notification is the state of one message, which a receiver should show from now on. It is always the newest state; earlier ones may not
// have been shown.
type Notification struct {
	ID     string // of the message; the same for all its states
	Key    string // of this state; the same in repeated attempts to send it. Printable ASCII without a full stop
	Sent   time.Time
	Quiet  bool    // disturb no one: change what is shown, or do nothing, but post nothing new
	Tried  bool    // an earlier attempt may have succeeded, whatever ref says
	Cohort *Cohort // what the devices of its alerts have in common; nil if nothing
	TopUps *TopUps // what the plans of its devices may buy; nil if nothing
	Alerts []Alert // at least one; of one rule, or of several in a digest. The message is sent because of those with Changed
}

// TopUps are the blocks of data that plans buy when they run out.
type TopUps struct {
	Blocks   int     // at most
	Amount   float64 // what they cost; 0 if the price is not known
	Currency string  // such as USD
}

// A Cohort is what the devices of many alerts have in common, and few others have.
type Cohort struct {
	Trait  string  // updated, firmware, host_firmware, sku, product, fleet or new
	Value  string  // such as notecard-8.1.3, or the name of a fleet; "" for updated and new
	Alerts int     // of those that the message had when it was first sent, that have it
	Of     int     // alerts that it had then
	Share  float64 // percent of all devices that the rule is about
}

// An Alert is the content of a notification about one alert. Values without data are NaN, unknown times are zero.
type Alert struct {
	ID      string // short
	Version int64
	Changed bool // since the message was last sent

	State  string // firing, resolved or withdrawn
	Reason string // fired, escalated, deescalated, reminded, updated, muted, unmuted, acknowledged, unacknowledged,
	// resolved, corrected, period_ended, revised, withdrawn, reported
	Level string // info, warning or critical: now, or when it ended
	Was   string // level last shown to this receiver; "" if it was not shown

	Rule    string
	Project Named
	Subject Named // the device, or the project itself
	Summary string
	Advice  string   // one next step
	Runbook string   // address of a page with instructions; may be ""
	Why     string   // why it was withdrawn, corrected or updated; may be ""
	Detail  []string // further short lines: why, kind of rule, already true, quiet since …
	Body    string   // several lines that are shown unchanged, such as a report; usually ""

	Drill bool   // a test alert, which must be recognizable at a glance
	Mute  string // why it is muted: silenced until 14:00 UTC by amy: maintenance; "" if it is not muted
	Ack   string // who acknowledged it and when: amy at 13:02 UTC; "" if it is not acknowledged

	MutedBy Mute // Mute as data; the zero value if it is not muted
	AckedBy Ack  // Ack as data; the zero value if it is not acknowledged

	Figure string  // figure of Value, such as bytes.used
	Unit   string  // of Value, Peak, Limit and Usual: "B" or ""
	Value  float64 // now, or when it ended
	Peak   float64
	Limit  float64
	Usual  float64 // see UsualName

	UsualName string // usual Sunday, period before, usual hour; "" means usual day

	QuietNow bool // it is firing, but its condition is false by now, and it resolves if that stays so

	Since     time.Time // when the condition was first found true
	FiredAt   time.Time
	EndedAt   time.Time
	AsOf      time.Time // of Value: time of the poll
	PeriodEnd time.Time // end of the period over which Value adds up; zero if there is none

	Contributors *Contributors // the devices behind Value; nil for the value of one device
	Condition    *Condition    // the condition that is true, if the rule has no limit; else nil
	Causes       []Cause       // notefiles whose events are most above their median day, the most first; may be empty
	Forecast     *Forecast     // of Value, at the end of its period; nil if it does not add up, or has no limit

	Trend []Point // the figure day by day, oldest first, for a chart with Limit; may be empty
}

// A Mute is the reason why an alert is muted.
type Mute struct {
	Kind    string    // silence, window, unless or shadow
	Until   time.Time // zero if it is not known, and for a silence that ends with the alert
	By      string    // who made the silence, or which rule is firing
	Because string
}

// An Ack is the acknowledgement of an alert.
type Ack struct {
	By string
	At time.Time
}

// A Condition is a condition of a rule that is true.
type Condition struct {
	Text  string // as the rules file writes it
	Reads []Reading
}

// A Reading is a value that a condition reads, other than the value of the alert and the usual one.
type Reading struct {
	Figure string // such as events.median
	Unit   string
	Value  float64
}

// A Cause is a notefile with more events than on its median day.
type Cause struct {
	Notefile string
	Value    float64 // events of the day
	Median   float64
}

// A Forecast is what a value is expected to come to by the end of its period.
type Forecast struct {
	Value   float64
	LimitAt time.Time // about when the limit is exceeded; zero if it is, or will not be in this period
}

// Contributors are the devices behind a value of several devices.
type Contributors struct {
	Figure      string // by which they are ranked, such as events.today or device.silent_hours
	Unit        string // of the values: "B" or ""
	Most        []Contributor
	Others      int     // further devices
	OthersShare float64 // percent of the whole
	Unknown     int     // devices whose value is not known
}

// A Contributor is a device, or, without a UID, all devices together that are no longer listed.
type Contributor struct {
	UID   string
	Name  string
	Value float64
	Usual float64 // what is usual of Value; 0 if it is not known
	Share float64 // percent of the whole; 0 if the values do not add up
}

// A Point is a figure of one UTC day. NaN is no data.
type Point struct {
	Day   time.Time // its start
	Value float64   // in the unit of the alert
}

// A Named has an identifier and a name for people.
type Named struct {
	UID  string
	Name string
	URL  string // page about it; may be ""
}
