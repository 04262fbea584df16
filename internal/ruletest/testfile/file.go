package testfile

import (
	"time"

	"notewatch/internal/config"
	"notewatch/internal/config/typed"
)

// A File is a checked file of tests.
type File struct {
	Path  string
	Rules *config.File
	Tests []Test
}

// A Document is the content of a file of tests.
type Document struct {
	Rules typed.Raw `yaml:"rules" need:"yes" help:"The rules file under test: its path from this file, or a rules file written here; without projects and receivers that has the project test and the receiver team."`
	Tests []Test    `yaml:"tests" need:"yes" item:"test" help:"The tests. Each runs alone, in simulated time."`
}

// A Test is a project, what happens to it, and the expected result.
type Test struct {
	typed.At
	Name         string            `yaml:"name" need:"yes" help:"What the test shows, as a sentence."`
	Start        Date              `yaml:"start" help:"The first day (UTC); the first poll is at its beginning. Default: 2026-06-17, a Wednesday."`
	Days         int               `yaml:"days" help:"How many days the test lasts. Default: until everything has happened that the test mentions."`
	Poll         Length            `yaml:"poll" help:"The time between two polls. Default: 15m."`
	Project      string            `yaml:"project" help:"The project of the rules file that the test is about. Default: the first one."`
	Only         []string          `yaml:"only" help:"Check only the alerts and messages of these rules. Default: all rules."`
	Organization *Organization     `yaml:"organization" help:"The organization that pays for the project. Default: an Enterprise plan of 10 million events."`
	Fleets       typed.Map[Fleet]  `yaml:"fleets" help:"Settings of fleets, by name. A fleet that a device names exists without."`
	Devices      typed.Map[Device] `yaml:"devices" help:"The devices of the project, by name."`
	Routes       typed.Map[Route]  `yaml:"routes" help:"The routes of the project, by name."`
	Steps        []Step            `yaml:"steps" help:"What happens, and what people do, at instants of the test."`
	Expect       Expect            `yaml:"expect" need:"yes" help:"What must follow."`
}

// An Organization is the plan of an organization.
type Organization struct {
	Type     PlanType `yaml:"type" help:"The type of its plan. Default: Enterprise."`
	Capacity Amount   `yaml:"capacity" help:"Events of the plan. Default: 10000000."`
	Start    Date     `yaml:"start" help:"The first day of the plan. Default: the first day of the year of the test."`
}

// A PlanType is the type of the plan of an organization.
type PlanType string

// Words implements typed.Words.
func (PlanType) Words() []string { return []string{"Enterprise", "Essentials"} }

// A Fleet holds settings of a fleet.
type Fleet struct {
	AutoTopup *bool `yaml:"auto_topup" help:"Whether Notehub buys more data for its devices (Connectivity Assurance)."`
	Watchdog  int   `yaml:"watchdog_mins" help:"Minutes of silence after which Notehub makes an event of a device. 0 is never."`
}

// A Device is a device with its usage.
type Device struct {
	typed.At
	UID         string   `yaml:"uid" help:"Its UID. Default: one that is made of its name."`
	Product     string   `yaml:"product" help:"Its product UID."`
	Fleets      []string `yaml:"fleets" help:"Names of its fleets."`
	Provisioned Instant  `yaml:"provisioned" help:"When it was provisioned, such as -3d or 2026-01-01. Default: two years before the test."`
	Removed     Instant  `yaml:"removed" help:"When it disappears from the device list."`
	Setting     Setting  `yaml:"is" help:"What the device list says of it, until a step changes that."`

	Bytes        Series            `yaml:"bytes" help:"Cellular bytes."`
	Sat          Series            `yaml:"sat" help:"Billable satellite bytes."`
	SatPackets   Series            `yaml:"sat_packets" help:"Satellite packets."`
	SessionBytes Series            `yaml:"session_bytes" help:"Bytes of all sessions."`
	Events       Series            `yaml:"events" help:"Events that Notehub bills."`
	EventsTotal  Series            `yaml:"events_total" help:"All events. Default: events and platform together."`
	Platform     Series            `yaml:"platform" help:"Events that Notehub does not bill."`
	Watchdog     Series            `yaml:"watchdog" help:"Events that Notehub makes because the device is silent; they are among events too."`
	Reboots      Series            `yaml:"reboots" help:"Reboots."`
	FwUpdates    Series            `yaml:"fw_updates" help:"Firmware updates."`
	Sessions     Series            `yaml:"sessions" help:"Sessions. Its last activity is that of its sessions and events; with neither, it is always active."`
	TLS          Series            `yaml:"tls" help:"Sessions over TLS."`
	FirstSyncs   Series            `yaml:"first_syncs" help:"Sessions that were the first of the device."`
	Notefiles    typed.Map[Series] `yaml:"notefiles" help:"Events by notefile."`
	Transport    typed.Map[Series] `yaml:"transport" help:"Sessions by transport. Default: all are cell."`
	Late         typed.Map[Length] `yaml:"late" help:"How late Notehub counts a metric, such as bytes: 8h. Default: at once."`
}

// A Setting is the entry of a device in the device list.
type Setting struct {
	SKU          string  `yaml:"sku" help:"The SKU of the Notecard."`
	Firmware     string  `yaml:"firmware" help:"The version of the Notecard firmware."`
	HostFirmware string  `yaml:"host_firmware" help:"The version of the host firmware."`
	Disabled     *bool   `yaml:"disabled" help:"Whether it is disabled."`
	Updating     *bool   `yaml:"updating" help:"Whether firmware is being installed."`
	Voltage      float64 `yaml:"voltage" help:"Its voltage in volts; 0 is not known."`
	Temperature  float64 `yaml:"temperature" help:"Its temperature in degrees Celsius."`
	Plan         *Plan   `yaml:"plan" help:"The data plan of its SIM. Default: none is listed."`
}

// A Plan is the data plan of a SIM.
type Plan struct {
	Used  Amount `yaml:"used" need:"yes" help:"Bytes that are used of it, such as 410MB."`
	Limit Amount `yaml:"limit" need:"yes" help:"Bytes of the plan, such as 500MB."`
}

// A Route is a route with the events that it routes.
type Route struct {
	typed.At
	UID      string `yaml:"uid" help:"Its UID. Default: one that is made of its name."`
	Type     string `yaml:"type" help:"Its type, such as http."`
	Disabled bool   `yaml:"disabled" help:"Whether it is disabled."`
	Routed   Series `yaml:"routed" help:"Events that it handled."`
	Failures Series `yaml:"route_failures" help:"Events of these that it failed for."`
	Latency  Series `yaml:"route_latency" help:"How long one event took on average, in milliseconds."`
}

// A Step is something that happens at an instant: one of silent, is, correct, suspended, notehub, receiver, ack, unack and silence.
type Step struct {
	typed.At
	When      Instant  `yaml:"at" need:"yes" help:"When it happens, such as 1d 09:30."`
	For       Length   `yaml:"for" help:"How long it lasts. Default: to the end of the test."`
	Device    string   `yaml:"device" help:"The device that silent, is and correct are about."`
	Silent    bool     `yaml:"silent" help:"The device has no sessions and no events."`
	Setting   *Setting `yaml:"is" help:"What the device list says of the device from now on."`
	Correct   *Correct `yaml:"correct" help:"Notehub corrects what it has answered of a day."`
	Suspended bool     `yaml:"suspended" help:"Notehub suspends the billing account of the organization."`
	Notehub   Fault    `yaml:"notehub" help:"How the answers of Notehub go wrong."`
	Endpoint  Endpoint `yaml:"endpoint" help:"Which answers of Notehub go wrong. Default: all."`
	Receiver  string   `yaml:"receiver" help:"The receiver that does not accept messages."`
	Answers   Refusal  `yaml:"answers" help:"What it answers. Default: unavailable."`
	Ack       *Target  `yaml:"ack" help:"Someone acknowledges an alert."`
	Unack     *Target  `yaml:"unack" help:"Someone removes an acknowledgement."`
	Silence   *Target  `yaml:"silence" help:"Someone silences a rule, a subject or the project; for as long as for says."`
	By        string   `yaml:"by" help:"The person. Default: someone."`
	Because   string   `yaml:"because" help:"The reason of a silence."`
}

// A Correct is a value that Notehub corrects.
type Correct struct {
	typed.At
	Metric string  `yaml:"metric" need:"yes" help:"The metric, such as events or bytes."`
	Day    Instant `yaml:"day" help:"The day that is corrected, such as 1d. Default: the day of the step."`
	To     Amount  `yaml:"to" need:"yes" help:"What the day is from now on."`
}

// A Target names an alert, or the subject of a silence.
type Target struct {
	typed.At
	Rule    string `yaml:"rule" help:"The rule."`
	Subject string `yaml:"subject" help:"The device, fleet or route, by name. Default: the project, or all."`
}

// A Fault is a way in which Notehub answers wrongly.
type Fault string

// Words implements typed.Words.
func (Fault) Words() []string {
	return []string{
		"server error", "bad gateway", "took too long", "rate limited", "unauthorized", "forbidden", "suspended", "not found", "cut",
		"invalid JSON", "web page", "truncated",
	}
}

// An Endpoint is a part of Notehub.
type Endpoint string

// Words implements typed.Words.
func (Endpoint) Words() []string {
	return []string{"data", "events", "sessions", "route-logs", "devices", "fleets", "routes"}
}

// A Refusal is a way in which a receiver does not accept a message.
type Refusal string

// The refusals.
const (
	Unavailable Refusal = "unavailable" // notewatch retries
	Refused     Refusal = "refused"     // given up until someone fixes it
	Malformed   Refusal = "malformed"   // this message will never be accepted
)

// Words implements typed.Words.
func (Refusal) Words() []string {
	return []string{string(Unavailable), string(Refused), string(Malformed)}
}

// An Expect is the expected result.
type Expect struct {
	typed.At
	Alerts   []Alert              `yaml:"alerts" help:"All alerts of the test, in the order in which they fired; [] is none."`
	Messages typed.Map[[]Message] `yaml:"messages" help:"All messages to a receiver, by its name, in their order; [] is none. Reports are left out."`
	Results  []Result             `yaml:"results" help:"Results of rules at instants."`
}

// An Alert is an expected alert. Fields that are left out match anything.
type Alert struct {
	typed.At
	Rule    string `yaml:"rule" need:"yes" help:"The rule."`
	Subject string `yaml:"subject" help:"The device, fleet or route, by name. Default: the project."`
	Level   Level  `yaml:"level" help:"The highest level that was announced."`
	Fired   Range  `yaml:"fired" help:"When it fired: an instant, or from .. to."`
	Ended   Range  `yaml:"ended" help:"When it ended: an instant, or from .. to. Without ended and as, it is firing at the end of the test."`
	As      Ending `yaml:"as" help:"How it ended."`
}

// A Message is an expected message. Fields that are left out match anything.
type Message struct {
	typed.At
	When    Range    `yaml:"at" help:"When it was sent: an instant, or from .. to."`
	Rule    string   `yaml:"rule" help:"The rule of its alerts."`
	Subject []string `yaml:"subject" help:"What its changed alerts are about, by name."`
	Reason  Reason   `yaml:"reason" need:"yes" help:"Why it was sent."`
	Level   Level    `yaml:"level" help:"The level that it shows; of several alerts the highest."`
	Count   int      `yaml:"count" help:"How many alerts it shows as changed."`
	Text    []string `yaml:"text" help:"Texts that it contains, as the terminal prints it."`
}

// A Result is the expected result of a rule for one subject.
type Result struct {
	typed.At
	When    Instant `yaml:"at" need:"yes" help:"The instant."`
	Rule    string  `yaml:"rule" need:"yes" help:"The rule."`
	Subject string  `yaml:"subject" help:"The device, fleet or route, by name. Default: the project."`
	Is      Outcome `yaml:"is" need:"yes" help:"The level that is true, false, or no data."`
}

// A Level is a level of an alert.
type Level string

// Words implements typed.Words.
func (Level) Words() []string { return []string{"info", "warning", "critical"} }

// An Ending is the reason of the end of an alert.
type Ending string

// Words implements typed.Words.
func (Ending) Words() []string {
	return []string{"resolved", "corrected", "period_ended", "revised", "withdrawn"}
}

// A Reason is the reason of a message.
type Reason string

// Words implements typed.Words.
func (Reason) Words() []string {
	return []string{
		"fired", "escalated", "deescalated", "reminded", "updated", "resolved", "corrected", "period_ended", "revised", "withdrawn",
		"muted", "unmuted", "acknowledged", "unacknowledged",
	}
}

// An Outcome is the result of a rule.
type Outcome string

// The outcomes other than the levels.
const (
	NoData Outcome = "no data"
	False  Outcome = "false"
)

// Words implements typed.Words.
func (Outcome) Words() []string {
	return []string{string(False), "info", "warning", "critical", string(NoData)}
}

// Begins returns the beginning of the first day.
func (t *Test) Begins() time.Time { return t.Start.Start }

// Every returns the time between two polls.
func (t *Test) Every() time.Duration { return time.Duration(t.Poll) }
