package notehubtest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// A project is a Project with the incidents of each device.
type project struct {
	Project
	devices []*device
	byUID   map[string]*device
}

func newProject(seed uint64, given Project) *project {
	p := &project{Project: given, byUID: map[string]*device{}}
	if len(p.Routes) == 0 && given.Script == nil {
		p.Routes = []string{fmt.Sprintf("route:%016x%016x", hash(given.UID), hash("route "+given.UID))}
	}
	for _, d := range given.Devices {
		if d.UID == "" || p.byUID[d.UID] != nil {
			panic(fmt.Sprintf("notehubtest: the UID of device %q is missing or comes twice", d.UID))
		}
		if _, ok := profiles[d.Archetype]; !ok && given.Script == nil {
			panic(fmt.Sprintf("notehubtest: device %q has the unknown archetype %q", d.UID, d.Archetype))
		}
		if d.Product == "" {
			d.Product = given.ProductUID
		}
		known := newSimulated(seed, d)
		for _, uid := range d.Fleets {
			known.join(given.FleetSettings[uid])
		}
		p.devices = append(p.devices, known)
		p.byUID[d.UID] = known
	}
	for _, incident := range given.Incidents {
		p.befall(incident)
	}
	for _, d := range p.devices {
		d.absent = merged(d.absent)
	}
	return p
}

// befall adds an incident to its devices.
func (p *project) befall(incident Incident) {
	for _, uid := range incident.Routes {
		if !slices.Contains(p.Routes, uid) {
			panic(fmt.Sprintf("notehubtest: %s befall the unknown route %q", incident.Kind, uid))
		}
	}
	for _, uid := range incident.Devices {
		d := p.byUID[uid]
		switch {
		case d == nil:
			panic(fmt.Sprintf("notehubtest: a %s befalls the unknown device %q", incident.Kind, uid))
		case incident.Kind == Silence:
			d.absent = append(d.absent, span{incident.Start, incident.end()})
		default:
			if incident.Kind == SatelliteFallback && d.psid == "" {
				d.psid = fmt.Sprintf("skylo:%013d", hash("satellite "+d.UID)%1e13)
			}
			d.incidents = append(d.incidents, incident)
		}
	}
}

func newSimulated(seed uint64, given Device) *device {
	if given.Provisioned.IsZero() {
		given.Provisioned = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	given.FirmwareHost = cmp.Or(given.FirmwareHost, "1.0.0")
	given.Firmware = cmp.Or(given.Firmware, "notecard-8.1.3.17074")
	given.Provisioned = given.Provisioned.UTC()
	d := &device{Device: given, profile: profiles[given.Archetype], key: seed ^ hash(given.UID)}
	source := rand.New(rand.NewPCG(d.key, 0)) //nolint:gosec // a simulation must be repeatable
	d.phase = 0.05 + 0.9*source.Float64()
	d.sessionBytes = d.profile.sessionBytes * logNormal(source, d.profile.bytesSpread)
	d.wifi = source.Float64() < d.profile.wifi
	d.usedBefore = source.Int64N(300_000_000)
	d.iccids = []string{fmt.Sprintf("8901%016d", source.Int64N(1e16))}
	if source.Float64() < 0.03 {
		d.iccids = append(d.iccids, fmt.Sprintf("8988%016d", source.Int64N(1e16)))
	}
	if d.Archetype == Satellite {
		d.psid = fmt.Sprintf("skylo:%013d", source.Int64N(1e13))
	}
	d.absent = []span{{to: d.Provisioned}}
	if !d.Removed.IsZero() {
		d.absent = append(d.absent, span{d.Removed, d.Removed.AddDate(1000, 0, 0)})
	}
	return d
}

// listed reports whether the device is in the device list.
func (d *device) listed(now time.Time) bool {
	return !now.Before(d.Provisioned) && (d.Removed.IsZero() || now.Before(d.Removed))
}

// merged joins spans that overlap, so that no time counts twice.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	joined := spans[:0]
	for _, s := range spans {
		if last := len(joined) - 1; last >= 0 && !s.from.After(joined[last].to) {
			joined[last].to = later(joined[last].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// selected returns the devices that a query asks for.
func (q *query) selected() []*device {
	if len(q.devices) == 0 && len(q.fleets) == 0 {
		return q.project.devices
	}
	devices, fleets := setOf(q.devices), setOf(q.fleets)
	var some []*device
	for _, d := range q.project.devices {
		wanted := len(devices) == 0 || devices[d.UID]
		if wanted && (len(fleets) == 0 || slices.ContainsFunc(d.Fleets, func(uid string) bool { return fleets[uid] })) {
			some = append(some, d)
		}
	}
	return some
}

func setOf(uids []string) map[string]bool {
	set := make(map[string]bool, len(uids))
	for _, uid := range uids {
		set[uid] = true
	}
	return set
}

// A period is a time of which usage is summed. Only days from first and before next were requested.
type period struct {
	start       time.Time // of the whole day, week or month
	first, next time.Time
	days        int64 // of the whole
}

// periods returns the periods of the query, oldest first. A day that was requested in part is answered as a whole.
func (q *query) periods() []period {
	var list []period
	for date := q.start.Truncate(day); date.Before(q.end); date = list[len(list)-1].next {
		p := periodOf(q.period, date)
		p.first = date
		if p.next.After(q.end) {
			p.next = q.end.Add(day - 1).Truncate(day)
		}
		list = append(list, p)
	}
	return list
}

// periodOf returns the whole period that contains a date. Weeks begin on Mondays, as in ISO 8601.
func periodOf(kind string, date time.Time) period {
	switch kind {
	case "week":
		monday := date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
		return period{start: monday, next: monday.AddDate(0, 0, 7), days: 7}
	case "month":
		first := time.Date(date.Year(), date.Month(), 1, 0, 0, 0, 0, time.UTC)
		next := first.AddDate(0, 1, 0)
		return period{start: first, next: next, days: int64(next.Sub(first) / day)}
	}
	return period{start: date, next: date.Add(day), days: 1}
}

// A total is the usage of one device, fleet or project in one period.
type total struct {
	device  *device // of a device
	fleet   string  // UID, of a fleet
	period  period
	devices int64 // that used anything
	figures Figures
	events  map[string]int64 // billed ones of a fleet or project, by notefile
}

// notefiles yields how many events went into each notefile.
func (t *total) notefiles(yield func(string, int64) bool) {
	if t.device != nil && !yield(t.device.profile.notefile, t.figures.Events) {
		return
	}
	for name, n := range t.events {
		if !yield(name, n) {
			return
		}
	}
	_ = yield(watchdogNotefile, t.figures.WatchdogEvents) &&
		yield("_session.qo", t.figures.SessionEvents) &&
		yield("_health.qo", t.figures.HealthEvents) &&
		yield("_geolocate.qo", t.figures.GeolocateEvents) &&
		yield("_log.qo", t.figures.LogEvents)
}

// add adds the usage of a device to the total of a fleet or project.
func (t *total) add(d *device, f *Figures) {
	if t.events == nil {
		t.events = map[string]int64{}
	}
	t.devices++
	t.events[d.profile.notefile] += f.Events
	t.figures.add(f)
}

// totals sums usage as the query asks. As in Notehub's answers, there is no total without usage.
func (q *query) totals() []total {
	periods := q.periods()
	if len(periods) > 0 { // there is no usage before devices exist
		periods = slices.DeleteFunc(periods, func(p period) bool { return !p.next.After(q.project.beginning()) })
	}
	var all []total
	sums := map[string][]total{} // by fleet; "" is the project
	for _, d := range q.selected() {
		for i, p := range periods {
			figures := d.sum(p, q.now)
			if figures == (Figures{}) {
				continue
			}
			if q.aggregate == "device" {
				all = append(all, total{device: d, period: p, devices: 1, figures: figures})
				continue
			}
			for _, key := range q.groups(d) {
				if sums[key] == nil {
					sums[key] = make([]total, len(periods))
				}
				sum := &sums[key][i]
				sum.fleet, sum.period = key, p
				sum.add(d, &figures)
			}
		}
	}
	for _, list := range sums {
		all = append(all, slices.DeleteFunc(list, func(t total) bool { return t.devices == 0 })...)
	}
	slices.SortStableFunc(all, func(a, b total) int { return cmp.Compare(a.fleet, b.fleet) })
	return all
}

// groups returns the fleets, or the project, that a device's usage counts for.
func (q *query) groups(d *device) []string {
	if q.aggregate == "fleet" {
		return d.Fleets
	}
	return []string{""}
}

// beginning returns the day on which the first device was provisioned.
func (p *project) beginning() (first time.Time) {
	for i, d := range p.devices {
		if i == 0 || d.Provisioned.Before(first) {
			first = d.Provisioned
		}
	}
	return first.Truncate(day)
}

// sum returns the usage of the device in the requested days of a period.
func (d *device) sum(p period, now time.Time) (sum Figures) {
	for date := p.first; date.Before(p.next); date = date.Add(day) {
		if date.Add(day).After(d.Provisioned) {
			figures := d.figures(date, now)
			sum.add(&figures)
		}
	}
	return sum
}
