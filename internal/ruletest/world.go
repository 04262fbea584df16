package ruletest

import (
	"math"
	"strings"
	"time"

	"notewatch/internal/ruletest/testfile"
	"notewatch/notehub/notehubtest"
)

const day = 24 * time.Hour

// A world is the usage and the state of the devices and routes of a test at each instant.
type world struct {
	test    *testfile.Test
	devices map[string]*device         // by UID
	routes  map[string]*testfile.Route // by UID
	polls   int                        // of a day
}

// A device is a device with the steps about it.
type device struct {
	*testfile.Device
	test        *testfile.Test
	absent      []span
	settings    []setting // in the order of time
	corrections []correction
}

// A span is the time from one instant up to, but not including, another.
type span struct{ from, to time.Time }

// A setting is the entry of a device in the device list from an instant on.
type setting struct {
	from time.Time
	is   testfile.Setting
}

// A correction is a value of a day that Notehub corrects at an instant.
type correction struct {
	at, day time.Time
	metric  string
	to      float64
}

func newWorld(t *testfile.Test) *world {
	w := &world{test: t, devices: map[string]*device{}, routes: map[string]*testfile.Route{}, polls: int(day / t.Every())}
	byName := map[string]*device{}
	for i := range t.Devices {
		given := &t.Devices[i].Value
		d := &device{Device: given, test: t, settings: []setting{{is: given.Setting}}}
		d.absent = []span{{to: given.Provisioned.In(t.Begins())}}
		if given.Removed.Given() {
			d.absent = append(d.absent, span{given.Removed.In(t.Begins()), never})
		}
		w.devices[given.UID], byName[t.Devices[i].Key] = d, d
	}
	for i := range t.Routes {
		w.routes[t.Routes[i].Value.UID] = &t.Routes[i].Value
	}
	for _, s := range t.Steps {
		if d := byName[s.Device]; d != nil {
			d.take(s)
		}
	}
	return w
}

// never is an instant that no test reaches.
var never = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)

// take notes a step that is about the device.
func (d *device) take(s testfile.Step) {
	at := s.When.In(d.test.Begins())
	switch {
	case s.Silent:
		d.absent = append(d.absent, span{at, ends(s, d.test)})
	case s.Setting != nil:
		d.settings = append(d.settings, setting{at, *s.Setting})
	case s.Correct != nil:
		of := at
		if s.Correct.Day.Given() {
			of = s.Correct.Day.In(d.test.Begins())
		}
		d.corrections = append(d.corrections, correction{at, of.Truncate(day), s.Correct.Metric, float64(s.Correct.To)})
	}
}

// ends returns the time at which the effect of a step ends.
func ends(s testfile.Step, t *testfile.Test) time.Time {
	if s.For == 0 {
		return never
	}
	return s.When.In(t.Begins()).Add(time.Duration(s.For))
}

// script returns the world as the script of a simulated project.
func (w *world) script() *notehubtest.Script {
	return &notehubtest.Script{
		Usage:  func(uid string, date, now time.Time) notehubtest.Usage { return w.devices[uid].usage(date, now) },
		State:  func(uid string, now time.Time) notehubtest.State { return w.devices[uid].state(now) },
		Routed: w.routed,
	}
}

// usage returns the usage of the device on the day that begins at date, as far as Notehub has counted it at now.
func (d *device) usage(date, now time.Time) (u notehubtest.Usage) {
	counts := map[string]int64{}
	for name, series := range d.Metrics() {
		n := d.count(name, series, date, now)
		counts[name] = n
		if key, ok := strings.CutPrefix(name, "notefiles."); ok {
			u.Notefiles = with(u.Notefiles, key, n)
		} else if key, ok := strings.CutPrefix(name, "transport."); ok {
			u.Transports = with(u.Transports, key, n)
		}
	}
	u.Bytes, u.Satellite, u.SatellitePackets = counts["bytes"], counts["sat"], counts["sat_packets"]
	u.Events, u.Platform, u.Watchdog = counts["events"], counts["platform"], counts["watchdog"]
	u.Reboots, u.FwUpdates = counts["reboots"], counts["fw_updates"]
	u.Sessions, u.SessionBytes = counts["sessions"], counts["session_bytes"]
	u.TLSSessions, u.FirstSyncs = counts["tls"], counts["first_syncs"]
	total, given := counts["events_total"]
	if !given {
		total = u.Events + u.Platform
		if u.Events < 0 || u.Platform < 0 {
			total = notKnown
		}
	}
	u.EventsTotal = total
	return u
}

func with(counts map[string]int64, key string, n int64) map[string]int64 {
	if counts == nil {
		counts = map[string]int64{}
	}
	counts[key] = n
	return counts
}

// notKnown is the answer for a figure that is not known in a test: it is not a count, so it is no data.
const notKnown = -1

// count returns a figure of a day, as it is counted at now.
func (d *device) count(metric string, series testfile.Series, date, now time.Time) int64 {
	family, _, _ := strings.Cut(metric, ".")
	if late, ok := d.Late.Get(family); ok {
		now = now.Add(-time.Duration(late))
	}
	if !now.After(date) {
		return 0
	}
	value, known := d.grown(series, date, now)
	if !known {
		return notKnown
	}
	for _, c := range d.corrections {
		if c.metric == family && c.day.Equal(date) && !now.Before(c.at) {
			before, _ := d.grown(series, date, c.at)
			return int64(c.to) + value - before
		}
	}
	return value
}

// grown returns the value of a figure of a day at now, without the time in which the device was absent.
func (d *device) grown(series testfile.Series, date, now time.Time) (value int64, known bool) {
	of := series.On(daysBetween(d.test.Begins(), date))
	if of.Unknown {
		return 0, false
	}
	for _, s := range stretches(of, date, d.test.Every()) {
		for _, part := range d.present(span{s.from, earlier(s.to, now)}) {
			value += s.passed(part.to) - s.passed(part.from)
		}
	}
	return value, true
}

func daysBetween(from, to time.Time) int {
	return int(math.Floor(to.Sub(from).Hours() / 24))
}

// A stretch is a part of a day in which a figure grows evenly.
type stretch struct {
	span
	growth float64
}

// stretches returns the parts of a day that begins at date.
func stretches(of testfile.Day, date time.Time, every time.Duration) []stretch {
	polls := int(day / every)
	if of.Polls == nil {
		return []stretch{{span{date, date.Add(day)}, of.Total(date, polls)}}
	}
	all := make([]stretch, polls)
	for i := range all {
		from := date.Add(time.Duration(i) * every)
		all[i] = stretch{span{from, from.Add(every)}, of.Polls[min(i, len(of.Polls)-1)]}
	}
	return all
}

// passed returns the growth of the figure by t. A figure that grows by n grows by one in the middle of each of n equal parts.
func (s stretch) passed(t time.Time) int64 {
	share := float64(t.Sub(s.from)) / float64(s.to.Sub(s.from))
	return int64(math.Floor(s.growth*min(max(share, 0), 1) + 0.5))
}

// last returns when the figure last grew before t, or at it; ok is false if it has not.
func (s stretch) last(t time.Time) (at time.Time, ok bool) {
	n := s.passed(t)
	if n < 1 {
		return time.Time{}, false
	}
	share := (float64(n) - 0.5) / s.growth
	return s.from.Add(time.Duration(share * float64(s.to.Sub(s.from)))), true
}

// present returns the parts of a span in which the device is present and not silent.
func (d *device) present(s span) []span {
	parts := []span{s}
	for _, gap := range d.absent {
		var left []span
		for _, p := range parts {
			before, after := span{p.from, earlier(p.to, gap.from)}, span{later(p.from, gap.to), p.to}
			for _, rest := range []span{before, after} {
				if rest.from.Before(rest.to) {
					left = append(left, rest)
				}
			}
		}
		parts = left
	}
	return parts
}

// state returns the entry of the device in the device list at now.
func (d *device) state(now time.Time) notehubtest.State {
	s := notehubtest.State{
		SKU: "NOTE-WBGLW", Firmware: "notecard-8.1.3.17074", FirmwareHost: "1.0.0", Temperature: 20, LastActivity: d.lastActivity(now),
	}
	for _, set := range d.settings {
		if !set.from.After(now) {
			apply(&s, set.is, now)
		}
	}
	return s
}

// apply applies the fields that a setting has.
func apply(s *notehubtest.State, is testfile.Setting, now time.Time) {
	change(&s.SKU, is.SKU)
	change(&s.Firmware, is.Firmware)
	change(&s.FirmwareHost, is.HostFirmware)
	change(&s.Voltage, is.Voltage)
	change(&s.Temperature, is.Temperature)
	if is.Disabled != nil {
		s.Disabled = *is.Disabled
	}
	if is.Updating != nil {
		s.Updating = *is.Updating
	}
	if p := is.Plan; p != nil {
		s.Plan = &notehubtest.PlanState{Used: int64(p.Used), Limit: int64(p.Limit)}
	}
	if s.Plan != nil {
		s.Plan.Updated = now.Truncate(time.Hour)
	}
}

// change sets a value unless the new one is zero, which means that the field is left out.
func change[T comparable](value *T, to T) {
	if to != *new(T) {
		*value = to
	}
}

// longestSilence is the number of days in which lastActivity looks for activity.
const longestSilence = 100

// lastActivity returns when the device was last active: its newest session or event, or, if the test gives neither, the last instant at which
// it was not silent.
func (d *device) lastActivity(now time.Time) (last time.Time) {
	var series []testfile.Series
	for _, s := range []testfile.Series{d.Sessions, d.Events} {
		if s.Given() {
			series = append(series, s)
		}
	}
	for date := now.Truncate(day); last.IsZero() && now.Sub(date) < longestSilence*day; date = date.Add(-day) {
		if series == nil {
			for _, part := range d.present(span{date, earlier(date.Add(day), now)}) {
				last = later(last, part.to)
			}
		}
		for _, s := range series {
			last = later(last, d.lastGrowth(s.On(daysBetween(d.test.Begins(), date)), date, now))
		}
	}
	return last
}

// lastGrowth returns when a figure of a day last grew while the device was present; zero if it did not.
func (d *device) lastGrowth(of testfile.Day, date, now time.Time) (last time.Time) {
	if of.Unknown {
		return last
	}
	for _, s := range stretches(of, date, d.test.Every()) {
		for _, part := range d.present(span{s.from, earlier(s.to, now)}) {
			if at, ok := s.last(part.to); ok && !at.Before(part.from) {
				last = later(last, at)
			}
		}
	}
	return last
}

// routed returns the routing of a route on a day, up to now.
func (w *world) routed(uid string, date, now time.Time) (u notehubtest.RouteUsage) {
	r, d := w.routes[uid], &device{Device: &testfile.Device{}, test: w.test}
	if r.Routed.Given() {
		u.Total = d.count("routed", r.Routed, date, now)
	}
	if r.Failures.Given() {
		u.Failed = d.count("route_failures", r.Failures, date, now)
	}
	if r.Latency.Given() {
		if of := r.Latency.On(daysBetween(w.test.Begins(), date)); !of.Unknown {
			latency := of.Total(date, w.polls)
			u.LatencyMS = &latency
		}
	}
	return u
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
