package notehubtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

// hardy is a device that is on air around the clock, of the fleet of hourly sensors.
const hardy = "dev:864475044204365"

// simulateDevice returns a simulation of one device alone, which was provisioned 60 days before monday.
func simulateDevice(t *testing.T, archetype notehubtest.Archetype, change func(*notehubtest.Project)) *simulation {
	t.Helper()
	return simulateConfig(t, func(c *notehubtest.Config) {
		p := &c.Projects[0]
		p.Devices = []notehubtest.Device{{
			UID: hardy, Archetype: archetype, Provisioned: monday.AddDate(0, 0, -60),
			Fleets: []string{notehubtest.FleetUID(string(archetype))},
		}}
		change(p)
	})
}

func (s *simulation) fleets(t *testing.T) (list []notehub.Fleet) {
	t.Helper()
	require.NoError(t, s.client.Fleets(t.Context(), app, keep(&list)))
	return list
}

func TestFirmwareIsUpdated(t *testing.T) {
	start := monday.Add(2 * time.Hour)
	s := simulateDevice(t, notehubtest.HourlySensor, func(p *notehubtest.Project) {
		p.Incidents = []notehubtest.Incident{
			{Kind: notehubtest.FirmwareUpdate, Devices: []string{hardy}, Start: start, Duration: time.Hour, Version: "notecard-9.1.1"},
			{Kind: notehubtest.FirmwareUpdate, Devices: []string{hardy}, Start: start.Add(9 * time.Hour), Host: true, Version: "1.1.0"},
		}
	})
	for _, test := range []struct {
		name           string
		after          time.Duration
		notecard, host string // what their updates do
		version        string
		updates        int64
		bytes          int64 // more than without updates
	}{
		{"before", 0, "", "", "notecard-8.1.3.17074", 0, 0},
		{"downloading", 30 * time.Minute, "downloading", "", "notecard-8.1.3.17074", 0, 150_000},
		{"updating", 57 * time.Minute, "updating", "", "notecard-8.1.3.17074", 0, 285_000},
		{"over", 2 * time.Hour, "completed", "", "notecard-9.1.1", 1, 300_000},
		{"a second one, for good", 21 * time.Hour, "completed", "downloading", "notecard-9.1.1", 1, 300_000},
	} {
		s.clock.set(start.Add(test.after))
		d := s.devices(t)[0]
		require.Equal(t, notehub.Update{Mode: test.notecard}, d.UpdateNotecard, test.name)
		require.Equal(t, notehub.Update{Mode: test.host}, d.UpdateHost, test.name)
		require.Equal(t, test.version, d.FirmwareNotecard, test.name)
		require.Equal(t, "1.0.0", d.FirmwareHost, test.name)

		undisturbed := simulateDevice(t, notehubtest.HourlySensor, func(*notehubtest.Project) {})
		undisturbed.clock.set(s.clock.Now())
		today := days(monday, 1)
		of := func(s *simulation) int64 {
			return total(s.data(t, today), func(r notehub.DataRow) notehub.Count { return r.Total })
		}
		require.InDelta(t, test.bytes, of(s)-of(undisturbed), 1, test.name)
		events, before := s.events(t, notehub.EventsQuery{UsageQuery: today})[0], undisturbed.events(t, notehub.EventsQuery{UsageQuery: today})[0]
		require.Equal(t, known(test.updates), events.FwUpdates, test.name)
		require.Equal(t, before.Reboots.N+test.updates, events.Reboots.N, test.name)
	}
}

func TestConnectivityAssuranceExtendsPlans(t *testing.T) {
	fleet := notehubtest.FleetUID(string(notehubtest.Machine))
	limits := func(settings map[string]notehubtest.FleetSettings) (used, limit int64) {
		s := simulateDevice(t, notehubtest.Machine, func(p *notehubtest.Project) { p.FleetSettings = settings })
		s.clock.set(monday.AddDate(3, 0, 0))
		sim := s.devices(t)[0].SIMs[0]
		return sim.Used.N, sim.Limit.N
	}
	used, limit := limits(nil)
	require.Equal(t, int64(500e6), limit)
	require.Greater(t, used, limit, "the plan is used up")

	same, limit := limits(map[string]notehubtest.FleetSettings{fleet: {ConnectivityAssurance: new(false)}})
	require.Equal(t, used, same)
	require.Equal(t, int64(500e6), limit)

	same, limit = limits(map[string]notehubtest.FleetSettings{fleet: {ConnectivityAssurance: new(true)}})
	require.Equal(t, used, same)
	require.Zero(t, limit%500e6)
	require.Greater(t, limit-used, int64(100e6))
	require.LessOrEqual(t, limit-used, int64(600e6))
}

func TestFleetsHaveSettings(t *testing.T) {
	pilot, sensors := notehubtest.FleetUID("pilot"), notehubtest.FleetUID(string(notehubtest.HourlySensor))
	tanks := notehubtest.FleetUID(string(notehubtest.DailyTank))
	s := simulateConfig(t, func(c *notehubtest.Config) {
		c.Projects[0].FleetSettings = map[string]notehubtest.FleetSettings{
			pilot: {ConnectivityAssurance: new(true)}, sensors: {WatchdogMinutes: 90}, tanks: {ConnectivityAssurance: new(false)},
		}
	})
	want := map[string]notehub.Fleet{
		pilot:   {ConnectivityAssurance: notehub.Truth{True: true, Known: true}, WatchdogMinutes: known(0)},
		sensors: {WatchdogMinutes: known(90)},
		tanks:   {ConnectivityAssurance: notehub.Truth{Known: true}, WatchdogMinutes: known(0)},
	}
	list := s.fleets(t)
	require.Len(t, list, 8)
	for _, fleet := range list {
		settings, ok := want[fleet.UID]
		if !ok {
			settings = notehub.Fleet{WatchdogMinutes: known(0)}
		}
		settings.UID, settings.Label = fleet.UID, fleet.Label
		require.Equal(t, settings, fleet)
	}
}

func TestSilentDevicesMakeWatchdogEvents(t *testing.T) {
	s := simulateDevice(t, notehubtest.HourlySensor, func(p *notehubtest.Project) {
		p.FleetSettings = map[string]notehubtest.FleetSettings{p.Devices[0].Fleets[0]: {WatchdogMinutes: 120}}
		p.Incidents = []notehubtest.Incident{{
			Kind: notehubtest.Silence, Devices: []string{hardy}, Start: monday.Add(7 * time.Hour), Duration: 20 * time.Hour,
		}}
	})
	rows := func() []notehub.EventsRow {
		return s.events(t, notehub.EventsQuery{UsageQuery: days(monday.AddDate(0, 0, -1), 4), IncludeNotefiles: true})
	}
	s.clock.set(monday.Add(9*time.Hour + time.Minute))
	require.Equal(t, known(1), rows()[1].Watchdog)

	s.clock.set(monday.AddDate(0, 0, 3))
	want := []int64{0, 8, 2, 0} // at 9, 11 … 23 o'clock, then at 1 and 3
	for i, row := range rows() {
		require.Equal(t, known(want[i]), row.Watchdog, row.Period)
		require.Equal(t, want[i], row.Notefiles["_watchdog.qo"].N)
		require.Equal(t, row.Notefiles["sensors.qo"].N+want[i], row.Billable.N, "they are billed")
		require.Equal(t, row.Total.N, row.Billable.N+row.Platform.N)
	}
	s.clock.set(monday.AddDate(0, 0, 1))
	require.Equal(t, monday.Add(6*time.Hour), s.devices(t)[0].LastActivity.Truncate(time.Hour), "they are no activity")
}

func TestCellularDevicesFallBackToSatellite(t *testing.T) {
	fallback := notehubtest.Incident{
		Kind: notehubtest.SatelliteFallback, Devices: []string{hardy}, Start: monday.Add(6 * time.Hour), Duration: 12 * time.Hour,
	}
	silence := notehubtest.Incident{
		Kind: notehubtest.Silence, Devices: []string{hardy}, Start: monday.Add(8 * time.Hour), Duration: 2 * time.Hour,
	}
	s := simulateDevice(t, notehubtest.HourlySensor, func(p *notehubtest.Project) {
		p.Incidents = []notehubtest.Incident{fallback, silence}
	})
	s.clock.set(monday.AddDate(0, 0, 5))
	sessions := s.sessions(t, notehub.SessionsQuery{UsageQuery: days(monday.AddDate(0, 0, -1), 3)})
	require.Len(t, sessions, 3)
	require.Zero(t, sessions[0].Transports["ntn"].N)
	require.Equal(t, int64(10), sessions[1].Transports["ntn"].N, "twelve hours but for the two that were silent")
	require.Equal(t, sessions[1].Sessions.N, sessions[1].Transports["ntn"].N+sessions[1].Transports["cell"].N)
	require.Less(t, sessions[1].Bytes.N, sessions[0].Bytes.N*2/3)
	require.Zero(t, sessions[2].Transports["ntn"].N)

	var satellite, cellular []notehub.DataRow
	for _, row := range s.data(t, days(monday, 1)) {
		if row.Type == "satellite" {
			satellite = append(satellite, row)
		} else {
			cellular = append(cellular, row)
		}
	}
	require.Len(t, satellite, 1)
	require.Equal(t, satellite[0].Billable.N, 50*(satellite[0].UplinkPackets.N+satellite[0].DownlinkPackets.N))
	require.Equal(t, int64(10), satellite[0].DownlinkPackets.N)
	require.Regexp(t, `^skylo:\d{13}$`, satellite[0].PSID)
	require.NotEmpty(t, cellular)
	require.Equal(t, satellite[0].Billable.N, s.Truth(app, hardy, monday).SatelliteBilled)
}
