package incident

import (
	"math/rand/v2"
	"time"

	"notewatch/notehub/notehubtest"
)

// A Healthy is a fleet without incidents, in June 2026 and the months before: data is late as always, machines rest at weekends and on a
// holiday, new devices come, no data plan is near its end, and the firmware of all devices is updated within three days.
type Healthy struct {
	Kind    notehubtest.Archetype // of all its devices; "" is a usual mix
	Devices int
	Seed    uint64 // each seed gives another fleet
}

// Kinds returns the kinds of fleets, the mixed one first.
func Kinds() []notehubtest.Archetype {
	return []notehubtest.Archetype{
		"", notehubtest.HourlySensor, notehubtest.DailyTank, notehubtest.ColdStore, notehubtest.AssetTracker, notehubtest.LinePowered,
		notehubtest.Machine, notehubtest.Satellite,
	}
}

// The days of June with events on healthy fleets.
const (
	holiday     = 4  // a Thursday
	firmwareDay = 16 // a Tuesday, and the two days after it
)

// Hub returns a simulated Notehub of the fleet.
func (h Healthy) Hub(uid, name string) notehubtest.Config {
	var shares []notehubtest.Share
	if h.Kind != "" {
		shares = []notehubtest.Share{{Archetype: h.Kind, Weight: 1}}
	}
	source := rand.New(rand.NewPCG(h.Seed, 2)) //nolint:gosec // a simulation must be repeatable
	p := notehubtest.Project{UID: uid, Name: name, Devices: notehubtest.Fleet(h.Seed, h.Devices, provisioned, shares)}
	for i := range p.Devices {
		d := &p.Devices[i]
		if i%50 == 49 { // about 2 % a month
			d.Provisioned = on(1, 8).Add(time.Duration(source.Int64N(int64(28 * day))))
		}
		d.Plan = &notehubtest.DataPlan{Used: source.Int64N(100e6), At: on(1, 0)}
		p.Incidents = append(p.Incidents, rest(d), update(d, source))
	}
	return notehubtest.Config{Seed: h.Seed, Projects: []notehubtest.Project{p}, Organizations: []notehubtest.Organization{{
		UID: organizationUID, Name: organizationName, Capacity: 1e9, Projects: []string{uid},
	}}}
}

// rest returns the holiday of a device: machines do as on Sundays, trackers move less, and other devices work as always.
func rest(d *notehubtest.Device) notehubtest.Incident {
	habits := notehubtest.Usual()
	switch d.Archetype {
	case notehubtest.Machine:
		habits.Sessions, habits.Events = 0.05, 0.05
	case notehubtest.AssetTracker:
		habits.Sessions, habits.Events = 0.25, 0.25
	}
	return notehubtest.Incident{
		Kind: notehubtest.OtherHabits, Devices: []string{d.UID}, Start: on(holiday, 0), Duration: day, Habits: habits,
	}
}

// update returns the firmware update of a device: on the first day for one in ten, on the second for half, on the third for the rest.
func update(d *notehubtest.Device, source *rand.Rand) notehubtest.Incident {
	date := firmwareDay
	switch lot := source.IntN(10); {
	case lot >= 5:
		date += 2
	case lot >= 1:
		date++
	}
	return notehubtest.Incident{
		Kind: notehubtest.FirmwareUpdate, Devices: []string{d.UID}, Version: "notecard-8.1.4.17149",
		Start: on(date, 8).Add(time.Duration(source.Int64N(int64(6 * time.Hour)))), Duration: 2 * time.Hour, Bytes: 150_000 + source.Int64N(450_000),
	}
}
