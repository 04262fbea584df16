package notehubtest

import (
	"time"
)

// An Archetype is a kind of device with its usual habits.
type Archetype string

// The archetypes. The comments say what is usual on a weekday.
const (
	HourlySensor Archetype = "hourly sensor" // 24 sessions of 1.8 kB, 24 events
	DailyTank    Archetype = "daily tank"    // one session of 3.5 kB and one event, sometimes two
	ColdStore    Archetype = "cold store"    // 24 sessions of 5.5 kB, 288 events; some over Wi-Fi
	AssetTracker Archetype = "asset tracker" // 18 sessions of 2.4 kB and 40 events, most of them from 6 to 18 o'clock
	LinePowered  Archetype = "line powered"  // 48 sessions of 4 kB, 96 events; half of them over Wi-Fi
	Machine      Archetype = "machine"       // 36 sessions of 40 kB, 2,000 events in two shifts; weekends off
	Satellite    Archetype = "satellite"     // 3 sessions of small packets, 5 events; no cellular bytes
)

const day = 24 * time.Hour

// A profile holds the habits of an archetype.
type profile struct {
	sku, notefile  string
	sessions       float64 // a weekday
	sessionsSpread float64 // of the logarithm, from day to day
	sessionBytes   float64
	bytesSpread    float64 // of the logarithm, from device to device
	events         float64 // a weekday
	geolocates     float64 // a weekday
	saturday       float64 // share of a weekday
	sunday         float64
	busy           shift
	wifi           float64 // share of devices that use Wi-Fi where possible
	volts          float64
}

// A shift is the hours of a day with more work than the others.
type shift struct{ from, to, weight float64 }

var flat = shift{weight: 1}

var profiles = map[Archetype]profile{
	HourlySensor: {
		sku: "NOTE-NBGL-500", notefile: "sensors.qo", sessions: 24, sessionsSpread: 0.02, sessionBytes: 1_800, bytesSpread: 0.35,
		events: 24, saturday: 1, sunday: 1, busy: flat, volts: 3.9,
	},
	DailyTank: {
		sku: "NOTE-NBGL-500", notefile: "level.qo", sessions: 1.2, sessionsSpread: 0.3, sessionBytes: 3_500, bytesSpread: 0.3,
		events: 1.2, saturday: 1, sunday: 1, busy: flat, volts: 3.6,
	},
	ColdStore: {
		sku: "NOTE-WBGLW", notefile: "air.qo", sessions: 24, sessionsSpread: 0.02, sessionBytes: 5_500, bytesSpread: 0.25,
		events: 288, saturday: 1, sunday: 1, busy: flat, wifi: 0.3, volts: 5,
	},
	AssetTracker: {
		sku: "NOTE-WBNAN", notefile: "_track.qo", sessions: 18, sessionsSpread: 0.4, sessionBytes: 2_400, bytesSpread: 0.35,
		events: 40, geolocates: 8, saturday: 0.25, sunday: 0.25, busy: shift{6, 18, 4}, volts: 3.8,
	},
	LinePowered: {
		sku: "NOTE-WBGLW", notefile: "power.qo", sessions: 48, sessionsSpread: 0.1, sessionBytes: 4_000, bytesSpread: 0.35,
		events: 96, saturday: 1, sunday: 1, busy: flat, wifi: 0.5, volts: 5,
	},
	Machine: {
		sku: "NOTE-WBGLW", notefile: "cycle.qo", sessions: 36, sessionsSpread: 0.15, sessionBytes: 40_000, bytesSpread: 0.4,
		events: 2_000, saturday: 0.4, sunday: 0.05, busy: shift{6, 22, 30}, wifi: 0.6, volts: 5,
	},
	Satellite: {
		sku: "NOTE-NBGL-500+STAR", notefile: "remote.qo", sessions: 3, sessionsSpread: 0.3, sessionBytes: 200, bytesSpread: 0.2,
		events: 5, saturday: 1, sunday: 1, busy: flat, volts: 3.7,
	},
}

// weekday returns the work of a date, as a share of that of a weekday.
func (p *profile) weekday(date time.Time) float64 {
	switch date.Weekday() {
	case time.Saturday:
		return p.saturday
	case time.Sunday:
		return p.sunday
	}
	return 1
}

// passed returns the share of a day's work that is done by a time of the day.
func (s shift) passed(sinceMidnight time.Duration) float64 {
	hours := sinceMidnight.Hours()
	busy := min(max(hours-s.from, 0), s.to-s.from)
	return (hours + busy*(s.weight-1)) / s.total()
}

// at is the inverse of passed.
func (s shift) at(share float64) time.Duration {
	hours := share * s.total()
	if hours > s.from {
		busy := min((hours-s.from)/s.weight, s.to-s.from)
		hours -= busy * (s.weight - 1)
	}
	return time.Duration(hours * float64(time.Hour))
}

func (s shift) total() float64 { return 24 + (s.to-s.from)*(s.weight-1) }
