package notehubtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

// A Script gives the usage and state of devices and routes, in place of the habits of archetypes. Several goroutines call its functions;
// date is the start of a UTC day, and now the instant of the answer.
type Script struct {
	Usage  func(device string, date, now time.Time) Usage
	State  func(device string, now time.Time) State
	Routed func(route string, date, now time.Time) RouteUsage
}

// Null is the number of reboots, firmware updates or TLS sessions for which the answer has null.
const Null = -2

// Usage is the usage of a device on a UTC day, by the fields of Notehub's answers, also after the device was removed. The answer contains
// negative numbers unchanged, although they are not counts. A device without usage has no row.
type Usage struct {
	Bytes, Satellite, SatellitePackets              int64
	Events, EventsTotal, Platform, Watchdog         int64
	Reboots, FwUpdates                              int64
	Sessions, SessionBytes, TLSSessions, FirstSyncs int64
	Notefiles, Transports                           map[string]int64
}

// RouteUsage is the usage of a route on a UTC day. The answer contains negative numbers unchanged. The latency is the average in
// milliseconds; nil means none.
type RouteUsage struct {
	Total, Failed int64
	LatencyMS     *float64
}

// A State is the entry of a device in the device list at an instant.
type State struct {
	SKU, Firmware, FirmwareHost string
	Disabled, Updating          bool
	Voltage, Temperature        float64   // a voltage of 0 is not known
	LastActivity                time.Time // zero: never
	Plan                        *PlanState
}

// A PlanState is the data plan of a device with one SIM, in bytes.
type PlanState struct {
	Used, Limit int64
	Updated     time.Time
}

// A scripted is the usage of a device, a fleet or the project on a day.
type scripted struct {
	device, fleet string
	devices       int64
	start         time.Time
	usage         Usage
}

// scripted returns the usage for the query, with one element for each day.
func (q *query) scripted() (all []scripted) {
	sums := map[string]map[time.Time]*scripted{}
	for _, p := range q.periods() {
		for _, d := range q.selected() {
			if !p.first.Add(day).After(d.Provisioned) {
				continue
			}
			used := q.project.Script.Usage(d.UID, p.first, q.now)
			if q.aggregate == "device" {
				all = append(all, scripted{device: d.UID, devices: 1, start: p.start, usage: used})
				continue
			}
			for _, key := range q.groups(d) {
				if sums[key] == nil {
					sums[key] = map[time.Time]*scripted{}
				}
				if sums[key][p.start] == nil {
					sums[key][p.start] = &scripted{fleet: key, start: p.start}
				}
				sums[key][p.start].add(used)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		for _, start := range slices.SortedFunc(maps.Keys(sums[key]), time.Time.Compare) {
			all = append(all, *sums[key][start])
		}
	}
	return all
}

// add adds the usage of a device. With a number that is not a count, the sum is not a count either.
func (s *scripted) add(u Usage) {
	s.devices++
	sum := &s.usage
	for _, n := range []struct {
		sum *int64
		one int64
	}{
		{&sum.Bytes, u.Bytes}, {&sum.Satellite, u.Satellite}, {&sum.SatellitePackets, u.SatellitePackets}, {&sum.Events, u.Events},
		{&sum.EventsTotal, u.EventsTotal}, {&sum.Platform, u.Platform}, {&sum.Watchdog, u.Watchdog}, {&sum.Reboots, u.Reboots},
		{&sum.FwUpdates, u.FwUpdates}, {&sum.Sessions, u.Sessions}, {&sum.SessionBytes, u.SessionBytes}, {&sum.TLSSessions, u.TLSSessions},
		{&sum.FirstSyncs, u.FirstSyncs},
	} {
		*n.sum = plus(*n.sum, n.one)
	}
	sum.Notefiles, sum.Transports = plusEach(sum.Notefiles, u.Notefiles), plusEach(sum.Transports, u.Transports)
}

// nullable returns a number; nil if it is Null.
func nullable(n int64) *int64 {
	if n == Null {
		return nil
	}
	return &n
}

func plus(a, b int64) int64 {
	switch {
	case b == Null: // left out of sums
		return a
	case a < 0 || b < 0:
		return -1
	}
	return a + b
}

func plusEach(sum, more map[string]int64) map[string]int64 {
	if sum == nil && more != nil {
		sum = map[string]int64{}
	}
	for name, n := range more {
		sum[name] = plus(sum[name], n)
	}
	return sum
}

// scriptedBody returns the answer to q for a project with a script; ok is false if the script has nothing for the endpoint.
func scriptedBody(q query) (body any, ok bool) {
	switch q.endpoint {
	case Data:
		return scriptedData(q), true
	case Events:
		return scriptedEvents(q), true
	case Sessions:
		return scriptedSessions(q), true
	case RouteLogs:
		return scriptedRouteLogs(q), true
	}
	return nil, false
}

func scriptedData(q query) wire.DataEnvelope {
	var rows []wire.DataSeries
	for _, s := range q.scripted() {
		row := wire.DataSeries{Device: s.device, Fleet: s.fleet, Devices: s.devices}
		if s.usage.Bytes != 0 {
			row.Type, row.ICCID = "cellular", iccidOf(s.device)
			row.Data = []wire.DataPoint{{Period: s.start, Total: s.usage.Bytes}}
			rows = append(rows, row)
		}
		if s.usage.Satellite != 0 || s.usage.SatellitePackets != 0 {
			row.Type, row.ICCID, row.PSID = "satellite", "", "skylo:"+s.device
			row.Data = []wire.DataPoint{{
				Period: s.start, Total: s.usage.Satellite, Billable: s.usage.Satellite, UplinkPackets: s.usage.SatellitePackets,
			}}
			rows = append(rows, row)
		}
	}
	rows, truncated := cut(rows, &q)
	return wire.DataEnvelope{Data: rows, Truncated: truncated}
}

func iccidOf(device string) string {
	if device == "" {
		return ""
	}
	return "8901" + device
}

func scriptedEvents(q query) wire.EventsEnvelope {
	var rows []wire.EventsPoint
	for _, s := range q.scripted() {
		u := s.usage
		if !anyOf(u.Notefiles) && allZero(u.EventsTotal, u.Events, u.Platform, u.Watchdog, u.Reboots, u.FwUpdates) {
			continue
		}
		row := wire.EventsPoint{
			Period: s.start, Device: s.device, Fleet: s.fleet, Devices: s.devices, Days: 1, Total: u.EventsTotal, Billable: u.Events,
			Platform: u.Platform, Watchdog: u.Watchdog, Reboots: nullable(u.Reboots), FwUpdates: nullable(u.FwUpdates),
		}
		if q.includeNotefiles {
			row.Notefiles = map[string]int64{"data.qo": max(u.Events, 0)}
			if u.Notefiles != nil {
				row.Notefiles = u.Notefiles
			}
		}
		rows = append(rows, row)
	}
	rows, truncated := cut(rows, &q)
	return wire.EventsEnvelope{Data: rows, Truncated: truncated}
}

// allZero reports whether all counts are 0.
func allZero(counts ...int64) bool {
	return !slices.ContainsFunc(counts, func(n int64) bool { return n != 0 })
}

// anyOf reports whether a count is not 0.
func anyOf(counts map[string]int64) bool {
	for _, n := range counts {
		if n != 0 {
			return true
		}
	}
	return false
}

func scriptedSessions(q query) wire.SessionsEnvelope {
	var rows []wire.SessionsPoint
	for _, s := range q.scripted() {
		u := s.usage
		if !anyOf(u.Transports) && allZero(u.Sessions, u.SessionBytes, u.TLSSessions, u.FirstSyncs) {
			continue
		}
		row := wire.SessionsPoint{
			Period: s.start, Device: s.device, Fleet: s.fleet, Devices: s.devices, Sessions: u.Sessions, FirstSyncs: u.FirstSyncs,
			TLS: nullable(u.TLSSessions), Bytes: u.SessionBytes, Transports: map[string]int64{"cell": max(u.Sessions, 0)},
		}
		if u.Transports != nil {
			row.Transports = u.Transports
		}
		rows = append(rows, row)
	}
	rows, truncated := cut(rows, &q)
	return wire.SessionsEnvelope{Sessions: rows, Truncated: truncated}
}

// scriptedRouteLogs has a row for each route; the latency of a project is that of its last route.
func scriptedRouteLogs(q query) wire.RouteLogsEnvelope {
	var rows []wire.RouteLogsPoint
	for _, p := range q.periods() {
		sum := wire.RouteLogsPoint{Period: p.start}
		for _, route := range q.project.Routes {
			if len(q.routes) > 0 && !slices.Contains(q.routes, route) || q.project.RouteSettings[route].removed(p.first) {
				continue
			}
			u := q.project.Script.Routed(route, p.first, q.now)
			row := wire.RouteLogsPoint{
				Period: p.start, Route: route, Total: u.Total, Successful: max(u.Total-u.Failed, 0), Failed: u.Failed, LatencyMS: u.LatencyMS,
			}
			if q.aggregate == "route" && !allZero(u.Total, u.Failed) {
				rows = append(rows, row)
			}
			sum.Total, sum.Failed, sum.LatencyMS = plus(sum.Total, u.Total), plus(sum.Failed, u.Failed), cmp.Or(u.LatencyMS, sum.LatencyMS)
		}
		if q.aggregate == "project" && !allZero(sum.Total, sum.Failed) {
			sum.Successful = max(sum.Total-sum.Failed, 0)
			rows = append(rows, sum)
		}
	}
	rows, truncated := cut(rows, &q)
	return wire.RouteLogsEnvelope{RouteLogs: rows, Truncated: truncated}
}

// scriptedLine returns the entry of a device in the device list.
func (d *device) scriptedLine(s State) wire.DeviceLine {
	line := wire.DeviceLine{
		UID: d.UID, SerialNumber: d.Name, SKU: s.SKU, Product: d.Product, Fleets: append([]string{}, d.Fleets...),
		FirmwareNotecard: wire.Firmware{Organization: "Blues Wireless", Product: "Notecard", Version: s.Firmware}.Text(),
		FirmwareHost:     wire.Firmware{Organization: "Acme", Product: d.Product, Version: s.FirmwareHost}.Text(),
		Disabled:         s.Disabled, Provisioned: d.Provisioned, Voltage: s.Voltage, Temperature: s.Temperature,
	}
	mode := "completed"
	if s.Updating {
		mode = "downloading"
	}
	line.Updates = &wire.Updates{Notecard: &wire.Update{Type: "card", Mode: mode}}
	if last := s.LastActivity; !last.IsZero() {
		last = last.UTC().Truncate(time.Second)
		line.LastActivity = &last
	}
	if p := s.Plan; p != nil {
		line.SIMs = []wire.SimUsage{{ICCID: iccidOf(d.UID), Used: p.Used, Limit: p.Limit, LifetimeUsed: p.Used, LastUpdated: p.Updated.Unix()}}
	}
	return line
}
