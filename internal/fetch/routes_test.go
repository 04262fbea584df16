package fetch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// routeLog is a row about a route and day, 0 being Monday.
func routeLog(route string, offset int, fields string) string {
	return fmt.Sprintf(`{"route":"route:%s","period":"%sT00:00:00Z",%s}`, route, today+rules.Day(offset), fields)
}

func routed(all, failed int, latency string) string {
	return fmt.Sprintf(`"total_routes":%d,"failed_routes":%d,"avg_latency_ms":%s`, all, failed, latency)
}

func routeLogs(truncated bool, rows ...string) string {
	return fmt.Sprintf(`{"route_logs":[%s],"truncated":%t}`, strings.Join(rows, ","), truncated)
}

// routeCell returns a figure of a route, "" being the project.
func (r *rig) routeCell(figure rules.Figure, on rules.Day, route string) history.Cell {
	r.t.Helper()
	ordinal := 0
	if route != "" {
		list, err := r.db.Usage.Routes(r.t.Context(), project)
		require.NoError(r.t, err)
		found := list.Find("route:" + route)
		require.NotNil(r.t, found, route)
		ordinal = found.Ordinal
	}
	return history.At(r.column(figure, on), ordinal)
}

// Routes are read when that is due, and what they handed on of all days that rules look back on.
func TestRoutes(t *testing.T) {
	hub := newScript("a", "b")
	hub.answers["routes"] = `[{"uid":"route:crm","label":"CRM","type":"http","disabled":false},{"uid":"route:new"},
		{"uid":"route:crm","label":"CRM, again","type":"aws","disabled":true}]`
	hub.answers["route-logs"] = routeLogs(
		false, routeLog("crm", -3, routed(40, 4, "120.4")), routeLog("crm", 0, routed(7, 0, "-5")), routeLog("deleted", -1, routed(5, 1, "80")),
	)
	r := newRig(t, hub, rules.Routed, rules.RouteFailures, rules.RouteLatency)
	r.poll()
	require.Equal(t, []string{"devices", "fleets", "routes", "route-logs"}, hub.kinds(), "and no usage of devices, which no rule reads")

	list, err := r.db.Usage.Routes(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, r.now, list.Read)
	require.Equal(t, []usage.Route{
		{Ordinal: 3, UID: "route:crm", Name: "CRM, again", Type: "aws", Disabled: true, Born: today - 3}, {Ordinal: 4, UID: "route:new", Name: "route:new"},
	}, list.Routes)
	for _, c := range []struct {
		figure rules.Figure
		offset rules.Day
		route  string
		want   history.Cell
	}{
		{rules.Routed, -3, "crm", value(40)}, {rules.RouteFailures, -3, "crm", value(4)}, {rules.RouteLatency, -3, "crm", value(120)},
		{rules.Routed, 0, "crm", value(7)}, {rules.RouteLatency, 0, "crm", history.NotKnown},
		{rules.Routed, -1, "crm", value(0)}, {rules.RouteLatency, -1, "crm", history.Null},
		{rules.Routed, -metric.HistoryDays, "new", value(0)}, {rules.Routed, 0, "new", value(0)},
		{rules.Routed, -1, "", value(5)}, {rules.Routed, 0, "", value(7)}, {rules.RouteLatency, -3, "", history.Null},
	} {
		require.Equal(t, c.want, r.routeCell(c.figure, today+c.offset, c.route), "%s of %q, day %d", c.figure, c.route, c.offset)
	}
	require.Equal(t, usage.Span{First: r.first, Last: today}, r.coverage(rules.Routed))

	hub.queries = nil
	r.now = r.now.Add(15 * time.Minute)
	r.poll()
	require.Empty(t, hub.queries, "they are not due")

	r.now = r.now.Add(hour)
	hub.answers["routes"] = `[{"uid":"route:new"}]`
	hub.answers["route-logs"] = routeLogs(true, routeLog("new", 0, routed(1, 1, "30")))
	require.True(t, r.poll().Truncated)
	require.Equal(t, []string{"devices", "fleets", "routes", "route-logs", "route-logs", "route-logs"}, hub.kinds(), "both days, then each by itself")
	require.Equal(t, value(1), r.routeCell(rules.Routed, today, "new"), "rows of a truncated answer count")
	list, err = r.db.Usage.Routes(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, []usage.Route{{Ordinal: 4, UID: "route:new", Name: "route:new", Born: today}}, list.Routes)

	r.now = r.now.Add(hour)
	hub.answers["routes"] = `[{"uid":"route:new"},{"uid":"route:crm"}]`
	hub.answers["route-logs"] = routeLogs(false)
	r.poll()
	list, err = r.db.Usage.Routes(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, today-3, list.Find("route:crm").Born, "it has its number and its past again")
}

// What is read of routes is kept for their growth, with that of devices.
func TestKeepRoutes(t *testing.T) {
	hub := newScript("a")
	hub.answers["routes"] = `[{"uid":"route:crm"}]`
	r := newRig(t, hub, rules.Events)
	r.config.Wants = rules.Wants{rules.Events: rules.MembersOf("h1"), rules.Routed: rules.MembersOf("h1")}
	r.restart()
	var read []time.Time
	for poll := range 6 {
		hub.answers["route-logs"] = routeLogs(false, routeLog("crm", 0, routed(poll, 0, "20")))
		if hub.queries = nil; r.now.Sub(r.list.Read) >= hour {
			read = append(read, r.now)
		}
		r.poll()
		r.now = r.now.Add(15 * time.Minute)
	}
	kept, err := r.db.Usage.KeptPolls(t.Context(), project, rules.Routed)
	require.NoError(t, err)
	require.Equal(t, read, kept)
	kept, err = r.db.Usage.KeptPolls(t.Context(), project, rules.Events)
	require.NoError(t, err)
	require.Len(t, kept, 6)
}

// A project without routes is asked for no logs, and one whose routes cannot be read fails to be polled.
func TestRoutesThatAreNot(t *testing.T) {
	hub := newScript("a")
	hub.answers["routes"] = `[]`
	r := newRig(t, hub, rules.Routed)
	r.poll()
	require.Equal(t, []string{"devices", "fleets", "routes"}, hub.kinds())

	r.now = r.now.Add(hour)
	hub.answers["routes"] = `{}`
	_, err := r.tryPoll()
	require.ErrorContains(t, err, "reading the routes: ")
}
