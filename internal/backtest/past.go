package backtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// wholeHour is the hour (UTC) of a day from which its data is complete. Before it, the day has no data.
const wholeHour = 23

// unlisted is the UID of a device for the usage of all devices that are no longer listed, which is part of the totals of the project.
const unlisted = "dev:no-longer-listed"

// maxCells bounds the memory of a backtest. When so many cells are kept, they are dropped and read again.
const maxCells = 1_000_000

// A past gives the usage of a project from the figures of a database. It is safe for concurrent use.
type past struct {
	read    func(column) ([]history.Cell, error)
	uid     string
	figures []rules.Figure // that rules read
	list    *usage.DeviceList
	fleets  []usage.Fleet
	routes  []usage.Route

	kept *kept
	err  error // the first one of the database
}

// A column is a figure of a block on a day.
type column struct {
	project string // UID
	block   int
	figure  rules.Figure
	day     rules.Day
}

// A kept holds what the pasts of a backtest have read.
type kept struct {
	mu      sync.Mutex
	columns map[column][]history.Cell
	rests   map[column]int64 // sums for devices that are not listed; block is 0
	cells   int              // in columns
}

func newKept() *kept {
	return &kept{columns: map[column][]history.Cell{}, rests: map[column]int64{}}
}

// add keeps a column. If there is no room for it, all others are dropped.
func (k *kept) add(c column, cells []history.Cell) {
	const overhead = 16 // of a column, in cells
	if k.cells >= maxCells {
		clear(k.columns)
		clear(k.rests)
		k.cells = 0
	}
	k.columns[c] = cells
	k.cells += len(cells) + overhead
}

// newPast reads the lists of a project.
func newPast(ctx context.Context, db *store.Store, uid string, figures []rules.Figure, k *kept) (p *past, err error) {
	p = &past{uid: uid, figures: figures, kept: k}
	p.read = func(c column) (cells []history.Cell, err error) {
		err = db.Usage.Columns(ctx, uid, c.block, c.figure, c.day, c.day, func(_ rules.Day, all []history.Cell) { cells = slices.Clone(all) })
		return cells, err
	}
	if p.list, err = db.Usage.DeviceList(ctx, uid); err != nil {
		return nil, err
	}
	if p.fleets, err = db.Usage.Fleets(ctx, uid); err != nil {
		return nil, err
	}
	routes, err := db.Usage.Routes(ctx, uid)
	p.routes = routes.Routes
	return p, err
}

// project returns the simulated project.
func (p *past) project(name string) notehubtest.Project {
	hub := notehubtest.Project{
		UID: p.uid, Name: name, Fleets: map[string]string{}, FleetSettings: map[string]notehubtest.FleetSettings{},
		RouteSettings: map[string]notehubtest.RouteSettings{},
		Script:        &notehubtest.Script{Usage: p.used, State: p.state, Routed: p.routed},
	}
	first := time.Now()
	for d := range p.list.All() {
		hub.Devices = append(hub.Devices, notehubtest.Device{UID: d.UID, Name: d.Name, Product: d.Product, Fleets: d.Fleets, Provisioned: d.Provisioned})
		if d.Provisioned.Before(first) {
			first = d.Provisioned
		}
	}
	hub.Devices = append(hub.Devices, notehubtest.Device{UID: unlisted, Provisioned: first, Removed: first})
	for _, f := range p.fleets {
		hub.Fleets[f.UID] = f.Name
		settings := notehubtest.FleetSettings{}
		if f.Assured != rules.NoData {
			settings.ConnectivityAssurance = new(f.Assured == rules.True)
		}
		hub.FleetSettings[f.UID] = settings
	}
	for _, r := range p.routes {
		hub.Routes = append(hub.Routes, r.UID)
		hub.RouteSettings[r.UID] = notehubtest.RouteSettings{Name: r.Name, Type: r.Type, Disabled: r.Disabled}
	}
	return hub
}

// failure returns the first error of the database.
func (p *past) failure() error {
	p.kept.mu.Lock()
	defer p.kept.mu.Unlock()
	return p.err
}

// state returns the identity of a device from the device list. Its state at that time is not known.
func (p *past) state(uid string, _ time.Time) (s notehubtest.State) {
	if place, ok := p.list.Find(uid); ok {
		d := p.list.At(place)
		s.SKU, s.Firmware, s.FirmwareHost, s.Disabled = d.SKU, d.Firmware, d.HostFirmware, d.Disabled
	}
	return s
}

// used returns the usage of a device on a day, as far as it is known at now.
func (p *past) used(uid string, date, now time.Time) (u notehubtest.Usage) {
	p.kept.mu.Lock()
	defer p.kept.mu.Unlock()
	for _, figure := range p.figures {
		if !figure.OfRoutes() {
			put(&u, figure, p.count(uid, figure, date, now))
		}
	}
	return u
}

const notKnown = -1 // is not a count, so it is no data

// count returns a figure of a device on a day.
func (p *past) count(uid string, figure rules.Figure, date, now time.Time) int64 {
	day := rules.DayOf(date)
	if day == rules.DayOf(now) && now.UTC().Hour() < wholeHour {
		return notKnown
	}
	if uid == unlisted {
		return p.rest(figure, day)
	}
	place, ok := p.list.Find(uid)
	if !ok {
		return 0
	}
	return number(figure, p.cell(p.list.Ordinal(place), figure, day))
}

// number returns the number in a cell.
func number(figure rules.Figure, cell history.Cell) int64 {
	switch {
	case cell.Known():
		return int64(cell.Float())
	case cell == history.Null && slices.Contains([]rules.Figure{rules.Reboots, rules.FwUpdates, rules.TLS}, figure):
		return notehubtest.Null
	}
	return notKnown
}

// cell returns a figure of a subject on a day.
func (p *past) cell(ordinal int, figure rules.Figure, day rules.Day) history.Cell {
	return history.At(p.column(column{p.uid, ordinal / history.BlockSize, figure, day}), ordinal%history.BlockSize)
}

// column returns a figure of a block on a day.
func (p *past) column(c column) []history.Cell {
	cells, ok := p.kept.columns[c]
	if ok {
		return cells
	}
	cells, err := p.read(c)
	if err != nil && p.err == nil {
		p.err = err
	}
	p.kept.add(c, cells)
	return cells
}

// rest returns the part of a project's total that belongs to devices that are not listed.
func (p *past) rest(figure rules.Figure, day rules.Day) int64 {
	key := column{p.uid, 0, figure, day}
	if rest, ok := p.kept.rests[key]; ok {
		return rest
	}
	rest := int64(notKnown) // the total has no data then
	if total := p.cell(0, figure, day); total.Known() {
		rest = int64(total.Float())
		for place := range p.list.Len() {
			if cell := p.cell(p.list.Ordinal(place), figure, day); cell.Known() {
				rest -= int64(cell.Float())
			}
		}
		rest = max(rest, 0)
	}
	p.kept.rests[key] = rest
	return rest
}

// put adds a figure to an answer.
func put(u *notehubtest.Usage, figure rules.Figure, n int64) {
	if name, ok := figure.Notefile(); ok {
		u.Notefiles = with(u.Notefiles, name, n)
		return
	}
	if name, ok := figure.Transport(); ok {
		u.Transports = with(u.Transports, name, n)
		return
	}
	fields := map[rules.Figure]*int64{
		rules.Bytes: &u.Bytes, rules.Sat: &u.Satellite, rules.SatPackets: &u.SatellitePackets, rules.Events: &u.Events,
		rules.EventsTotal: &u.EventsTotal, rules.Platform: &u.Platform, rules.Watchdog: &u.Watchdog, rules.Reboots: &u.Reboots,
		rules.FwUpdates: &u.FwUpdates, rules.Sessions: &u.Sessions, rules.SessionBytes: &u.SessionBytes, rules.TLS: &u.TLSSessions,
		rules.FirstSyncs: &u.FirstSyncs,
	}
	if field := fields[figure]; field != nil {
		*field = n
	}
}

func with(counts map[string]int64, name string, n int64) map[string]int64 {
	if counts == nil {
		counts = map[string]int64{}
	}
	counts[name] = n
	return counts
}

// routed returns the events of a route during a day.
func (p *past) routed(uid string, date, now time.Time) (u notehubtest.RouteUsage) {
	p.kept.mu.Lock()
	defer p.kept.mu.Unlock()
	day := rules.DayOf(date)
	at := slices.IndexFunc(p.routes, func(r usage.Route) bool { return r.UID == uid })
	if at < 0 || day == rules.DayOf(now) && now.UTC().Hour() < wholeHour {
		return notehubtest.RouteUsage{Total: notKnown, Failed: notKnown}
	}
	ordinal := p.routes[at].Ordinal
	u.Total = number(rules.Routed, p.cell(ordinal, rules.Routed, day))
	u.Failed = number(rules.RouteFailures, p.cell(ordinal, rules.RouteFailures, day))
	if cell := p.cell(ordinal, rules.RouteLatency, day); cell.Known() {
		latency := cell.Float()
		u.LatencyMS = &latency
	}
	return u
}
