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

// What a fleet used is the sum over its listed devices, whichever way it is read.
func TestFleets(t *testing.T) {
	const project, north, south = "app:1", "fleet:north", "fleet:south"
	db, err := store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	now := time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)
	today, old := rules.DayOf(now), now.AddDate(-1, 0, 0)
	storetest.SaveDevices(t, db, project, []usage.Device{
		{UID: "dev:a", Provisioned: old, Fleets: []string{north, north}, LastActivity: now},
		{UID: "dev:b", Provisioned: old, Fleets: []string{south, north}, LastActivity: now.Add(-25 * time.Hour)},
		{UID: "dev:c", Provisioned: now.AddDate(0, 0, -1), Fleets: []string{south}, Disabled: true},
		{UID: "dev:d", Provisioned: old},
	}, now)
	require.NoError(t, db.Usage.SaveFleets(t.Context(), project, []usage.Fleet{{UID: north, Name: "North", Assured: rules.True, WatchdogMinutes: 90}, {UID: "fleet:empty", Name: "Empty"}}))
	use := func(device string, back rules.Day, events, reboots float64) storetest.Usage {
		return storetest.Usage{Device: device, Day: today - back, Figures: storetest.Figures{rules.Events: events, rules.Reboots: reboots}}
	}
	nan := math.NaN()
	var rows []storetest.Usage
	for back := range rules.Day(20) {
		rows = append(rows, use("dev:a", back, 10, 1), use("dev:b", back, 5, 2), use("dev:d", back, 1000, 0))
		if back <= 1 {
			rows = append(rows, use("dev:c", back, 7, 0))
		}
	}
	rows = append(rows, use("dev:a", 2, nan, 0), use("dev:c", 3, 100, 0)) // an unknown day, and one before a device existed
	storetest.SaveUsage(t, db, project, rows, rules.Events, rules.Reboots)

	wants := rules.Wants{rules.Events: rules.MembersOf("today", "yesterday", "d7", "used", "median"), rules.Reboots: rules.MembersOf("today")}
	list, err := db.Usage.DeviceList(t.Context(), project)
	require.NoError(t, err)
	names, err := env.FleetNames(t.Context(), db.Usage, project)
	require.NoError(t, err)
	data := env.Source{Usage: db.Usage}.Data(env.Project{UID: project, Now: now, Fleets: names}, list)
	blocks := data.Blocks(rules.EachFleet)
	require.Len(t, blocks, 1)
	block, err := data.Read(t.Context(), data.Reader(wants), blocks[0])
	require.NoError(t, err)
	require.Equal(t, 2, block.Size())

	require.True(t, data.Listed(north))
	require.False(t, data.Listed("fleet:empty"), "no device is in it")
	require.Equal(t, "North", data.NameOf(north))
	require.Equal(t, south, data.NameOf(south))
	require.Equal(t, []string{south, north}, data.FleetsOf("dev:b"))

	for i, want := range []struct {
		uid, name                                      string
		today, yesterday, week, used, median, rebooted float64
		atYesterday                                    float64
		members                                        int
		devices, active, silent, silentPct, watchdog   float64
		assured                                        bool
	}{
		{north, "North", 15, 15, nan, nan, 15, 3, 15, 2, 2, 1, 1, 50, 90, true},
		{south, south, 12, 12, 5*7 + 7 + 100, 5*17 + 14 + 100, 5, 2, 12, 2, 1, 0, 1, 100, nan, false},
	} {
		require.Equal(t, want.uid, block.Subject(i))
		require.Equal(t, want.members, block.FleetSize(i))
		var seen rules.Env
		block.See(&seen, i)
		looked, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: want.uid, Now: now, Wants: wants})
		require.NoError(t, err)
		require.Equal(t, want.name, looked.SubjectName())
		for _, e := range []*rules.Env{&seen, looked.Env} {
			requireNumber(t, nan, e.Fleet.OverduePct)
			e.Fleet.Overdue, e.Fleet.OverduePct, e.Fleet.Late, e.Fleet.LatePct = 0, 0, 0, 0 // nothing reads them, so they are not counted
			requireNumber(t, want.watchdog, e.Fleet.WatchdogMins)
			known := e.Fleet
			known.WatchdogMins = 0
			require.Equal(t, rules.Fleet{
				Known: true, UID: want.uid, Name: want.name,
				DeviceCounts: rules.DeviceCounts{DeviceCount: want.devices, Active: want.active, Silent: want.silent, SilentPct: want.silentPct},
				AutoTopup:    want.assured, AutoTopupKnown: want.assured,
			}, known)
			require.False(t, e.Device.Known)
			requireNumber(t, want.today, e.Events.Today)
			requireNumber(t, want.yesterday, e.Events.Yesterday)
			requireNumber(t, want.week, e.Events.D7)
			requireNumber(t, want.used, e.Events.Used)
			requireNumber(t, want.median, e.Events.Median)
			requireNumber(t, want.rebooted, e.Reboots.Today)
		}
		past, err := block.EnvAt(t.Context(), i, today-1)
		require.NoError(t, err)
		require.Equal(t, want.name, past.Fleet.Name)
		requireNumber(t, want.atYesterday, past.Events.Today)
		requireNumber(t, nan, past.Fleet.Active)
		requireNumber(t, want.watchdog, past.Fleet.WatchdogMins)
		block.Present(past, i)
		requireNumber(t, want.active, past.Fleet.Active)
	}
	missing, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: "fleet:empty", Now: now, Wants: wants})
	require.NoError(t, err)
	require.False(t, missing.Listed())
	requireNumber(t, nan, missing.Env.Events.Today)
}

func requireNumber(t *testing.T, want, got float64) {
	t.Helper()
	require.True(t, want == got || math.IsNaN(want) && math.IsNaN(got), "want %v, got %v", want, got)
}
