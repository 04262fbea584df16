package evaluate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// routes lists routes, and returns the first.
func (b *bench) routes(names ...string) usage.Route {
	b.t.Helper()
	var routes []usage.Route
	for _, name := range names {
		routes = append(routes, usage.Route{UID: "route:" + name, Name: name, Type: "http"})
	}
	list := storetest.SaveRoutes(b.t, b.store, project, routes, b.now)
	if len(names) == 0 {
		return usage.Route{}
	}
	return *list.Find("route:" + names[0])
}

// An alert about a route goes by its own figures, is not muted by rules for devices, and ends as withdrawn with the route.
func TestRouteAlerts(t *testing.T) {
	crm := each(rules.EachRoute, "failing", `route_failures.today > 5 && route.type == "http"`)
	crm.Unless = "broken"
	b := newBench(t, crm, each(rules.EachProject, "broken", "events.today > 1000"), each(rules.EachDevice, "busy", "events.today > 50"))
	b.events(today, 60, 1)
	route := b.routes("crm", "idle")
	storetest.SaveRouteLogs(t, b.store, project, route, today, b.now, storetest.Figures{rules.RouteFailures: 5})
	pass := b.evaluate()
	require.Nil(t, alertOf(t, pass.Commit.Alerts, "failing"))
	require.NotNil(t, alertOf(t, pass.Commit.Alerts, "busy"))

	b.now = b.now.Add(time.Hour)
	storetest.SaveRouteLogs(t, b.store, project, route, today, b.now, storetest.Figures{rules.RouteFailures: 6})
	a := alertOf(t, b.evaluate().Commit.Alerts, "failing")
	require.Equal(t, "route:crm", a.Subject)
	require.Equal(t, "crm: route_failures 6 today", a.Texts.Summary)
	require.Equal(t, rules.Firing, a.State)
	require.Nil(t, a.Texts.Contributors, "devices do not make up what a route does")

	b.now = b.now.Add(time.Hour)
	storetest.SaveRouteLogs(t, b.store, project, route, today, b.now, storetest.Figures{rules.RouteFailures: 2})
	pass = b.evaluate()
	a = alertOf(t, append(pass.Commit.Alerts, pass.Commit.States...), "failing")
	require.Equal(t, rules.Corrected, a.Reason)
	require.Equal(t, "corrected: route_failures.today 6 is 2", a.Why)

	b.now = b.now.Add(time.Hour)
	storetest.SaveRouteLogs(t, b.store, project, route, today, b.now, storetest.Figures{rules.RouteFailures: 20})
	require.Equal(t, rules.Firing, alertOf(t, b.evaluate().Commit.Alerts, "failing").State)
	b.now = b.now.Add(time.Hour)
	b.routes("idle")
	pass = b.evaluate()
	a = alertOf(t, append(pass.Commit.Alerts, pass.Commit.States...), "failing")
	require.Equal(t, rules.Withdrawn, a.State)
	require.Equal(t, "no longer listed in Notehub", a.Why)
}

// Late figures of a closed day are announced.
func TestRouteRevised(t *testing.T) {
	b := newBench(t, each(rules.EachRoute, "failing", "route_failures.today > 5"))
	route := b.routes("crm")
	b.now = b.now.AddDate(0, 0, -1)
	storetest.SaveRouteLogs(t, b.store, project, route, today-1, b.now, storetest.Figures{rules.RouteFailures: 1})
	require.Nil(t, alertOf(t, b.evaluate().Commit.Alerts, "failing"))
	b.now = b.now.AddDate(0, 0, 1)
	storetest.SaveRouteLogs(t, b.store, project, route, today-1, b.now, storetest.Figures{rules.RouteFailures: 9})
	storetest.SaveRouteLogs(t, b.store, project, route, today, b.now, storetest.Figures{rules.RouteFailures: 0})
	a := alertOf(t, b.evaluate().Commit.Alerts, "failing")
	require.NotNil(t, a)
	require.Equal(t, rules.Revised, a.Reason)
	require.Equal(t, "route:crm", a.Subject)
}

// Without data of a route its rules neither fire nor resolve.
func TestRouteWithoutData(t *testing.T) {
	b := newBench(t, each(rules.EachRoute, "failing", "route_failures.today > 5"), each(rules.EachRoute, "idle", "routed.today < 1"))
	b.routes("crm")
	pass := b.evaluate()
	require.Empty(t, pass.Commit.Alerts)
	require.Equal(t, 1, pass.Counts["failing"].Subjects)
}
