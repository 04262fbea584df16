package fetch

import (
	"context"
	"slices"

	"notewatch/notehub"
	"notewatch/rules"
)

// An endpoint is one kind of usage of Notehub.
type endpoint struct {
	name      string
	figures   []rules.Figure                           // in its rows
	keys      []string                                 // of the last of these figures, which have keys
	kept      []rules.Figure                           // those of figures that are stored
	key       func(rules.Figure) (key string, ok bool) // of a figure with a key in its rows; nil if there are none
	whole     bool                                     // a device has one row for each day; otherwise its rows add up
	summaries bool                                     // can be restricted to its summary tables
	routes    bool                                     // of routes, not of devices: read with the list of routes
	read      func(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, summariesOnly bool, a *answer) (truncated bool, err error)
}

var endpoints = []endpoint{
	{
		name: "events", whole: true, summaries: true, read: readEvents, key: rules.Figure.Notefile,
		figures: []rules.Figure{rules.Events, rules.EventsTotal, rules.Platform, rules.Watchdog, rules.Reboots, rules.FwUpdates},
	},
	{
		name: "sessions", whole: true, summaries: true, read: readSessions, key: rules.Figure.Transport,
		figures: []rules.Figure{rules.Sessions, rules.SessionBytes, rules.TLS, rules.FirstSyncs},
	},
	{
		name: "data", read: readData,
		figures: []rules.Figure{rules.Bytes, rules.Sat, rules.SatPackets},
	},
	{
		name: "route-logs", whole: true, summaries: true, routes: true, read: readRouteLogs,
		figures: []rules.Figure{rules.Routed, rules.RouteFailures, rules.RouteLatency},
	},
}

// nullable reports whether Notehub may leave a figure out of a row. The sum of the others still counts then.
func nullable(figure rules.Figure) bool {
	return figure == rules.Reboots || figure == rules.FwUpdates || figure == rules.TLS || figure == rules.SatPackets || figure.Average()
}

// optional reports whether a figure is stored only if rules read it. The others are stored whenever their endpoint is read.
func optional(figure rules.Figure) bool { return figure == rules.SatPackets }

// endpointsOf returns the endpoints that return any of the figures.
func endpointsOf(figures []rules.Figure) (all []endpoint) {
	for _, e := range endpoints {
		e = e.withKeys(figures)
		if !slices.ContainsFunc(e.figures, func(f rules.Figure) bool { return slices.Contains(figures, f) }) {
			continue
		}
		for _, figure := range e.figures {
			if !optional(figure) || slices.Contains(figures, figure) {
				e.kept = append(e.kept, figure)
			}
		}
		all = append(all, e)
	}
	return all
}

// withKeys returns the endpoint with those of the figures that have keys in its rows.
func (e endpoint) withKeys(figures []rules.Figure) endpoint {
	if e.key == nil {
		return e
	}
	e.figures = slices.Clone(e.figures)
	for _, figure := range figures {
		if key, ok := e.key(figure); ok && !slices.Contains(e.figures, figure) {
			e.figures, e.keys = append(e.figures, figure), append(e.keys, key)
		}
	}
	return e
}

// Requests returns the number of requests that a poll makes for the usage of devices that rules read, and for that of routes if it reads
// routes, if nothing is missing and no answer is too large.
func Requests(figures []rules.Figure) (devices, routes int) {
	for _, e := range endpointsOf(figures) {
		if e.routes {
			routes++
		} else {
			devices++
		}
	}
	return devices, routes
}

func readEvents(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, summariesOnly bool, a *answer) (bool, error) {
	query := notehub.EventsQuery{UsageQuery: q, IncludeNotefiles: len(a.keys) > 0, SkipRecentData: summariesOnly}
	return c.EventsUsage(ctx, project, query, func(row notehub.EventsRow) error {
		billable := row.Billable
		if !billable.Known && !billable.Invalid && row.Total.Known && row.Platform.Known {
			billable = notehub.Count{N: row.Total.N - row.Platform.N, Known: true}
		}
		a.counts = append(a.counts[:0], billable, row.Total, row.Platform, row.Watchdog, row.Reboots, row.FwUpdates)
		return a.add(row.Device, row.Period, a.withKeyed(row.Notefiles)...)
	})
}

func readSessions(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, summariesOnly bool, a *answer) (bool, error) {
	return c.SessionsUsage(ctx, project, notehub.SessionsQuery{UsageQuery: q, SkipRecentData: summariesOnly}, func(row notehub.SessionsRow) error {
		a.counts = append(a.counts[:0], row.Sessions, row.Bytes, row.TLS, row.FirstSyncs)
		return a.add(row.Device, row.Period, a.withKeyed(row.Transports)...)
	})
}

func readData(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, _ bool, a *answer) (bool, error) {
	none := notehub.Count{Known: true}
	return c.DataUsage(ctx, project, q, func(row notehub.DataRow) error {
		if row.Type != "satellite" { // and so says nothing of packets
			a.addSIM(row)
			return a.add(row.Device, row.Period, row.Total, none)
		}
		billable := row.Billable
		if !billable.Known && !billable.Invalid {
			billable = row.Total
		}
		return a.add(row.Device, row.Period, none, billable, sumOf(row.UplinkPackets, row.DownlinkPackets))
	})
}

// sumOf adds two counts, either of which may be missing.
func sumOf(a, b notehub.Count) notehub.Count {
	leftOut := notehub.Count{}
	switch {
	case a == leftOut:
		return b
	case b == leftOut:
		return a
	}
	return notehub.Count{N: a.N + b.N, Known: a.Known && b.Known, Invalid: a.Invalid || b.Invalid}
}
