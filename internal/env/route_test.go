package env_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// What a route handed on is seen the same, whichever way it is read.
func TestRoutes(t *testing.T) {
	const project, crm = "app:1", "route:crm"
	db, err := store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	now := time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)
	today := rules.DayOf(now)
	storetest.SaveDevices(t, db, project, []usage.Device{{UID: "dev:a", Provisioned: now, LastActivity: now}}, now)
	list := storetest.SaveRoutes(t, db, project, []usage.Route{{UID: "route:idle", Name: "idle"}, {UID: crm, Name: "CRM", Type: "http", Disabled: true}}, now)
	route := *list.Find(crm)
	log := func(back rules.Day, at time.Time, routed, failed, latency float64) {
		storetest.SaveRouteLogs(t, db, project, route, today-back, at, storetest.Figures{
			rules.Routed: routed, rules.RouteFailures: failed, rules.RouteLatency: latency,
		})
	}
	nan := math.NaN()
	for back := rules.Day(9); back > 0; back-- { // born nine days ago; idle every other day
		latency := 80 + 20*float64(back%3)
		if back%2 == 1 {
			latency = nan
		}
		log(back, now.Add(-2*time.Hour), 30, 3, latency)
	}
	log(0, now.Add(-time.Hour), 40, 10, 90)
	log(0, now, 64, 31, 210)

	wants := rules.Wants{
		rules.Routed:        rules.MembersOf("today", "yesterday", "used", "d7", "d30", "h1", "median"),
		rules.RouteFailures: rules.MembersOf("today", "h1"),
		rules.RouteLatency:  rules.MembersOf("today", "yesterday", "median"),
	}
	state := store.Project{UID: project, PolledAt: now.Add(15 * time.Minute)}
	routes, err := db.Usage.Routes(t.Context(), project)
	require.NoError(t, err)
	devices, err := db.Usage.DeviceList(t.Context(), project)
	require.NoError(t, err)
	data := env.Source{Usage: db.Usage}.Data(env.Project{UID: project, Now: state.PolledAt, State: state, Routes: routes}, devices)
	require.True(t, data.Listed(crm))
	require.False(t, data.Listed("route:gone"))
	require.Equal(t, "CRM", data.NameOf(crm))
	blocks := data.Blocks(rules.EachRoute)
	require.Len(t, blocks, 1)
	block, err := data.Read(t.Context(), data.Reader(wants), blocks[0])
	require.NoError(t, err)
	require.Equal(t, 2, block.Size())
	require.Equal(t, crm, block.Subject(1))
	require.Nil(t, block.Device(1))

	var seen rules.Env
	block.See(&seen, 1)
	looked, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: crm, Now: state.PolledAt, Wants: wants})
	require.NoError(t, err)
	require.Equal(t, "CRM", looked.SubjectName())
	for _, e := range []*rules.Env{&seen, looked.Env} {
		require.Equal(t, rules.Route{Known: true, UID: crm, Name: "CRM", Type: "http", Disabled: true}, e.Route)
		requireNumber(t, 64, e.Routed.Today)
		requireNumber(t, 30, e.Routed.Yesterday)
		requireNumber(t, 9*30+64, e.Routed.Used)
		requireNumber(t, 9*30, e.Routed.D30)
		requireNumber(t, 30, e.Routed.Median)
		requireNumber(t, 24, e.Routed.H1)
		requireNumber(t, 21, e.RouteFailures.H1)
		requireNumber(t, 210, e.RouteLatency.Today)
		requireNumber(t, nan, e.RouteLatency.Yesterday)
		requireNumber(t, 110, e.RouteLatency.Median) // of 80, 100, 120 and 120 of whole days: days without an average do not count
		require.False(t, e.Device.Known)
	}
	requireNumber(t, 1, seen.Project.DeviceCount)
	requireNumber(t, nan, looked.Env.Project.DeviceCount)

	past, err := block.EnvAt(t.Context(), 1, today-1)
	require.NoError(t, err)
	requireNumber(t, 30, past.Routed.Today)
	require.True(t, past.Route.Disabled)
	past, err = block.EnvAt(t.Context(), 1, today-10)
	require.NoError(t, err)
	requireNumber(t, nan, past.Routed.Today)

	block.See(&seen, 0)
	require.Equal(t, "idle", seen.Route.Name)
	missing, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: "route:gone", Now: now, Wants: wants})
	require.NoError(t, err)
	require.False(t, missing.Listed())
}
