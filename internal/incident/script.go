package incident

import (
	"fmt"
	"time"

	"notewatch/notehub/notehubtest"
)

// on returns an hour of a day of June 2026. June 9 is a Tuesday.
func on(date, hour int) time.Time {
	return time.Date(2026, 6, date, hour, 0, 0, 0, time.UTC)
}

// month is the instant at which June ends.
var month = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// depot is a fleet of 20 devices: sensors, tanks, cold stores, trackers and a line-powered device.
func depot() []notehubtest.Device {
	return notehubtest.Fleet(1, 20, provisioned, []notehubtest.Share{
		{Archetype: notehubtest.HourlySensor, Weight: 10}, {Archetype: notehubtest.DailyTank, Weight: 4},
		{Archetype: notehubtest.ColdStore, Weight: 2}, {Archetype: notehubtest.AssetTracker, Weight: 3},
		{Archetype: notehubtest.LinePowered, Weight: 1},
	})
}

// provisioned is when the devices of all fleets were provisioned, except new ones.
var provisioned = time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC)

// only returns a fleet of n devices of one archetype.
func only(archetype notehubtest.Archetype, n int) func() []notehubtest.Device {
	return func() []notehubtest.Device {
		return notehubtest.Fleet(1, n, provisioned, []notehubtest.Share{{Archetype: archetype, Weight: 1}})
	}
}

// names returns the names of the first n devices of an archetype.
func names(archetype string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s-%d", archetype, i+1))
	}
	return all
}

// one applies an incident of the simulator to the subject alone.
func one(of notehubtest.Incident) func(Incident, *world) {
	return func(i Incident, w *world) { w.befalls(i, of, i.Subject) }
}

// habits applies an incident that changes the usual habits of the subject.
func habits(change func(*notehubtest.Habits)) func(Incident, *world) {
	h := notehubtest.Usual()
	change(&h)
	return one(notehubtest.Incident{Kind: notehubtest.OtherHabits, Habits: h})
}

// daily applies an incident in which the subject uses more each day.
func daily(more notehubtest.Figures) func(Incident, *world) {
	return one(notehubtest.Incident{Kind: notehubtest.ExtraUsage, Daily: more})
}

// plan gives the SIM of the subject a plan with so much used at the start. It gets more data at the end.
func plan(used int64, assured bool) func(Incident, *world) {
	return func(i Incident, w *world) {
		d := w.device(i.Subject)
		d.Plan = &notehubtest.DataPlan{Used: used, At: i.Start, Added: 500e6, AddedAt: i.End}
		if assured {
			w.FleetSettings[d.Fleets[0]] = notehubtest.FleetSettings{ConnectivityAssurance: &assured}
		}
	}
}

// All returns the incidents, one for each rule of the catalogue, in the order of its groups: data, events, health, satellite, routes, money, self.
func All() []Incident {
	var all []Incident
	for _, group := range [][]Incident{ofData(), ofEvents(), ofHealth(), bySatellite(), ofRoutes(), ofMoney(), ofItself()} {
		all = append(all, group...)
	}
	for i := range all {
		if all[i].Watch.IsZero() {
			all[i].Watch = all[i].Start.Add(-12 * time.Hour)
		}
		if all[i].Ends == "" {
			all[i].Ends = "resolved"
		}
		if all[i].fleet == nil {
			all[i].fleet = depot
		}
	}
	return all
}

func ofData() []Incident {
	return []Incident{
		{
			Name: "picture-upload", Story: "A host uploads 8 MB of pictures over cellular within an hour.",
			Rule: "data-spike", Subject: "hourly-sensor-4", Level: "warning",
			Start: on(9, 9), End: on(9, 10), Within: 2 * time.Hour, Closes: 40 * time.Hour,
			befall: one(notehubtest.Incident{Kind: notehubtest.ExtraBytes, Bytes: 8e6}),
		},
		{
			Name: "loose-antenna", Story: "A sensor repeats most packets, which only the carrier counts: ten times the data of its nine twins.",
			Rule: "data-outlier-in-fleet", Subject: "hourly-sensor-3", Level: "warning",
			Start: on(9, 0), End: on(13, 0), Within: 72 * time.Hour, Closes: 60 * time.Hour,
			befall: daily(notehubtest.Figures{Bytes: 450_000}),
		},
		{
			Name: "full-plan", Story: "The SIM of a line-powered device passes 80 % of its plan, until a block of data is bought.",
			Rule: "plan-80", Subject: "line-powered-1", Level: "warning",
			Start: on(9, 9), End: on(12, 9), Within: 3 * day, Closes: 9 * time.Hour,
			befall: plan(399_900_000, false),
		},
		{
			Name: "short-plan", Story: "A cold store sends 1.2 MB of pictures a day; its SIM has data for less than three months, until a block is bought.",
			Rule: "plan-runs-out", Subject: "cold-store-2", Level: "warning",
			Start: on(9, 9), End: on(14, 9), Within: 5 * day, Closes: 9 * time.Hour,
			befall: func(i Incident, w *world) {
				pictures := notehubtest.Figures{Bytes: 1_200_000, SessionBytes: 1_200_000}
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.ExtraUsage, Daily: pictures, Start: provisioned, Duration: 10 * 365 * day}, i.Subject)
				plan(381_500_000, false)(i, w)
			},
		},
		{
			Name: "automatic-purchase", Story: "The SIM of a cold store has 130 MB left, and Connectivity Assurance would buy a block at 100 MB; a person buys one first.",
			Rule: "top-up-imminent", Subject: "cold-store-2", Level: "info",
			Start: on(9, 9), End: on(12, 9), Within: 3 * day, Closes: 9 * time.Hour,
			befall: plan(369_900_000, true),
		},
		{
			Name: "reconnects", Story: "A device reconnects every two minutes.",
			Rule: "chatty-sessions", Subject: "hourly-sensor-2", Level: "warning",
			Start: on(9, 7), End: on(9, 18), Within: 5 * time.Hour, Closes: 31 * time.Hour,
			befall: one(notehubtest.Incident{Kind: notehubtest.SessionStorm}),
		},
		{
			Name: "no-templates", Story: "A release sends notes without templates: each session of a cold store takes three times as much.",
			Rule: "heavy-sessions", Subject: "cold-store-1", Level: "warning",
			Start: on(9, 0), End: on(13, 0), Within: 65 * time.Hour, Closes: 45 * time.Hour,
			befall: habits(func(h *notehubtest.Habits) { h.SessionBytes = 3 }),
		},
		{
			Name: "tls-for-all", Story: "A notefile with the suffix .qos makes four of five sessions go over TLS.",
			Rule: "tls-heavy", Subject: "hourly-sensor-2", Level: "info",
			Start: on(9, 0), End: on(13, 0), Within: 65 * time.Hour, Closes: 45 * time.Hour,
			befall: habits(func(h *notehubtest.Habits) { h.TLS = 0.8 }),
		},
		{
			Name: "hungry-newcomer", Story: "A new device downloads 1.5 MB of settings on its first day.",
			Rule: "new-device-hungry", Subject: "hourly-sensor-10", Level: "info",
			Start: on(9, 9), End: on(9, 14), Within: 6 * time.Hour, Closes: 35 * time.Hour,
			befall: func(i Incident, w *world) {
				w.device(i.Subject).Provisioned = i.Start
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.ExtraBytes, Bytes: 1_500_000}, i.Subject)
			},
		},
	}
}

func ofEvents() []Incident {
	return []Incident{
		{
			Name: "host-loop", Story: "A host loops and sends an event every two seconds, for six hours.",
			Rule: "event-flood", Subject: "hourly-sensor-3", Level: "critical", Also: []string{"event-spike-day"},
			Start: on(9, 9), End: on(9, 15), Within: 2 * time.Hour, Closes: 2 * time.Hour,
			befall: one(notehubtest.Incident{Kind: notehubtest.EventFlood}),
		},
		{
			Name: "every-reading", Story: "A host sends each reading, one every 24 seconds, in place of an hourly mean.",
			Rule: "event-spike-day", Subject: "hourly-sensor-5", Level: "warning",
			Start: on(9, 6), End: on(9, 20), Within: 5 * time.Hour, Closes: 29 * time.Hour,
			befall: one(notehubtest.Incident{Kind: notehubtest.EventFlood, Every: 24 * time.Second}),
		},
		{
			Name: "loose-tracker", Story: "A tracker sends a position every minute.",
			Rule: "tracker-storm", Subject: "asset-tracker-2", Level: "warning",
			Start: on(9, 9), End: on(9, 14), Within: 4 * time.Hour, Closes: 2 * time.Hour,
			befall: one(notehubtest.Incident{Kind: notehubtest.EventFlood, Every: time.Minute}),
		},
		{
			Name: "trace-left-on", Story: "Tracing was left on and sends 300 log notes a day.",
			Rule: "debug-log-left-on", Subject: "hourly-sensor-6", Level: "warning",
			Start: on(9, 9), End: on(11, 9), Within: 6 * time.Hour, Closes: 40 * time.Hour,
			befall: daily(notehubtest.Figures{LogEvents: 300}),
		},
		{
			Name: "mute-host", Story: "A host writes no notes for two days, and its device connects every 20 minutes to look for some.",
			Rule: "sessions-no-events", Subject: "hourly-sensor-5", Level: "warning",
			Start: on(9, 0), End: on(11, 0), Within: 32 * time.Hour, Closes: 32 * time.Hour,
			befall: habits(func(h *notehubtest.Habits) { h.Events, h.Sessions = 0, 3 }),
		},
		{
			Name: "blind-sensor", Story: "One of five sensors of a host still answers, so it sends a fifth of its events.",
			Rule: "activity-drop", Subject: "hourly-sensor-7", Level: "info",
			Start: on(9, 0), End: on(14, 0), Within: 105 * time.Hour, Closes: 34 * time.Hour,
			befall: habits(func(h *notehubtest.Habits) { h.Events = 0.2 }),
		},
		{
			Name: "dead-tank", Story: "A tank is off for good, and Notehub bills a watchdog event every hour.",
			Rule: "watchdog-billing", Subject: "daily-tank-2", Level: "info", Also: []string{"silent-device"},
			Start: on(22, 6), End: month, Within: 5 * day, Closes: 4 * time.Hour, Ends: "period_ended",
			befall: func(i Incident, w *world) {
				w.FleetSettings[w.device(i.Subject).Fleets[0]] = notehubtest.FleetSettings{WatchdogMinutes: 60}
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.Silence}, i.Subject)
			},
		},
	}
}

func ofHealth() []Incident {
	return []Incident{
		{
			Name: "boot-loop", Story: "A battery falls to 2.9 V under load, and the host boots every three minutes.",
			Rule: "reboot-loop", Subject: "hourly-sensor-8", Level: "critical",
			Start: on(9, 9), End: on(9, 12), Within: 2 * time.Hour, Closes: 37 * time.Hour,
			befall: one(notehubtest.Incident{
				Kind: notehubtest.ExtraUsage, Volts: 2.9,
				Daily: notehubtest.Figures{Reboots: 480, HealthEvents: 480, Cell: 480, SessionEvents: 480, Bytes: 600_000, SessionBytes: 600_000},
			}),
		},
		{
			Name: "power-cut", Story: "A sensor loses power for two days.",
			Rule: "silent-device", Subject: "hourly-sensor-9", Level: "warning",
			Start: on(9, 3), End: on(11, 9), Within: 29 * time.Hour, Closes: 3 * time.Hour,
			befall: one(notehubtest.Incident{Kind: notehubtest.Silence}),
		},
		{
			Name: "depot-outage", Story: "The power of a depot fails for 32 hours: seven devices of twenty are silent.",
			Rule: "fleet-silent", Level: "critical", Also: []string{"fleet-late"}, Mutes: "silent-device",
			Start: on(9, 3), End: on(10, 11), Within: 29 * time.Hour, Closes: 4 * time.Hour,
			befall: func(i Incident, w *world) {
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.Silence}, names("hourly-sensor", 7)...)
			},
		},
		{
			Name: "carrier-outage", Story: "A carrier has an outage of four hours, and three devices of ten are silent.",
			Rule: "fleet-late", Level: "critical",
			Start: on(9, 3), End: on(9, 7), Within: 4 * time.Hour, Closes: 3 * time.Hour,
			befall: func(i Incident, w *world) {
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.Silence}, names("hourly-sensor", 6)...)
			},
		},
	}
}

func bySatellite() []Incident {
	return []Incident{
		{
			Name: "satellite-only", Story: "A remote device sends 1.4 kB a day by satellite, more than the 30 kB that were bought for a month.",
			Rule: "sat-70", Subject: "satellite-1", Level: "critical",
			Start: on(14, 0), End: month, Within: 3 * day, Closes: 4 * time.Hour,
			fleet: only(notehubtest.Satellite, 1),
			befall: func(i Incident, w *world) {
				more := notehubtest.Figures{NTN: 20, SessionEvents: 20, SatellitePackets: 20, SatelliteBytes: 840, SatelliteBilled: 1_000}
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.ExtraUsage, Daily: more, Start: provisioned, Duration: 10 * 365 * day}, i.Subject)
			},
		},
		{
			Name: "cellular-outage", Story: "Cellular fails at a site, and a sensor sends by satellite for nine hours.",
			Rule: "sat-burst", Subject: "hourly-sensor-1", Level: "critical",
			Start: on(9, 8), End: on(9, 17), Within: 9 * time.Hour, Closes: 32 * time.Hour,
			befall: one(notehubtest.Incident{Kind: notehubtest.SatelliteFallback}),
		},
		{
			Name: "satellite-loop", Story: "A device opens a satellite session every three minutes.",
			Rule: "sat-sessions", Subject: "hourly-sensor-4", Level: "critical", Also: []string{"sat-burst"},
			Start: on(9, 8), End: on(9, 11), Within: 2 * time.Hour, Closes: 2 * time.Hour,
			befall: daily(notehubtest.Figures{NTN: 480, SessionEvents: 480, SatellitePackets: 480, SatelliteBytes: 20_160, SatelliteBilled: 24_000}),
		},
	}
}

func ofRoutes() []Incident {
	return []Incident{
		{
			Name: "endpoint-down", Story: "The endpoint of a route answers 500 to two of five events, for 35 minutes.",
			Rule: "route-failing", Subject: routeName, Level: "critical",
			Start: on(9, 9), End: on(9, 9).Add(35 * time.Minute), Within: time.Hour, Closes: 2 * time.Hour,
			befall: func(i Incident, w *world) { w.befalls(i, notehubtest.Incident{Kind: notehubtest.RouteFailures}) },
		},
		{
			Name: "busy-endpoint", Story: "The endpoint of a route takes ten times as long to answer, for ten hours.",
			Rule: "route-slow", Subject: routeName, Level: "info",
			Start: on(9, 6), End: on(9, 16), Within: 10 * time.Hour, Closes: 33 * time.Hour,
			befall: func(i Incident, w *world) { w.befalls(i, notehubtest.Incident{Kind: notehubtest.RouteDelays}) },
		},
	}
}

func ofMoney() []Incident {
	return []Incident{
		{
			Name: "free-events", Story: "One of five sensors sends every five minutes, which uses up the free events of the month.",
			Rule: "free-events-80", Subject: organizationName, Level: "warning",
			Start: on(20, 0), End: month, Within: 5 * day, Closes: 4 * time.Hour, Ends: "period_ended",
			fleet: only(notehubtest.HourlySensor, 5),
			befall: func(i Incident, w *world) {
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.EventFlood, Every: 5 * time.Minute}, "hourly-sensor-1")
			},
		},
		{
			Name: "costly-release", Story: "A release lets ten sensors send every four minutes; it is rolled back after six days.",
			Rule: "month-over-budget", Subject: organizationName, Level: "warning",
			Start: on(9, 0), End: on(15, 0), Within: 5 * day, Closes: 4 * day,
			befall: func(i Incident, w *world) {
				w.befalls(i, notehubtest.Incident{Kind: notehubtest.EventFlood, Every: 4 * time.Minute}, names("hourly-sensor", 10)...)
			},
		},
		{
			Name: "empty-balance", Story: "The event capacity of an enterprise plan lasts for less than two weeks, until more is bought.",
			Rule: "balance-low", Subject: organizationName, Level: "critical",
			Start: on(9, 0), End: on(13, 12), Within: 4 * day, Closes: 2 * day,
			befall: func(i Incident, w *world) {
				used := w.usedBy(i.Start)
				w.organization.Capacity = int64(used + 29*used/i.Start.YearDay()/2) // for 14.5 days
				w.organization.Purchases = []notehubtest.Purchase{{At: i.End, Events: 1_000_000}}
			},
		},
		{
			Name: "unpaid-bill", Story: "Notehub suspends the billing account for six hours.",
			Rule: "suspended", Subject: organizationName, Level: "critical", Also: []string{"watcher-blind"},
			Start: on(9, 9), End: on(9, 15), Within: 2 * time.Hour, Closes: 2 * time.Hour,
			befall: func(i Incident, w *world) {
				w.organization.Suspensions = []notehubtest.Suspension{{Start: i.Start, Duration: i.End.Sub(i.Start)}}
			},
		},
	}
}

func ofItself() []Incident {
	return []Incident{{
		Name: "notehub-down", Story: "Notehub answers 500 to all requests for three hours.",
		Rule: "watcher-blind", Level: "critical",
		Start: on(9, 9), End: on(9, 12), Within: 2 * time.Hour, Closes: 2 * time.Hour,
		befall: func(i Incident, w *world) {
			w.faults = append(w.faults, notehubtest.Fault{Kind: notehubtest.ServerError, From: i.Start, To: i.End})
		},
	}}
}
