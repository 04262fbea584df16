package notehubtest

import (
	"cmp"
	"time"
)

// An IncidentKind is something that happens to devices.
type IncidentKind string

// The kinds of incidents. A [Device] that appears or disappears has fields for that.
const (
	EventFlood    IncidentKind = "event flood"    // one more event of 100 bytes after each Every (2 s)
	SessionStorm  IncidentKind = "session storm"  // one more session of 1,200 bytes after each Every (2 min)
	ExtraBytes    IncidentKind = "extra bytes"    // Bytes more, evenly over Duration: an upload, a leak
	Silence       IncidentKind = "silence"        // no sessions, no events, no activity
	RouteFailures IncidentKind = "route failures" // two of five events are not routed; of Routes, not of devices
	RouteDelays   IncidentKind = "route delays"   // routing takes ten times as long; of Routes, not of devices

	SatelliteFallback IncidentKind = "satellite fallback" // sessions that were cellular go over a satellite
	FirmwareUpdate    IncidentKind = "firmware update"    // a download of Bytes (300,000), evenly, then a reboot into Version
	ExtraUsage        IncidentKind = "extra usage"        // Daily more a day, evenly
	OtherHabits       IncidentKind = "other habits"       // Habits, on the days that begin within it
)

// An Incident begins at Start and lasts for Duration.
type Incident struct {
	Kind     IncidentKind
	Devices  []string // UIDs
	Routes   []string // UIDs, of RouteFailures and RouteDelays; none: all routes of the project
	Start    time.Time
	Duration time.Duration // 0: forever, but ExtraBytes: at once
	Every    time.Duration // of EventFlood and SessionStorm; 0 is the usual
	Bytes    int64         // of ExtraBytes, to each device; of FirmwareUpdate, 0 is the usual
	Version  string        // of FirmwareUpdate; without a Duration, it downloads forever and installs nothing
	Host     bool          // FirmwareUpdate is of the host, not of the Notecard
	Delay    time.Duration // of ExtraBytes: how late the carrier reports them, which corrects complete days
	Daily    Figures       // of ExtraUsage
	Habits   Habits        // of OtherHabits
	Volts    float64       // supply voltage of the devices during the incident; 0: as usual
}

// Habits are factors of what a device usually does, and the share of its sessions that uses TLS (0.18). Usual returns the habits of a
// normal day.
type Habits struct{ Sessions, Events, SessionBytes, TLS float64 }

// Usual returns habits that change nothing.
func Usual() Habits { return Habits{Sessions: 1, Events: 1, SessionBytes: 1, TLS: tlsShare} }

const (
	floodBytes   = 100   // of an event
	stormBytes   = 1_200 // of a session
	floodEvery   = 2 * time.Second
	stormEvery   = 2 * time.Minute
	updateBytes  = 300_000
	failingShare = 0.4
	tlsShare     = 0.18
	delayed      = 10 // times as long
)

func (i *Incident) end() time.Time {
	if i.Duration == 0 && i.Kind != ExtraBytes {
		return i.Start.AddDate(1000, 0, 0)
	}
	return i.Start.Add(i.Duration)
}

// every returns the time between two strikes.
func (i *Incident) every() time.Duration {
	switch {
	case i.Every > 0:
		return i.Every
	case i.Kind == SessionStorm:
		return stormEvery
	}
	return floodEvery
}

// strikes returns how often the incident struck before t. The first strike is at its start.
func (i *Incident) strikes(t time.Time) int64 {
	passed := earlier(t, i.end()).Sub(i.Start)
	if passed <= 0 {
		return 0
	}
	return int64((passed + i.every() - 1) / i.every())
}

// bytes returns how many of the extra bytes were used before t.
func (i *Incident) bytes(t time.Time) int64 {
	switch {
	case !t.After(i.Start):
		return 0
	case !t.Before(i.end()):
		return i.Bytes
	}
	return int64(float64(i.Bytes) * float64(t.Sub(i.Start)) / float64(i.Duration))
}

// downloaded returns how many bytes of a firmware have arrived by t.
func (i *Incident) downloaded(t time.Time) int64 {
	passed := min(t.Sub(i.Start), i.Duration)
	if passed <= 0 {
		return 0
	}
	return int64(float64(cmp.Or(i.Bytes, updateBytes)) * float64(passed) / float64(i.Duration))
}

// used returns the usage of ExtraUsage by t.
func (i *Incident) used(t time.Time) (sum Figures) {
	days := max(earlier(t, i.end()).Sub(i.Start), 0).Hours() / 24
	for j, n := range sum.all() {
		*n = int64(float64(*i.Daily.all()[j]) * days)
	}
	return sum
}

// add adds the usage of the incident between from and to, as far as it is known at now.
func (i *Incident) add(f *Figures, from, to, now time.Time) {
	to = earlier(to, now)
	if to.Before(from) {
		return
	}
	switch i.Kind {
	case EventFlood:
		n := i.strikes(to) - i.strikes(from)
		f.Events += n
		f.Bytes += n * floodBytes
		f.SessionBytes += n * floodBytes
	case SessionStorm:
		n := i.strikes(to) - i.strikes(from)
		f.SessionEvents += n
		f.Cell += n
		f.Bytes += n * stormBytes
		f.SessionBytes += n * stormBytes
	case ExtraUsage:
		before, after := i.used(from), i.used(to)
		for j, n := range f.all() {
			*n += *after.all()[j] - *before.all()[j]
		}
	case FirmwareUpdate:
		n := i.downloaded(to) - i.downloaded(from)
		f.Bytes += n
		f.SessionBytes += n
		if end := i.end(); !end.Before(from) && end.Before(to) {
			f.HealthEvents++
			f.Reboots++
			f.FwUpdates++
		}
	case ExtraBytes:
		f.SessionBytes += i.bytes(to) - i.bytes(from)
		if known := earlier(to, now.Add(-i.Delay)); known.After(from) {
			f.Bytes += i.bytes(known) - i.bytes(from)
		}
	}
}

// lastActivity returns when the incident last made a device active before now; zero if it did not.
func (i *Incident) lastActivity(now time.Time) time.Time {
	every := i.every()
	switch i.Kind {
	case EventFlood, SessionStorm:
	case ExtraUsage:
		often := max(i.Daily.Events, i.Daily.Sessions())
		if often == 0 {
			return time.Time{}
		}
		every = day / time.Duration(often)
	default:
		return time.Time{}
	}
	if passed := earlier(now, i.end()).Sub(i.Start); passed > 0 {
		return i.Start.Add((passed - 1).Truncate(every))
	}
	return time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
