package backtest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"notewatch/internal/rehearse"
	"notewatch/notehub/notehubtest"
)

const oneDay = 24 * time.Hour

// An input is what happens to a project: the same for every way to let rules work on it. Amounts grow within slots, from one poll to the next.
type input struct {
	start   time.Time
	days    int
	slot    time.Duration
	devices []*device
	route   *device
	fleets  []string
	faults  []fault
	hushes  []hush

	whole bool // Notehub shows a day only from its last hour on, and then all of it
}

// A device is a device, or a route, with what it uses.
type device struct {
	name          string
	fleets        []string
	firmware      string
	from, removed int // days since the start; a removed day of 0 is never
	metrics       []*amounts
	silent        [][2]int // slots since the start
}

// Amounts are those of one metric.
type amounts struct {
	metric string
	past   []int          // by day, up to the start; the first one is also that of each day before
	days   []*[]int       // by day and slot; nil is not known
	late   time.Duration  // counted so much later
	fixed  map[int]fixing // by day
}

// A fixing is a correction of a day.
type fixing struct {
	at time.Duration // since the start
	to int
}

// A fault is how Notehub answers from a slot on.
type fault struct {
	slot, slots int
	kind        notehubtest.FaultKind
	endpoint    string
}

// A hush is a silence of a rule.
type hush struct {
	slot, slots int
	rule        string
}

// metrics of devices, with what a device uses of them in a day.
var usual = map[string]int{"events": 30, "sessions": 20, "bytes": 9000, "sat": 90, "platform": 4, "routed": 40, "route_failures": 3}

// randomInput returns the input of a seed. Without trouble, nothing is late, corrected, unknown or broken.
func randomInput(random *rand.Rand, days int, trouble bool) *input {
	in := &input{
		start: time.Date(2025, time.Month(1+random.IntN(12)), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 20+random.IntN(12)), days: days,
		slot: []time.Duration{time.Hour, 2 * time.Hour}[random.IntN(2)], fleets: []string{"north", "south"},
	}
	for i := range 3 + random.IntN(3) {
		d := &device{name: fmt.Sprintf("pump-%d", i+1), firmware: fmt.Sprintf("%d.0.0", 1+random.IntN(2))}
		for _, fleet := range in.fleets {
			if random.IntN(2) == 0 {
				d.fleets = append(d.fleets, fleet)
			}
		}
		d.from = -400
		switch random.IntN(6) {
		case 0:
			d.from = random.IntN(days)
		case 1:
			d.removed = 1 + random.IntN(days)
		}
		for range random.IntN(3) {
			from := random.IntN(in.slots())
			d.silent = append(d.silent, [2]int{from, from + 1 + random.IntN(in.slots()/4)})
		}
		d.metrics = in.randomAmounts(random, trouble, "events", "sessions", "bytes", "platform", "sat")
		in.devices = append(in.devices, d)
	}
	in.route = &device{name: "CRM", from: -400, metrics: in.randomAmounts(random, false, "routed", "route_failures")}
	for range random.IntN(4) {
		in.hushes = append(in.hushes, hush{random.IntN(in.slots()), 1 + random.IntN(30), fmt.Sprintf("r%d", random.IntN(maxRules))})
	}
	if !trouble {
		return in
	}
	kinds := []notehubtest.FaultKind{notehubtest.ServerError, notehubtest.RateLimited, notehubtest.Cut, notehubtest.Truncated, notehubtest.Unauthorized}
	for range random.IntN(4) {
		f := fault{slot: random.IntN(in.slots()), slots: 1 + random.IntN(in.slots()/4), kind: kinds[random.IntN(len(kinds))]}
		f.endpoint = []string{"", "events", "data", "sessions", "devices", "route-logs"}[random.IntN(6)]
		in.faults = append(in.faults, f)
	}
	return in
}

// perDay returns the slots of a day.
func (in *input) perDay() int { return int(oneDay / in.slot) }

// slots returns the slots of all days.
func (in *input) slots() int { return in.days * in.perDay() }

// at returns the beginning of a slot.
func (in *input) at(slot int) time.Time { return in.start.Add(time.Duration(slot) * in.slot) }

// randomAmounts returns amounts of metrics, with days of much more and of nothing.
func (in *input) randomAmounts(random *rand.Rand, trouble bool, metrics ...string) (all []*amounts) {
	for _, metric := range metrics {
		a := &amounts{metric: metric, fixed: map[int]fixing{}}
		level := float64(usual[metric]) * (0.2 + 2*random.Float64())
		for range 40 {
			a.past = append(a.past, int(level*(0.5+random.Float64())))
		}
		for range in.days {
			factor := []float64{1, 1, 1, 1, 0, 5, 20}[random.IntN(7)]
			slots := make([]int, in.perDay())
			for i := range slots {
				slots[i] = int(2 * level * factor * random.Float64() / float64(len(slots)))
			}
			a.days = append(a.days, &slots)
		}
		if trouble {
			in.trouble(random, a)
		}
		all = append(all, a)
	}
	return all
}

// trouble makes amounts late, unknown or wrong at first.
func (in *input) trouble(random *rand.Rand, a *amounts) {
	if random.IntN(3) == 0 {
		a.late = min(time.Duration(1+random.IntN(8))*in.slot, 12*time.Hour)
	} else {
		for range random.IntN(3) {
			day := random.IntN(in.days)
			after := 1 + random.IntN(min(5, in.days-day)*in.perDay()-1) // later, it is not read again
			if random.IntN(2) == 0 {
				after = 1 + random.IntN(in.perDay()-1) // on the day itself
			}
			a.fixed[day] = fixing{time.Duration(day)*oneDay + time.Duration(after)*in.slot, random.IntN(3 * usual[a.metric])}
		}
	}
	for range random.IntN(2) {
		a.days[random.IntN(in.days)] = nil
	}
}

// absent reports whether a device is not there in a slot.
func (d *device) absent(slot, perDay int) bool {
	return slot < d.from*perDay || d.removed > 0 && slot >= d.removed*perDay ||
		slices.ContainsFunc(d.silent, func(s [2]int) bool { return slot >= s[0] && slot < s[1] })
}

// grown returns how much of n has come after a share of its time.
func grown(n int, share float64) int64 {
	return int64(math.Floor(float64(n)*min(max(share, 0), 1) + 0.5))
}

// counted returns what a device has used of a metric on a day, as far as Notehub has counted it at now; -1 is not known.
func (in *input) counted(d *device, a *amounts, date, now time.Time) int64 {
	if in.whole {
		if in.hidden(date, now) {
			return -1
		}
		now = later(now, date.Add(oneDay).Add(20*oneDay)) // with all that comes late
	}
	now = now.Add(-a.late)
	if !now.After(date) {
		return 0
	}
	day := int(math.Floor(date.Sub(in.start).Hours() / 24))
	if day >= 0 && a.days[min(day, in.days-1)] == nil {
		return -1
	}
	value := in.sum(d, a, day, now.Sub(date))
	if fix, ok := a.fixed[day]; ok && !now.Before(in.start.Add(fix.at)) {
		value += int64(fix.to) - in.sum(d, a, day, fix.at-time.Duration(day)*oneDay)
	}
	return value
}

// hidden reports whether a day is not shown yet.
func (in *input) hidden(date, now time.Time) bool {
	return in.whole && date.Equal(now.Truncate(oneDay)) && now.Hour() < 23
}

// sum returns what a device has used on a day up to so long after its beginning.
func (in *input) sum(d *device, a *amounts, day int, elapsed time.Duration) (total int64) {
	if day < 0 {
		if d.absent(day*in.perDay(), in.perDay()) {
			return 0
		}
		return grown(a.past[max(0, len(a.past)+day)], float64(elapsed)/float64(oneDay))
	}
	slots := *a.days[min(day, in.days-1)]
	for i, n := range slots {
		if !d.absent(day*len(slots)+i, in.perDay()) {
			total += grown(n, float64(elapsed-time.Duration(i)*in.slot)/float64(in.slot))
		}
	}
	return total
}

// lastActive returns when a device last had a session or an event.
func (in *input) lastActive(d *device, now time.Time) (last time.Time) {
	for _, a := range d.metrics {
		if a.metric == "events" || a.metric == "sessions" {
			last = later(last, in.lastGrowth(d, a, now))
		}
	}
	return last
}

// lastGrowth returns when a metric of a device last grew.
func (in *input) lastGrowth(d *device, a *amounts, now time.Time) time.Time {
	within := func(from time.Time, n int, length time.Duration) time.Time {
		come := grown(n, float64(now.Sub(from))/float64(length))
		if come == 0 {
			return time.Time{}
		}
		return from.Add(time.Duration((float64(come) - 0.5) / float64(n) * float64(length)))
	}
	for slot := int(now.Sub(in.start) / in.slot); slot >= 0 && !now.Before(in.start); slot-- {
		day := min(slot/in.perDay(), in.days-1)
		if a.days[day] == nil || d.absent(slot, in.perDay()) {
			continue
		}
		if at := within(in.at(slot), (*a.days[day])[slot%in.perDay()], in.slot); !at.IsZero() {
			return at
		}
	}
	for day := -1; day > -60; day-- {
		if d.absent(day*in.perDay(), in.perDay()) {
			break
		}
		if at := within(in.start.AddDate(0, 0, day), a.past[max(0, len(a.past)+day)], oneDay); !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// uid returns the UID of a device.
func (d *device) uid() string { return "dev:" + d.name }

// hub returns the simulated Notehub of an input.
func (in *input) hub(now func() time.Time) *notehubtest.Server {
	byUID := map[string]*device{}
	p := notehubtest.Project{
		UID: "app:1", Name: "cold-chain", Fleets: map[string]string{}, FleetSettings: map[string]notehubtest.FleetSettings{},
		Routes: []string{"route:CRM"}, RouteSettings: map[string]notehubtest.RouteSettings{"route:CRM": {Name: "CRM", Type: "http"}},
	}
	for _, name := range in.fleets {
		p.Fleets["fleet:"+name], p.FleetSettings["fleet:"+name] = name, notehubtest.FleetSettings{}
	}
	for _, d := range in.devices {
		byUID[d.uid()] = d
		one := notehubtest.Device{UID: d.uid(), Name: d.name, Provisioned: in.start.AddDate(0, 0, d.from)}
		if d.removed > 0 {
			one.Removed = in.start.AddDate(0, 0, d.removed)
			if in.whole {
				one.Removed = one.Provisioned // of which a backtest knows only what it adds to the totals
			}
		}
		for _, name := range d.fleets {
			one.Fleets = append(one.Fleets, "fleet:"+name)
		}
		p.Devices = append(p.Devices, one)
	}
	p.Script = &notehubtest.Script{
		Usage: func(uid string, date, now time.Time) notehubtest.Usage { return in.usage(byUID[uid], date, now) },
		State: func(uid string, now time.Time) notehubtest.State {
			s := notehubtest.State{SKU: "NOTE-NBGL-500", Firmware: "notecard-9", FirmwareHost: byUID[uid].firmware}
			if !in.whole {
				s.LastActivity, s.Voltage, s.Temperature = in.lastActive(byUID[uid], now), 3.5, 21
			}
			return s
		},
		Routed: func(_ string, date, now time.Time) notehubtest.RouteUsage {
			latency := 80.0
			return notehubtest.RouteUsage{
				Total: in.counted(in.route, in.route.metrics[0], date, now), Failed: in.counted(in.route, in.route.metrics[1], date, now), LatencyMS: &latency,
			}
		},
	}
	return notehubtest.New(notehubtest.Config{Now: now, Token: rehearse.Token, Projects: []notehubtest.Project{p}, Organizations: []notehubtest.Organization{
		{UID: "org:test", Name: "test", Type: "Enterprise", Capacity: 30_000, Start: time.Date(in.start.Year(), 1, 1, 0, 0, 0, 0, time.UTC)},
	}})
}

func (in *input) usage(d *device, date, now time.Time) (u notehubtest.Usage) {
	for _, a := range d.metrics {
		*map[string]*int64{"events": &u.Events, "sessions": &u.Sessions, "bytes": &u.Bytes, "platform": &u.Platform, "sat": &u.Satellite}[a.metric] = in.counted(d, a, date, now)
	}
	if in.hidden(date, now) {
		u.Satellite, u.SatellitePackets, u.Watchdog, u.Reboots, u.FwUpdates, u.SessionBytes, u.TLSSessions, u.FirstSyncs = -1, -1, -1, -1, -1, -1, -1, -1
	}
	u.EventsTotal = u.Events + u.Platform
	if u.Events < 0 || u.Platform < 0 {
		u.EventsTotal = -1
	}
	return u
}

// faultsAt returns the faults in effect in a slot.
func (in *input) faultsAt(slot int) (all []notehubtest.Fault) {
	for _, f := range in.faults {
		if slot < f.slot || slot >= f.slot+f.slots {
			continue
		}
		endpoint := notehubtest.Endpoint(f.endpoint)
		if f.endpoint != "" && f.endpoint != "devices" {
			endpoint = "usage/" + endpoint
		}
		all = append(all, notehubtest.Fault{Kind: f.kind, Endpoint: endpoint})
	}
	return all
}

// instant writes an instant as rule tests do.
func instant(since time.Duration) string {
	days := int(since / oneDay)
	rest := since - time.Duration(days)*oneDay
	return fmt.Sprintf("%dd %02d:%02d", days, int(rest.Hours()), int(rest.Minutes())%60)
}

// test writes the input as a rule test, without what is expected.
func (in *input) test() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("- name: random\n  start: %s\n  days: %d\n  poll: %dm", in.start.Format(time.DateOnly), in.days, int(in.slot.Minutes()))
	line("  organization: {type: Enterprise, capacity: 30000, start: %d-01-01}\n  devices:", in.start.Year())
	for _, d := range in.devices {
		line("    %s:\n      uid: %s\n      fleets: [%s]\n      provisioned: %s", d.name, d.uid(), strings.Join(d.fleets, ", "), in.start.AddDate(0, 0, d.from).Format(time.DateOnly))
		line("      is: {sku: NOTE-NBGL-500, firmware: notecard-9, host_firmware: '%s', voltage: 3.5, temperature: 21}", d.firmware)
		if d.removed > 0 {
			line("      removed: %s", instant(time.Duration(d.removed)*oneDay))
		}
		var late []string
		for _, a := range d.metrics {
			line("      %s: %s", a.metric, a.series())
			if a.late > 0 {
				late = append(late, fmt.Sprintf("%s: %dh", a.metric, int(a.late.Hours())))
			}
		}
		line("      late: {%s}", strings.Join(late, ", "))
	}
	line("  routes:\n    CRM: {uid: 'route:CRM', type: http, routed: '%s', route_failures: '%s', route_latency: 80}", in.route.metrics[0].series(), in.route.metrics[1].series())
	line("  fleets: {north: {}, south: {}}\n  steps:")
	for _, d := range in.devices {
		for _, s := range d.silent {
			line("    - {at: %s, for: %dh, device: %s, silent: true}", instant(time.Duration(s[0])*in.slot), (s[1]-s[0])*int(in.slot.Hours()), d.name)
		}
		for _, a := range d.metrics {
			for day, fix := range a.fixed {
				line("    - {at: %s, device: %s, correct: {metric: %s, day: %dd, to: %d}}", instant(fix.at), d.name, a.metric, day, fix.to)
			}
		}
	}
	for _, f := range in.faults {
		endpoint := ""
		if f.endpoint != "" {
			endpoint = ", endpoint: " + f.endpoint
		}
		line("    - {at: %s, for: %dh, notehub: %s%s}", instant(time.Duration(f.slot)*in.slot), f.slots*int(in.slot.Hours()), f.kind, endpoint)
	}
	for _, h := range in.hushes {
		line("    - {at: %s, for: %dh, silence: {rule: %s}, by: amy, because: work}", instant(time.Duration(h.slot)*in.slot), h.slots*int(in.slot.Hours()), h.rule)
	}
	return strings.TrimSuffix(b.String(), "  steps:\n")
}

// series writes amounts in the notation of rule tests.
func (a *amounts) series() string {
	join := func(numbers []int) string { return strings.Trim(fmt.Sprint(numbers), "[]") }
	days := []string{join(a.past), "|"}
	for _, slots := range a.days {
		if slots == nil {
			days = append(days, "_")
			continue
		}
		days = append(days, "["+join(*slots)+"]")
	}
	return strings.Join(days, " ")
}
