package onboard

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// A view is what the database knows about the chosen projects.
type view struct {
	today    rules.Day
	projects []viewedProject
	devices  int
	plans    int // devices whose SIM has a plan
	assured  bool
	remote   int // devices that can use satellites, or did
	routes   int
	biggest  int                // devices of the project that has the most
	totals   map[string]float64 // of the last 30 complete days, by figure
	usual    map[string][]level // of fleets, by the name of the rule
}

// A viewedProject is a project with what it used.
type viewedProject struct {
	notehub.Project
	devices int
	events  float64 // on the last 30 complete days; NaN if not all are known
}

// A level is what is usual in a fleet: none of its devices, except odd ones, exceeds it on eight of 35 days.
type level struct {
	fleet, name string // UID and name; "" for devices without a fleet
	devices     int    // with days that are known
	value       float64
	device      string // name of the device with that value
	odd         int    // devices at several times what the others of the fleet use
}

const (
	month     = 30 // complete days
	otherDays = 7  // days of 35 on which a device may exceed what is usual; an incident of a week is not usual
	oddTimes  = 5  // times the median of the other devices
	oddPeers  = 5  // devices that a fleet must have before one can be odd
)

// A measure is a value of a device on each day, and the usual value of its days.
type measure struct {
	rule    string
	figures []rules.Figure
	daily   func(values []float64) float64 // of the figures on one day; NaN is no data
	usual   func(sorted []float64) float64 // computes the usual value from the known days, highest first
}

func first(values []float64) float64 { return values[0] }

// exceptional returns the value that days exceed no more than otherDays times.
func exceptional(sorted []float64) float64 { return sorted[otherDays] }

// monthly returns the sum of 30 days that do not exceed what is usual.
func monthly(sorted []float64) float64 {
	sum := 0.0
	for _, value := range sorted {
		sum += min(value, exceptional(sorted))
	}
	return month * sum / float64(len(sorted))
}

// tlsShare returns the share of sessions over TLS in percent, of a day with more than ten.
func tlsShare(values []float64) float64 {
	if !(values[1] > 10) {
		return math.NaN()
	}
	return 100 * values[0] / values[1]
}

// viewOf reads what a database knows about projects.
func viewOf(ctx context.Context, db *store.Store, today rules.Day, projects []notehub.Project) (*view, error) {
	v := &view{today: today, totals: map[string]float64{}, usual: map[string][]level{}}
	found := map[string]map[string]*gathered{}
	for _, m := range measures {
		found[m.rule] = map[string]*gathered{}
	}
	for _, p := range projects {
		if err := v.add(ctx, db, p, found); err != nil {
			return nil, err
		}
	}
	for rule, fleets := range found {
		for _, g := range fleets {
			g.findOdd()
		}
		for _, g := range fleets {
			v.usual[rule] = append(v.usual[rule], g.level())
		}
		slices.SortFunc(v.usual[rule], func(a, b level) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.fleet, b.fleet)) })
	}
	return v, nil
}

// A habit is what is usual for one device.
type habit struct {
	device string // its name
	value  float64
	fleets int // that it is in
	oddIn  int // of them
}

// odd reports whether the device is odd in all of its fleets. A device that is odd in a mixed fleet, but not in a fleet of its kind, is not
// odd.
func (h *habit) odd() bool { return h.oddIn == h.fleets }

// A gathered holds the habits of the devices of a fleet.
type gathered struct {
	uid, name string
	habits    []*habit
}

// add adds a project.
func (v *view) add(ctx context.Context, db *store.Store, p notehub.Project, found map[string]map[string]*gathered) error {
	list, err := db.Usage.DeviceList(ctx, p.UID)
	if err != nil {
		return err
	}
	fleets, err := db.Usage.Fleets(ctx, p.UID)
	if err != nil {
		return err
	}
	routes, err := db.Usage.Routes(ctx, p.UID)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, f := range fleets {
		names[f.UID] = f.Name
		v.assured = v.assured || f.Assured == rules.True
	}
	one := viewedProject{Project: p, devices: list.Len(), events: math.NaN()}
	for _, figure := range []rules.Figure{rules.Bytes, rules.Sat, rules.Events, rules.Transport("ntn")} {
		total, days, err := v.total(ctx, db, p.UID, figure)
		if err != nil {
			return err
		}
		v.totals[string(figure)] += total
		if figure == rules.Events && days == month {
			one.events = total
		}
	}
	v.projects = append(v.projects, one)
	v.devices, v.routes, v.biggest = v.devices+list.Len(), v.routes+len(routes.Routes), max(v.biggest, list.Len())
	return v.addDevices(ctx, db, p.UID, list, names, found)
}

// total returns the sum of a figure of a project over the last 30 complete days, and how many of them are known.
func (v *view) total(ctx context.Context, db *store.Store, project string, figure rules.Figure) (sum float64, days int, err error) {
	err = db.Usage.Cells(ctx, project, 0, figure, v.today-month, v.today-1, func(_ rules.Day, cell history.Cell) {
		if cell.Known() {
			sum += cell.Float()
			days++
		}
	})
	return sum, days, err
}

// addDevices adds the devices of a project, block by block.
func (v *view) addDevices(
	ctx context.Context, db *store.Store, project string, list *usage.DeviceList, names map[string]string, found map[string]map[string]*gathered,
) error {
	blocks := map[int][]usage.Device{}
	for d := range list.All() {
		blocks[d.Ordinal/history.BlockSize] = append(blocks[d.Ordinal/history.BlockSize], d)
		if d.Plan != nil {
			v.plans++
		}
		if strings.Contains(d.SKU, satelliteSKU) {
			v.remote++
		}
	}
	for block, devices := range blocks {
		for _, m := range measures {
			days, err := m.read(ctx, db, project, block, v.today)
			if err != nil {
				return err
			}
			for _, d := range devices {
				m.add(found[m.rule], names, d, days)
			}
		}
	}
	return nil
}

// satelliteSKU is in the SKUs of Notecards with a Starnote.
const satelliteSKU = "STAR"

// read returns the columns of the figures of a measure, by figure and then by day.
func (m measure) read(ctx context.Context, db *store.Store, project string, block int, today rules.Day) ([][metric.HistoryDays][]history.Cell, error) {
	all := make([][metric.HistoryDays][]history.Cell, len(m.figures))
	from := today - metric.HistoryDays
	for i, figure := range m.figures {
		err := db.Usage.Columns(ctx, project, block, figure, from, today-1, func(day rules.Day, cells []history.Cell) {
			all[i][day-from] = slices.Clone(cells)
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add adds the habit of a device to its fleets.
func (m measure) add(fleets map[string]*gathered, names map[string]string, d usage.Device, days [][metric.HistoryDays][]history.Cell) {
	known, values := make([]float64, 0, metric.HistoryDays), make([]float64, len(m.figures))
	for day := range metric.HistoryDays {
		for i := range m.figures {
			values[i] = history.At(days[i][day], d.Ordinal%history.BlockSize).Float()
		}
		if value := m.daily(values); !math.IsNaN(value) {
			known = append(known, value)
		}
	}
	if len(known) <= otherDays {
		return
	}
	slices.SortFunc(known, func(a, b float64) int { return cmp.Compare(b, a) })
	uids := d.Fleets
	if len(uids) == 0 {
		uids = []string{""}
	}
	h := &habit{device: d.Name, value: m.usual(known), fleets: len(uids)}
	for _, uid := range uids {
		g := fleets[uid]
		if g == nil {
			g = &gathered{uid: uid, name: cmp.Or(names[uid], uid)}
			fleets[uid] = g
		}
		g.habits = append(g.habits, h)
	}
}

// findOdd marks the devices that are odd in the fleet.
func (g *gathered) findOdd() {
	if len(g.habits) < oddPeers {
		return
	}
	values := make([]float64, len(g.habits))
	for i, h := range g.habits {
		values[i] = h.value
	}
	slices.Sort(values)
	median := values[len(values)/2]
	for _, h := range g.habits {
		if median > 0 && h.value > oddTimes*median {
			h.oddIn++
		}
	}
}

// level returns what is usual in the fleet.
func (g *gathered) level() level {
	l := level{fleet: g.uid, name: g.name, devices: len(g.habits)}
	for _, h := range g.habits {
		switch {
		case h.odd():
			l.odd++
		case l.device == "" || h.value > l.value:
			l.value, l.device = h.value, h.device
		}
	}
	return l
}
