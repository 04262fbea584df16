package demo

import (
	"time"

	"notewatch/internal/config"
	"notewatch/notehub/notehubtest"
)

// start is when the two weeks begin. It is late in a month, so that a period ends during the demo, and in the afternoon, so that the last day
// has some usage.
var start = time.Date(2026, 6, 17, 15, 0, 0, 0, time.UTC)

// devicesPerProject is the number of devices of each project of the demo.
const devicesPerProject = 40

// scenario returns the simulated projects: those of the rules file, each with a fleet that has incidents.
func scenario(projects []config.Project) []notehubtest.Project {
	mix := []notehubtest.Share{
		{Archetype: notehubtest.HourlySensor, Weight: 10},
		{Archetype: notehubtest.DailyTank, Weight: 4},
		{Archetype: notehubtest.AssetTracker, Weight: 3},
		{Archetype: notehubtest.LinePowered, Weight: 1},
		{Archetype: notehubtest.ColdStore, Weight: 1},
		{Archetype: notehubtest.Satellite, Weight: 1},
	}
	var simulated []notehubtest.Project
	for i, p := range projects {
		fleet := notehubtest.Fleet(uint64(i+1), devicesPerProject, start.Truncate(24*time.Hour).AddDate(-1, 0, 1), mix)
		simulated = append(simulated, notehubtest.Project{
			UID: p.UID, Name: p.Name, Devices: fleet, Incidents: incidents(fleet),
		})
	}
	return simulated
}

// incidents returns the incidents of a fleet. Each makes a rule of the example file fire.
func incidents(fleet []notehubtest.Device) []notehubtest.Incident {
	sensors := devicesOf(fleet, notehubtest.HourlySensor)
	trackers := devicesOf(fleet, notehubtest.AssetTracker)
	tanks := devicesOf(fleet, notehubtest.DailyTank)
	on := func(day, hour int) time.Time {
		return start.Truncate(24*time.Hour).AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
	}
	return []notehubtest.Incident{
		// A host loops and sends an event every two seconds, until someone fixes it.
		{Kind: notehubtest.EventFlood, Devices: sensors[2:3], Start: on(1, 9), Duration: 6 * time.Hour},
		// A tank loses power for two days.
		{Kind: notehubtest.Silence, Devices: tanks[1:2], Start: on(3, 3), Duration: 54 * time.Hour},
		// A device reconnects every two minutes.
		{Kind: notehubtest.SessionStorm, Devices: trackers[:1], Start: on(4, 7), Duration: 11 * time.Hour},
		// New firmware sends pictures: a little more than the plan each day, reported as late as carriers do.
		{Kind: notehubtest.ExtraBytes, Devices: sensors[5:6], Start: on(4, 12), Duration: 6 * 24 * time.Hour, Bytes: 7e6, Delay: 8 * time.Hour},
		// The power of a depot fails for a day and a half: many alerts, one message.
		{Kind: notehubtest.Silence, Devices: sensors[8:15], Start: on(9, 6), Duration: 36 * time.Hour},
		// One upload at once.
		{Kind: notehubtest.ExtraBytes, Devices: trackers[2:3], Start: on(7, 10), Duration: time.Hour, Bytes: 9e6, Delay: 20 * time.Hour},
		// Still open at the end: a tank has no power again, and a host loops.
		{Kind: notehubtest.Silence, Devices: tanks[1:2], Start: on(12, 20), Duration: 7 * 24 * time.Hour},
		{Kind: notehubtest.EventFlood, Devices: sensors[7:8], Start: on(14, 9), Duration: 24 * time.Hour},
	}
}

// devicesOf returns the UIDs of the devices of an archetype.
func devicesOf(fleet []notehubtest.Device, archetype notehubtest.Archetype) []string {
	var uids []string
	for _, d := range fleet {
		if d.Archetype == archetype {
			uids = append(uids, d.UID)
		}
	}
	return uids
}
