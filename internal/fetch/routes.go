package fetch

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

// readRoutes brings the routes of the project up to date, and what they handed on.
func (p *poll) readRoutes(ctx context.Context, endpoints []endpoint) error {
	list, err := p.listRoutes(ctx)
	if err != nil {
		return fmt.Errorf("reading the routes: %w", err)
	}
	if len(list.Routes) == 0 {
		return nil
	}
	devices := p.subjects
	defer func() { p.subjects = devices }()
	p.subjects = routesOf(list)
	for _, e := range endpoints {
		if !e.routes {
			continue
		}
		if _, known := p.known.rows[e.name]; !known {
			p.known.rows[e.name] = len(list.Routes)
		}
		if err := p.readEndpoint(ctx, e); err != nil {
			return fmt.Errorf("reading %s usage: %w", e.name, err)
		}
	}
	return nil
}

// listRoutes reads and saves the list of routes. A route that Notehub lists twice is one route, as listed last.
func (p *poll) listRoutes(ctx context.Context) (list usage.RouteList, err error) {
	var routes []usage.Route
	err = p.given.Request(ctx, func(ctx context.Context) error {
		routes = nil
		places := map[string]int{}
		return p.given.Client.Routes(ctx, p.given.Project, func(r notehub.Route) error {
			place, twice := places[r.UID]
			if !twice {
				place, routes = len(routes), append(routes, usage.Route{})
				places[r.UID] = place
			}
			routes[place] = usage.Route{UID: r.UID, Name: cmp.Or(r.Name, r.UID), Type: r.Type, Disabled: r.Disabled.True}
			return nil
		})
	})
	if err != nil {
		return list, err
	}
	return p.usage.SaveRoutes(ctx, p.given.Lease, routes, p.given.Now)
}

// routesOf returns the routes of a project as subjects. A day before its first event is 0 like one without events: which of them a route
// existed on follows from the day of its birth.
func routesOf(list usage.RouteList) *subjects {
	s := &subjects{places: make(map[string]int32, len(list.Routes)), born: []rules.Day{never}, ordinals: []int{0}}
	for _, r := range list.Routes {
		s.places[r.UID] = int32(len(s.born))
		s.born = append(s.born, math.MinInt)
		s.ordinals = append(s.ordinals, r.Ordinal)
	}
	return s
}

func readRouteLogs(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, summariesOnly bool, a *answer) (bool, error) {
	query := notehub.RouteLogsQuery{UsageQuery: q, SkipRecentData: summariesOnly}
	return c.RouteLogsUsage(ctx, project, query, func(row notehub.RouteLogsRow) error {
		if place, listed := a.subjects.find(row.Route); listed {
			a.bear(a.subjects.ordinals[place], rules.DayOf(row.Period))
		}
		a.counts = append(a.counts[:0], row.Total, row.Failed, millisecondsOf(row.LatencyMS))
		return a.add(row.Route, row.Period, a.counts...)
	})
}

// bear notes that a route has a row on a day.
func (a *answer) bear(ordinal int, day rules.Day) {
	if a.born == nil {
		a.born = map[int]rules.Day{}
	}
	if born, ok := a.born[ordinal]; (!ok || day < born) && day >= a.first && day <= a.last {
		a.born[ordinal] = day
	}
}

// millisecondsOf returns a length of time as a count.
func millisecondsOf(ms float64) notehub.Count {
	ms = math.Round(ms)
	switch {
	case math.IsNaN(ms):
		return notehub.Count{}
	case ms < 0 || ms > history.MaxValue:
		return notehub.Count{Invalid: true}
	}
	return notehub.Count{N: int64(ms), Known: true}
}
