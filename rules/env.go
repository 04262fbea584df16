package rules

import (
	"math"
	"reflect"
	"strings"
	"time"
)

// An Env is what an expression sees of one subject as of one instant: a pure function of the history and that instant. All figures are
// float64 values, and NaN is no data. Objects have Known; everything read from an object that is not known is no data.
type Env struct {
	Bytes        Metric `expr:"bytes" unit:"B" has:"sums peers" scope:"device,fleet,project,organization"`
	Sat          Metric `expr:"sat" unit:"B" has:"sums peers" scope:"device,fleet,project,organization"`
	SatPackets   Metric `expr:"sat_packets" has:"sums" scope:"device,fleet,project,organization"`
	SessionBytes Metric `expr:"session_bytes" unit:"B" has:"sums peers" scope:"device,fleet,project,organization"`
	Events       Metric `expr:"events" has:"sums polls peers" scope:"device,fleet,project,organization"`
	EventsTotal  Metric `expr:"events_total" has:"sums peers" scope:"device,fleet,project,organization"`
	Platform     Metric `expr:"platform" has:"sums" scope:"device,fleet,project,organization"`
	Watchdog     Metric `expr:"watchdog" has:"sums" scope:"device,fleet,project,organization"`
	Reboots      Metric `expr:"reboots" has:"sums" scope:"device,fleet,project,organization"`
	FwUpdates    Metric `expr:"fw_updates" has:"sums" scope:"device,fleet,project,organization"`
	Sessions     Metric `expr:"sessions" has:"sums polls peers" scope:"device,fleet,project,organization"`
	TLS          Metric `expr:"tls" has:"sums" scope:"device,fleet,project,organization"`
	FirstSyncs   Metric `expr:"first_syncs" has:"sums" scope:"device,fleet,project,organization"`
	Notefiles    Keyed  `expr:"notefiles" key:"data.qo" has:"sums polls" scope:"device,fleet,project,organization"`
	Transport    Keyed  `expr:"transport" key:"wifi" has:"sums polls" scope:"device,fleet,project,organization"`

	Routed        Metric `expr:"routed" has:"sums polls" scope:"route"`
	RouteFailures Metric `expr:"route_failures" has:"sums polls" scope:"route"`
	RouteLatency  Metric `expr:"route_latency" unit:"ms" lacks:"is an average and does not add up" scope:"route"`

	Device  Device  `expr:"device" scope:"device"`
	Plan    Plan    `expr:"plan" scope:"device"`
	SatPlan SatPlan `expr:"sat_plan" unit:"B" scope:"device"`
	Fleet   Fleet   `expr:"fleet" scope:"fleet"`
	Route   Route   `expr:"route" scope:"route"`
	Project Project `expr:"project" scope:"device,fleet,route,project"`
	Org     Org     `expr:"org" scope:"organization"`
	Cost    Cost    `expr:"cost" scope:"device,fleet,project,organization"`
	Period  Period  `expr:"period"`
	Poll    Poll    `expr:"poll"`

	FleetNames map[string]string `expr:"-"` // of the fleets of the project, by UID, for limits by fleet
	Account    string            `expr:"-"` // name of the account whose organization is the subject; "" for any other
}

// Keyed holds the metrics of figures with a key. Metrics that are not in it are no data.
type Keyed map[Figure]*Metric

// of returns the metric of a figure, and adds it if there is none.
func (k *Keyed) of(f Figure) *Metric {
	m := (*k)[f]
	if m == nil {
		m = new(UnknownMetric())
		if *k == nil {
			*k = Keyed{}
		}
		(*k)[f] = m
	}
	return m
}

// metricFields are the fields of Env that are metrics, by the figure of the same name.
var metricFields = findMetrics()

func findMetrics() map[Figure][]int {
	fields := map[Figure][]int{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Env]()) {
		if figure, ok := ParseFigure(field.Tag.Get("expr")); ok && field.Type == reflect.TypeFor[Metric]() {
			fields[figure] = field.Index
		}
	}
	return fields
}

// Metric returns the metric of a figure, to fill in; nil if expressions cannot see that figure.
func (e *Env) Metric(f Figure) *Metric {
	if index, ok := metricFields[f]; ok {
		return reflect.ValueOf(e).Elem().FieldByIndex(index).Addr().Interface().(*Metric)
	}
	switch {
	case strings.HasPrefix(string(f), notefiles+"["):
		return e.Notefiles.of(f)
	case strings.HasPrefix(string(f), transport+"["):
		return e.Transport.of(f)
	}
	return nil
}

// UnknownEnv returns an Env in which everything is no data.
func UnknownEnv() Env { return unknownEnv }

var unknownEnv = makeUnknownEnv()

func makeUnknownEnv() (e Env) {
	for field, object := range reflect.ValueOf(&e).Elem().Fields() {
		if field.Type.Kind() != reflect.Struct || field.Type == reflect.TypeFor[Period]() {
			continue
		}
		for _, member := range reflect.VisibleFields(field.Type) {
			if member.Type.Kind() == reflect.Float64 {
				object.FieldByIndex(member.Index).SetFloat(math.NaN())
			}
		}
	}
	return e
}

// UnknownMetric returns a metric without data.
func UnknownMetric() Metric { return unknownEnv.Bytes }

// A Metric is one figure of a subject over different windows. All members except Series are NaN if they are no data.
//
// The tag kind is the kind of a rule whose condition reads the member; without it the kind is live. The tag grows names the member of the
// metric that only grows and shows whether the value was wrong. Members that need sums do not exist for averages, and members that need polls
// exist for the metrics that Notehub counts within minutes. The tags unit and range apply to all objects: the unit is that of the metric unless
// a member has its own, "" is a ratio, and no tag is a count; the range is "least most", "any", or, without the tag, everything from 0 on.
type Metric struct {
	Today          float64 `expr:"today" kind:"day" grows:"today"`                         // the current UTC day so far
	Yesterday      float64 `expr:"yesterday"`                                              // the last complete UTC day
	Used           float64 `expr:"used" needs:"sums" kind:"period" grows:"used"`           // the period so far, today included
	Prev           float64 `expr:"prev" needs:"sums"`                                      // the period before
	Forecast       float64 `expr:"forecast" needs:"sums" kind:"forecast" grows:"forecast"` // the period at its end, as expected
	D7             float64 `expr:"d7" needs:"sums"`                                        // sum of the last 7 complete days
	D30            float64 `expr:"d30" needs:"sums"`                                       // sum of the last 30 complete days
	Median         float64 `expr:"median"`                                                 // median of the last 14 whole days
	MAD            float64 `expr:"mad"`                                                    // median of their distances from it
	Usual          float64 `expr:"usual"`                                                  // median of this weekday in the last four weeks
	UsualYesterday float64 `expr:"usual_yesterday"`                                        // the same of yesterday's weekday
	Ratio          float64 `expr:"ratio" unit:"" kind:"day" grows:"today"`                 // today / median
	Z              float64 `expr:"z" unit:"" range:"any" kind:"day" grows:"today"`         // today's distance from median in standard deviations
	PeerRatio      float64 `expr:"peer_ratio" unit:"" needs:"peers" scope:"device"`        // yesterday / what peers used then
	Missed         float64 `expr:"missed" needs:"silence"`                                 // sessions that did not come; device.missed reads it
	Allowance      float64 `expr:"allowance" needs:"allowance"`                            // since the allowance began; sat_plan reads it
	Unread         float64 `expr:"unread" unit:"count" needs:"allowance"`                  // days since the allowance began that were never read
	H1             float64 `expr:"h1" needs:"polls" scope:"device,fleet,route,project"`    // growth in an hour, between two polls
	H6             float64 `expr:"h6" needs:"polls" scope:"device,fleet,route,project"`    // growth in six hours, between two polls
	Days           float64 `expr:"days" unit:"count" range:"0 35"`                         // how many of the last 35 days are known whole days

	// Series holds the whole days of the last 35, oldest first. A series that is empty or contains a NaN is no data.
	Series []float64 `expr:"series"`
}

// A Device is the entry of a device in Notehub's device list.
type Device struct {
	Known        bool     `expr:"known"` // of all members; expressions cannot name it
	UID          string   `expr:"uid"`
	Name         string   `expr:"name"` // serial number, or the UID when it has none
	SKU          string   `expr:"sku"`
	Product      string   `expr:"product"`
	Fleets       []string `expr:"fleets" known:"FleetsKnown"` // labels of its fleets; the UID of one without a label
	FleetUIDs    []string `expr:"fleet_uids"`
	Firmware     string   `expr:"firmware"`
	HostFirmware string   `expr:"host_firmware"`
	Disabled     bool     `expr:"disabled"`
	IsNew        bool     `expr:"is_new"`                                  // provisioned less than 48 hours before the device list was read
	Updating     bool     `expr:"updating" known:"UpdatingKnown"`          // a firmware is being downloaded or installed
	Voltage      float64  `expr:"voltage" unit:"V" range:"0 60"`           // volts
	Temperature  float64  `expr:"temperature" unit:"°C" range:"-300 1000"` // degrees Celsius
	SilentHours  float64  `expr:"silent_hours" unit:"h"`                   // hours from the last activity to the time of the device list
	Missed       float64  `expr:"missed" of:"sessions.missed"`             // sessions that did not come while it was silent
	AgeDays      float64  `expr:"age_days" unit:"d"`                       // days from provisioning to the time of the device list

	FleetsKnown, UpdatingKnown bool `expr:"-"`
}

// A Plan is the data plan of the SIM of a device that counts, as the device list says.
type Plan struct {
	Used      float64 `expr:"used" unit:"B"`
	Limit     float64 `expr:"limit" unit:"B"`                                   // no data if it is 0
	Left      float64 `expr:"left" unit:"B"`                                    // Limit - Used, 0 at least
	UsedPct   float64 `expr:"used_pct" unit:"%"`                                // 100 × Used / Limit
	DaysLeft  float64 `expr:"days_left" unit:"d" range:"0 36500" of:"bytes.d7"` // until Left is used up at the pace of the last 7 complete days
	AutoTopup bool    `expr:"auto_topup" known:"AutoTopupKnown"`                // more data is bought when the plan runs out
	AgeHours  float64 `expr:"age_hours" unit:"h"`                               // hours from the time that Used is of to that of the device list
	SIMs      float64 `expr:"sims"`                                             // that the device lists

	AutoTopupKnown bool `expr:"-"`
}

// A SatPlan is the satellite allowance of a device, as the rules file says.
type SatPlan struct {
	Used     float64 `expr:"used" of:"sat.allowance"`                                                 // since the allowance began
	Limit    float64 `expr:"limit"`                                                                   // the allowance
	Left     float64 `expr:"left" of:"sat.allowance sat.unread"`                                      // Limit - Used, 0 at least
	UsedPct  float64 `expr:"used_pct" unit:"%" of:"sat.allowance"`                                    // 100 × Used / Limit
	DaysLeft float64 `expr:"days_left" unit:"d" range:"0 36500" of:"sat.allowance sat.unread sat.d7"` // until Left is used up at the pace of the last 7 complete days
}

// An Org is the organization that pays for the projects of an account, as Notehub says.
type Org struct {
	Name      string  `expr:"name" known:"NameKnown"`
	Type      string  `expr:"type" known:"TypeKnown"` // of its plan: Essentials or Enterprise
	Suspended bool    `expr:"suspended" known:"SuspendedKnown"`
	Balance   float64 `expr:"balance"`                            // of its plan
	Capacity  float64 `expr:"capacity"`                           // of its plan, in events
	DaysLeft  float64 `expr:"days_left" unit:"d" range:"0 36500"` // until the events of its plan are used up at the pace of the last days

	ContractDaysLeft float64 `expr:"contract_days_left" unit:"d" range:"any"` // until its plan ends

	NameKnown, TypeKnown, SuspendedKnown bool `expr:"-"`
}

// A Cost is what the events of a calendar month cost: of the account, or the share of a subject in that.
type Cost struct {
	Used         float64 `expr:"used" unit:"money" of:"events.used" kind:"period" grows:"used"`
	Forecast     float64 `expr:"forecast" unit:"money" of:"events.used events.forecast" kind:"forecast" grows:"forecast"`
	FreeUsedPct  float64 `expr:"free_used_pct" unit:"%" scope:"organization" of:"events.used" kind:"period" grows:"free_used_pct"`
	FreeDaysLeft float64 `expr:"free_days_left" unit:"d" range:"0 36500" scope:"organization" of:"events.forecast" kind:"forecast" grows:"events.forecast"`
}

// A Fleet is a fleet with counts over its devices.
type Fleet struct {
	Known bool   `expr:"known"` // of all members; expressions cannot name it
	UID   string `expr:"uid"`
	Name  string `expr:"name"` // its label, or the UID when it has none
	DeviceCounts

	AutoTopup    bool    `expr:"auto_topup" known:"AutoTopupKnown"` // more data is bought for a device whose plan runs out
	WatchdogMins float64 `expr:"watchdog_mins" unit:"min"`          // of silence, after which Notehub makes an event for a device; 0 is never

	AutoTopupKnown bool `expr:"-"`
}

// A Route is what Notehub's list of routes says of a route.
type Route struct {
	Known    bool   `expr:"known"` // of all members; expressions cannot name it
	UID      string `expr:"uid"`
	Name     string `expr:"name"` // its label, or the UID when it has none
	Type     string `expr:"type"` // such as http, aws or slack
	Disabled bool   `expr:"disabled"`
}

// A Project is a project with counts over its device list.
type Project struct {
	Known bool   `expr:"known"` // of all members; expressions cannot name it
	UID   string `expr:"uid"`
	Name  string `expr:"name"`
	DeviceCounts
}

// DeviceCounts are counts over the device list of a project, or over the devices in it of a fleet. Their members are those of the project or
// fleet.
type DeviceCounts struct {
	DeviceCount float64 `expr:"device_count"`                                            // devices listed and not disabled
	Active      float64 `expr:"active"`                                                  // of those, last seen within 24 hours before the list
	Silent      float64 `expr:"silent"`                                                  // of those, last seen before that
	SilentPct   float64 `expr:"silent_pct" unit:"%" range:"0 100"`                       // 100 × silent / device_count; no data without devices
	Overdue     float64 `expr:"overdue" of:"sessions.missed"`                            // of those, silent for over 24 hours and with over 2.5 missed sessions
	OverduePct  float64 `expr:"overdue_pct" unit:"%" range:"0 100" of:"sessions.missed"` // 100 × overdue / those last seen in the 35 days before the list
	Late        float64 `expr:"late" of:"sessions.missed"`                               // of those, silent for longer than they usually are at most
	LatePct     float64 `expr:"late_pct" unit:"%" range:"0 100" of:"sessions.missed"`    // 100 × late / those last seen in the 35 days before the list
}

// A Period is the time over which used is summed.
type Period struct {
	ElapsedPct float64 `expr:"elapsed_pct" unit:"%" range:"0 100"` // 0 at its start, 100 at its end
	DaysLeft   float64 `expr:"days_left" unit:"d" range:"0 366"`   // days until it ends, with fraction

	Start time.Time `expr:"-"` // 00:00 UTC of its first day
	End   time.Time `expr:"-"` // 00:00 UTC of the day after its last
}

// A Poll is the state of polling.
type Poll struct {
	AgeMinutes   float64 `expr:"age_minutes" unit:"min"`   // minutes since the last poll that succeeded; no data before the first
	EveryMinutes float64 `expr:"every_minutes" unit:"min"` // minutes between two polls now: more if the request budget of the account is too small
	Failures     float64 `expr:"failures"`                 // failed polls since then
	Truncated    bool    `expr:"truncated"`                // the newest answer was truncated
}
