package notehubtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

// befallen returns a device with and without what befalls it.
func befallen(t *testing.T, incidents ...notehubtest.Incident) (with, without *simulation) {
	t.Helper()
	for i := range incidents {
		incidents[i].Devices = []string{hardy}
	}
	with = simulateDevice(t, notehubtest.HourlySensor, func(p *notehubtest.Project) { p.Incidents = incidents })
	return with, simulateDevice(t, notehubtest.HourlySensor, func(*notehubtest.Project) {})
}

func TestOtherHabits(t *testing.T) {
	other := notehubtest.Habits{Sessions: 2, Events: 0, SessionBytes: 3, TLS: 0.5}
	with, without := befallen(t, notehubtest.Incident{
		Kind: notehubtest.OtherHabits, Start: monday.AddDate(0, 0, -3), Duration: 48 * time.Hour, Habits: other,
	})
	for name, test := range map[string]struct {
		date    int // days after monday
		changed bool
	}{
		"before": {-4, false}, "first day": {-3, true}, "second day": {-2, true}, "after": {-1, false},
	} {
		date := monday.AddDate(0, 0, test.date)
		got, usual := with.Truth(app, hardy, date), without.Truth(app, hardy, date)
		if !test.changed {
			require.Equal(t, usual, got, name)
			continue
		}
		require.InDelta(t, 2*usual.Cell, got.Cell, 1, name)
		require.Zero(t, got.Events, name)
		require.Equal(t, got.Cell/2, got.TLS, name)
		require.InEpsilon(t, 6*usual.SessionBytes, got.SessionBytes, 0.05, name)
	}
}

func TestExtraUsage(t *testing.T) {
	daily := notehubtest.Figures{Reboots: 240, LogEvents: 48, NTN: 24, SatellitePackets: 24, SatelliteBytes: 1008, SatelliteBilled: 1200}
	start := monday.Add(6 * time.Hour)
	with, without := befallen(t, notehubtest.Incident{
		Kind: notehubtest.ExtraUsage, Start: start, Duration: 12 * time.Hour, Daily: daily, Volts: 2.9,
	})
	for name, test := range map[string]struct {
		after   time.Duration
		reboots int64
		volts   bool
	}{
		"before": {0, 0, true}, "after an hour": {time.Hour, 10, true}, "at its end": {12 * time.Hour, 120, false}, "later": {14 * time.Hour, 120, false},
	} {
		now := start.Add(test.after)
		got, usual := with.AsOf(app, hardy, monday, now), without.AsOf(app, hardy, monday, now)
		require.Equal(t, test.reboots, got.Reboots-usual.Reboots, name)
		require.Equal(t, test.reboots/5, got.LogEvents, name)
		require.Equal(t, test.reboots/10, got.NTN, name)
		require.Equal(t, usual.Events, got.Events, name)
		with.clock.set(now)
		device := with.devices(t)[0]
		require.Equal(t, test.volts, device.Voltage == 2.9, name)
	}

	with.clock.set(start.Add(2*time.Hour + time.Minute))
	row := with.events(t, notehub.EventsQuery{UsageQuery: days(monday, 1), IncludeNotefiles: true})[0]
	require.Equal(t, known(4), row.Notefiles["_log.qo"])
	require.Equal(t, row.Notefiles["sensors.qo"], row.Billable, "log notes are not billed")
	require.Equal(t, start.Add(2*time.Hour), with.devices(t)[0].LastActivity, "of a satellite session each hour, the newest")
}

func TestDataPlans(t *testing.T) {
	at, bought := monday.AddDate(0, 0, -2), monday.AddDate(0, 0, -1)
	s := simulateDevice(t, notehubtest.HourlySensor, func(p *notehubtest.Project) {
		p.Devices[0].Plan = &notehubtest.DataPlan{Used: 400e6, At: at, Added: 500e6, AddedAt: bought}
		p.Incidents = []notehubtest.Incident{{
			Kind: notehubtest.ExtraBytes, Devices: []string{hardy}, Start: at.AddDate(0, 0, -1), Duration: 72 * time.Hour, Bytes: 9e6,
		}}
	})
	for name, test := range map[string]struct {
		now         time.Time
		used, limit int64
	}{
		"before": {at.Add(-time.Hour), 400e6, 500e6}, "a day later": {bought, 403e6, 500e6}, "bought": {bought.Add(8 * time.Hour), 404e6, 1000e6},
	} {
		s.clock.set(test.now)
		sim := s.devices(t)[0].SIMs[0]
		require.InDelta(t, test.used, sim.Used.N, 1e6, name)
		require.Equal(t, test.limit, sim.Limit.N, name)
	}
}

func TestOrganizationsBuyCapacity(t *testing.T) {
	at := monday.AddDate(0, 0, -2)
	s := simulateOrganization(t, func(_ *notehubtest.Config, o *notehubtest.Organization) {
		o.Capacity, o.Purchases = 1e6, []notehubtest.Purchase{{At: at, Events: 500}}
	})
	before, used := s.Balance("org:1", at.Add(-time.Second))
	after, usedAfter := s.Balance("org:1", at)
	require.Equal(t, before-(usedAfter-used)+500, after)
}

func TestFaultsOfATime(t *testing.T) {
	from := monday.Add(13 * time.Hour)
	s := simulateConfig(t, func(c *notehubtest.Config) {
		c.Faults = []notehubtest.Fault{{Kind: notehubtest.ServerError, From: from, To: from.Add(time.Hour)}}
	})
	for after, fails := range map[time.Duration]bool{-time.Second: false, 0: true, time.Hour - 1: true, time.Hour: false} {
		s.clock.set(from.Add(after))
		err := s.client.Fleets(t.Context(), app, func(notehub.Fleet) error { return nil })
		require.Equal(t, fails, err != nil, "%s: %v", after, err)
	}
}
