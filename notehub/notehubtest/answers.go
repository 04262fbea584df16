package notehubtest

import (
	"math"
	"slices"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

func dataAnswer(q query) wire.DataEnvelope {
	var rows []wire.DataSeries // each with one point, so that they can be cut
	for _, t := range q.totals() {
		rows = append(rows, t.cellular()...)
		rows = append(rows, t.satellite()...)
	}
	rows, truncated := cut(rows, &q)
	joined := make([]wire.DataSeries, 0, len(rows))
	index := map[dataKey]int{}
	for _, row := range rows {
		key := dataKey{row.Type, row.Device, row.Fleet, row.ICCID, row.PSID}
		i, ok := index[key]
		if !ok {
			index[key] = len(joined)
			joined = append(joined, row)
			continue
		}
		joined[i].Data = append(joined[i].Data, row.Data...)
		joined[i].Devices = max(joined[i].Devices, row.Devices)
	}
	return wire.DataEnvelope{Data: joined, Truncated: truncated}
}

// A dataKey identifies a series.
type dataKey struct{ kind, device, fleet, iccid, psid string }

// cellular returns a row for each SIM of a device, or one row for a fleet or project.
func (t *total) cellular() []wire.DataSeries {
	if t.figures.Bytes == 0 {
		return nil
	}
	row := func(iccid string, bytes int64) wire.DataSeries {
		down := bytes * 74 / 100
		return wire.DataSeries{
			Type: "cellular", Device: t.uid(), Fleet: t.fleet, ICCID: iccid, Devices: t.devices,
			Data: []wire.DataPoint{{Period: t.period.start, Total: bytes, Uplink: bytes - down, Downlink: down}},
		}
	}
	switch {
	case t.device == nil:
		return []wire.DataSeries{row("", t.figures.Bytes)}
	case len(t.device.iccids) == 1:
		return []wire.DataSeries{row(t.device.iccids[0], t.figures.Bytes)}
	}
	older := t.figures.Bytes * 15 / 100
	return []wire.DataSeries{row(t.device.iccids[0], t.figures.Bytes-older), row(t.device.iccids[1], older)}
}

// satellite returns one row, for the satellite identity of a device, or for a fleet or project.
func (t *total) satellite() []wire.DataSeries {
	f := &t.figures
	if f.SatellitePackets == 0 {
		return nil
	}
	downPackets := f.NTN // each session asks for waiting data
	down, downBilled := f.SatelliteBytes*downPackets/f.SatellitePackets, f.SatelliteBilled*downPackets/f.SatellitePackets
	row := wire.DataSeries{
		Type: "satellite", Device: t.uid(), Fleet: t.fleet, Devices: t.devices,
		Data: []wire.DataPoint{{
			Period: t.period.start,
			Total:  f.SatelliteBytes, Uplink: f.SatelliteBytes - down, Downlink: down,
			Billable: f.SatelliteBilled, UplinkBilled: f.SatelliteBilled - downBilled, DownlinkBilled: downBilled,
			UplinkPackets: f.SatellitePackets - downPackets, DownlinkPackets: downPackets,
		}},
	}
	if t.device != nil {
		row.PSID = t.device.psid
	}
	return []wire.DataSeries{row}
}

func (t *total) uid() string {
	if t.device == nil {
		return ""
	}
	return t.device.UID
}

func eventsAnswer(q query) wire.EventsEnvelope {
	var rows []wire.EventsPoint
	for _, t := range q.totals() {
		if row := q.eventsPoint(&t); row.Total > 0 {
			rows = append(rows, row)
		}
	}
	rows, truncated := cut(rows, &q)
	return wire.EventsEnvelope{Data: rows, Truncated: truncated}
}

func (q *query) eventsPoint(t *total) wire.EventsPoint {
	row := wire.EventsPoint{
		Period: t.period.start, Device: t.uid(), Fleet: t.fleet, Devices: t.devices, Days: t.period.days,
		Reboots: new(t.figures.Reboots), FwUpdates: new(t.figures.FwUpdates),
	}
	if t.device != nil && t.device.Archetype == Satellite {
		row.Reboots, row.FwUpdates = nil, nil
	}
	if q.includeNotefiles {
		row.Notefiles = map[string]int64{}
	}
	for name, n := range t.notefiles {
		if n == 0 || len(q.notefiles) > 0 && !slices.Contains(q.notefiles, name) {
			continue
		}
		row.Total += n
		if platformNotefile(name) {
			row.Platform += n
		} else {
			row.Billable += n
		}
		if name == watchdogNotefile {
			row.Watchdog += n
		}
		if q.includeNotefiles {
			row.Notefiles[name] = n
		}
	}
	return row
}

// watchdogNotefile is the notefile of the events that Notehub makes because a device is silent.
const watchdogNotefile = "_watchdog.qo"

func platformNotefile(name string) bool {
	return name == "_session.qo" || name == "_health.qo" || name == "_geolocate.qo" || name == "_log.qo"
}

func sessionsAnswer(q query) wire.SessionsEnvelope {
	var rows []wire.SessionsPoint
	for _, t := range q.totals() {
		f := &t.figures
		if f.Sessions() == 0 {
			continue
		}
		row := wire.SessionsPoint{
			Period: t.period.start, Device: t.uid(), Fleet: t.fleet, Devices: t.devices,
			Sessions: f.Sessions(), FirstSyncs: f.FirstSyncs, TLS: new(f.TLS), Bytes: f.SessionBytes,
			Transports: map[string]int64{},
		}
		for name, n := range map[string]int64{"cell": f.Cell, "wifi": f.WiFi, "ntn": f.NTN} {
			if n > 0 {
				row.Transports[name] = n
			}
		}
		if t.device != nil && t.device.Archetype == Satellite {
			row.TLS = nil
		}
		rows = append(rows, row)
	}
	rows, truncated := cut(rows, &q)
	return wire.SessionsEnvelope{Sessions: rows, Truncated: truncated}
}

// routeLogsAnswer routes every billed event over every route that is not disabled.
func routeLogsAnswer(q query) wire.RouteLogsEnvelope {
	var rows []wire.RouteLogsPoint
	for _, t := range q.totals() {
		var sum wire.RouteLogsPoint
		routes := slices.DeleteFunc(slices.Clone(q.project.Routes), func(uid string) bool {
			settings := q.project.RouteSettings[uid]
			return len(q.routes) > 0 && !slices.Contains(q.routes, uid) || settings.Disabled || settings.removed(t.period.first)
		})
		for _, route := range routes {
			row := q.routed(route, &t)
			if q.aggregate == "route" && row.Total > 0 {
				rows = append(rows, row)
			}
			sum = added(sum, row)
		}
		if q.aggregate == "project" && sum.Total > 0 {
			*sum.LatencyMS /= float64(len(routes))
			rows = append(rows, sum)
		}
	}
	rows, truncated := cut(rows, &q)
	return wire.RouteLogsEnvelope{RouteLogs: rows, Truncated: truncated}
}

// added adds figures of routes, and also combines their latencies.
func added(p, other wire.RouteLogsPoint) wire.RouteLogsPoint {
	latency := *other.LatencyMS
	if p.LatencyMS != nil {
		latency += *p.LatencyMS
	}
	return wire.RouteLogsPoint{
		Period: other.Period, LatencyMS: &latency,
		Total: p.Total + other.Total, Successful: p.Successful + other.Successful, Failed: p.Failed + other.Failed,
	}
}

// routed returns the events of a project on one route. Two of a thousand always fail.
func (q *query) routed(route string, t *total) wire.RouteLogsPoint {
	events := t.figures.Events
	latency := float64(120 + hash(route)%240)
	until := earlier(t.period.next, q.now)
	failing := 0.002 + failingShare*q.project.befallen(RouteFailures, route, t.period.first, until)
	latency *= 1 + (delayed-1)*q.project.befallen(RouteDelays, route, t.period.first, until)
	failed := int64(math.Round(float64(events) * failing))
	row := wire.RouteLogsPoint{
		Period: t.period.start, Total: events, Successful: events - failed, Failed: failed,
		LatencyMS: new(latency * (1 + 10*failing)),
	}
	if q.aggregate == "route" {
		row.Route = route
	}
	return row
}

// befallen returns the share of a time span in which a route had incidents of a kind.
func (p *project) befallen(kind IncidentKind, route string, from, to time.Time) float64 {
	if !to.After(from) {
		return 0
	}
	var befallen time.Duration
	for _, incident := range p.Incidents {
		if incident.Kind == kind && (len(incident.Routes) == 0 || slices.Contains(incident.Routes, route)) {
			befallen += max(earlier(incident.end(), to).Sub(later(incident.Start, from)), 0)
		}
	}
	return min(float64(befallen)/float64(to.Sub(from)), 1)
}
