package notehubtest

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Figures are the usage of one device on one UTC day.
type Figures struct {
	Bytes            int64 // cellular, of all SIMs
	SatelliteBytes   int64
	SatelliteBilled  int64 // at least 50 a packet
	SatellitePackets int64

	Events, SessionEvents, HealthEvents, GeolocateEvents int64 // only Events are billed
	LogEvents                                            int64 // notes of the Notecard's trace; not billed
	WatchdogEvents                                       int64 // made by Notehub while the device is silent; billed too
	Reboots, FwUpdates                                   int64

	Cell, WiFi, NTN int64 // sessions by transport
	FirstSyncs, TLS int64
	SessionBytes    int64 // over all transports
}

// Sessions returns the sessions over all transports.
func (f Figures) Sessions() int64 { return f.Cell + f.WiFi + f.NTN }

// all returns each of the figures.
func (f *Figures) all() [18]*int64 {
	return [...]*int64{
		&f.Bytes, &f.SatelliteBytes, &f.SatelliteBilled, &f.SatellitePackets,
		&f.Events, &f.SessionEvents, &f.HealthEvents, &f.GeolocateEvents, &f.LogEvents, &f.WatchdogEvents, &f.Reboots, &f.FwUpdates,
		&f.Cell, &f.WiFi, &f.NTN, &f.FirstSyncs, &f.TLS, &f.SessionBytes,
	}
}

func (f *Figures) add(g *Figures) {
	more := g.all()
	for i, n := range f.all() {
		*n += *more[i]
	}
}

// Truth returns the final figures of a device on the UTC day that contains date, with all late data. An unknown project or device has no
// usage.
func (s *Server) Truth(project, device string, date time.Time) Figures {
	return s.AsOf(project, device, date, date.AddDate(1, 0, 0))
}

// AsOf returns the figures of a device on the UTC day that contains date, as the server answers them at now.
func (s *Server) AsOf(project, device string, date, now time.Time) Figures {
	p := s.project(project)
	if p == nil || p.byUID[device] == nil {
		return Figures{}
	}
	return p.byUID[device].figures(date.UTC().Truncate(day), now)
}

const firstSyncBytes = 8_000

// A span is the time from one instant up to, but not including, another.
type span struct{ from, to time.Time }

// A device is a Device with values that are computed once.
type device struct {
	Device
	profile      profile
	key          uint64  // of its randomness
	phase        float64 // of its sessions
	sessionBytes float64
	wifi         bool
	iccids       []string // of its SIMs, the older one last
	psid         string
	usedBefore   int64         // bytes of its data plan, when it was provisioned
	assured      bool          // its plan is extended before it is used up
	watchdog     time.Duration // of silence, after which Notehub makes an event; 0: never
	absent       []span
	incidents    []Incident
}

// A plan is the usage of a device on a day without incidents.
type plan struct {
	sessions, bytes    int64
	events, geolocates int64
	health, reboots    int64
	drift              float64   // of estimated session bytes
	tls                float64   // share of sessions
	settled            time.Time // when session bytes are no longer estimated
	prompt             float64   // share of cellular bytes that carriers report at once
	reported           time.Time // when carriers have reported all
}

// plan draws random values for a day.
func (d *device) plan(date time.Time) plan {
	source := rand.New(rand.NewPCG(d.key, uint64(date.Unix()))) //nolint:gosec // a simulation must be repeatable
	weekday, end, habits := d.profile.weekday(date), date.Add(day), d.habits(date)
	p := plan{tls: habits.TLS}
	p.sessions = int64(math.Round(d.profile.sessions * weekday * habits.Sessions * logNormal(source, d.profile.sessionsSpread)))
	p.bytes = int64(float64(p.sessions) * d.sessionBytes * habits.SessionBytes * logNormal(source, 0.1))
	p.events = int64(math.Round(d.profile.events * weekday * habits.Events * logNormal(source, d.profile.sessionsSpread)))
	p.geolocates = int64(math.Round(d.profile.geolocates * weekday))
	if source.Float64() < 0.1 {
		p.health = 1
	}
	if source.Float64() < 0.01 {
		p.health, p.reboots = 1, 1
	}
	p.drift = 0.1*source.Float64() - 0.05
	p.settled = end.Add(time.Hour + time.Duration(source.Int64N(int64(11*time.Hour))))
	p.prompt = 0.6 + 0.3*source.Float64()
	p.reported = end.Add(6*time.Hour + time.Duration(source.Int64N(int64(42*time.Hour))))
	return p
}

// habits returns the habits on a day.
func (d *device) habits(date time.Time) Habits {
	habits := Usual()
	for i := range d.incidents {
		if other := &d.incidents[i]; other.Kind == OtherHabits && !date.Before(other.Start) && date.Before(other.end()) {
			habits = other.Habits
		}
	}
	return habits
}

// arrived returns the share of the day's cellular bytes that carriers have reported by now: one part at once, and the rest in four batches
// after the day.
func (p *plan) arrived(date, now time.Time) float64 {
	const batches = 4
	first := date.Add(day + 6*time.Hour)
	if now.Before(first) {
		return p.prompt
	}
	if !now.Before(p.reported) {
		return 1
	}
	batch := math.Floor(batches * float64(now.Sub(first)) / float64(p.reported.Sub(first)))
	return p.prompt + (1-p.prompt)*batch/batches
}

// figures returns the usage of the device on the day that begins at date, as far as it is known at now.
func (d *device) figures(date, now time.Time) (f Figures) {
	if !now.After(date) {
		return f
	}
	p := d.plan(date)
	if done := d.done(p.sessions, date, earlier(now, date.Add(day))); done > 0 {
		d.work(&f, &p, done)
		d.fallBack(&f, &p, date, earlier(now, date.Add(day)))
		if d.Provisioned.Truncate(day).Equal(date) {
			f.FirstSyncs = 1
			f.SessionBytes += firstSyncBytes
			if f.Cell > 0 {
				f.Bytes += firstSyncBytes
			}
		}
		f.Bytes = int64(float64(f.Bytes) * p.arrived(date, now))
		if now.Before(p.settled) {
			f.SessionBytes += int64(float64(f.SessionBytes) * p.drift)
		}
	}
	for i := range d.incidents {
		d.incidents[i].add(&f, date, date.Add(day), now)
	}
	f.WatchdogEvents = d.watchdogEvents(earlier(now, date.Add(day))) - d.watchdogEvents(date)
	return f
}

// watchdogEvents returns how many events Notehub has made by t because the device was silent.
func (d *device) watchdogEvents(t time.Time) (n int64) {
	if d.watchdog == 0 {
		return 0
	}
	if !d.Removed.IsZero() {
		t = earlier(t, d.Removed)
	}
	for _, gap := range d.absent {
		if !gap.from.IsZero() && gap.from.Before(t) { // not before it was provisioned
			n += int64(earlier(gap.to, t).Sub(gap.from) / d.watchdog)
		}
	}
	return n
}

// work adds the usage of the sessions that are done.
func (d *device) work(f *Figures, p *plan, done int64) {
	f.Events = p.events * done / p.sessions
	f.GeolocateEvents = p.geolocates * done / p.sessions
	f.HealthEvents, f.Reboots = p.health, p.reboots
	f.SessionEvents = done
	f.TLS = int64(float64(done)*p.tls + 1e-9)
	f.SessionBytes = p.bytes * done / p.sessions
	switch {
	case d.Archetype == Satellite:
		f.NTN = done
		f.addPackets(f.Events + done)
	case d.wifi:
		f.WiFi = done * 7 / 10
		f.Cell = done - f.WiFi
	default:
		f.Cell = done
	}
	f.Bytes = p.cellularBytes(f.Cell)
}

// cellularBytes returns the bytes that networks count for some of the day's sessions. They count more than sessions do.
func (p *plan) cellularBytes(sessions int64) int64 {
	return p.bytes * sessions / p.sessions * 106 / 100
}

// addPackets adds packets to a satellite.
func (f *Figures) addPackets(n int64) {
	f.SatellitePackets += n
	f.SatelliteBytes += n * 42
	f.SatelliteBilled += n * 50
}

// fallBack turns the cellular sessions during a fallback, until the instant until, into satellite sessions.
func (d *device) fallBack(f *Figures, p *plan, date, until time.Time) {
	var n int64
	for _, incident := range d.incidents {
		from, to := later(incident.Start, date), earlier(incident.end(), until)
		if incident.Kind == SatelliteFallback && from.Before(to) {
			n += d.done(p.sessions, date, to) - d.done(p.sessions, date, from)
		}
	}
	if n = min(n, f.Cell); n == 0 {
		return
	}
	packets := n + f.Events*n/f.Sessions()
	f.addPackets(packets)
	f.Cell, f.NTN = f.Cell-n, f.NTN+n
	f.Bytes = p.cellularBytes(f.Cell)
	f.SessionBytes += packets*42 - p.bytes*n/p.sessions
}

// done returns the number of a day's sessions by t, without those at times when the device was absent.
func (d *device) done(sessions int64, date, t time.Time) int64 {
	done := d.due(sessions, t.Sub(date))
	for _, gap := range d.absent {
		from, to := later(gap.from, date), earlier(gap.to, t)
		if from.Before(to) {
			done -= d.due(sessions, to.Sub(date)) - d.due(sessions, from.Sub(date))
		}
	}
	return done
}

// due returns the number of a day's sessions in the first part of the day. Session k comes when the share (k+phase)/sessions of the day's
// work is done.
func (d *device) due(sessions int64, sinceMidnight time.Duration) int64 {
	share := d.profile.busy.passed(sinceMidnight)
	return max(int64(math.Ceil(float64(sessions)*share-d.phase)), 0)
}

// lastActivity returns when the device was last active before now, zero if never.
func (d *device) lastActivity(now time.Time) (last time.Time) {
	for i := range d.incidents {
		last = later(last, d.incidents[i].lastActivity(now))
	}
	for t := now; t.After(d.Provisioned); {
		if i := slices.IndexFunc(d.absent, func(gap span) bool { return gap.from.Before(t) && !t.After(gap.to) }); i >= 0 {
			t = d.absent[i].from
			continue
		}
		date := t.Add(-1).Truncate(day)
		sessions := d.plan(date).sessions
		n := d.due(sessions, t.Sub(date))
		if n == 0 {
			t = date
			continue
		}
		at := earlier(t, date.Add(d.profile.busy.at((float64(n-1)+d.phase)/float64(sessions))))
		if !d.isAbsent(at) {
			return later(last, at)
		}
		t = at.Add(-1)
	}
	return last
}

func (d *device) isAbsent(t time.Time) bool {
	return slices.ContainsFunc(d.absent, func(gap span) bool { return !t.Before(gap.from) && t.Before(gap.to) })
}

// logNormal returns a factor with the mean 1.
func logNormal(source *rand.Rand, spread float64) float64 {
	return math.Exp(spread*source.NormFloat64() - spread*spread/2)
}

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}
