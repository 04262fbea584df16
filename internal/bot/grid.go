package bot

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/rules"
)

// An endpoint is one kind of usage that Notehub answers.
type endpoint struct {
	name      string
	figures   []rules.Figure // that its rows carry
	whole     bool           // a row is all there is of its device and day; else rows of a device add up
	summaries bool           // can be asked for its summary tables only
	fetch     func(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, summariesOnly bool, g *grid) (truncated bool, err error)
}

// endpoints returns those that the rules read.
func (b *Bot) endpoints() []endpoint {
	all := []endpoint{
		{"events", []rules.Figure{rules.Events, rules.EventsTotal, rules.Platform, rules.Watchdog, rules.Reboots, rules.FwUpdates}, true, true, fetchEvents},
		{"sessions", []rules.Figure{rules.Sessions, rules.SessionBytes, rules.TLS, rules.FirstSyncs}, true, true, fetchSessions},
		{"data", []rules.Figure{rules.Bytes, rules.Sat}, false, false, fetchData},
	}
	return slices.DeleteFunc(all, func(e endpoint) bool {
		return !slices.ContainsFunc(e.figures, func(f rules.Figure) bool { return slices.Contains(b.reads.Figures, f) })
	})
}

func fetchEvents(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, summariesOnly bool, g *grid) (bool, error) {
	return c.EventsUsage(ctx, project, notehub.EventsQuery{UsageQuery: q, SkipRecentData: summariesOnly}, func(row notehub.EventsRow) error {
		billable := row.Billable
		if !billable.Known && row.Total.Known && row.Platform.Known {
			billable = notehub.Count{N: row.Total.N - row.Platform.N, Known: true}
		}
		g.add(row.Device, row.Period, rules.Events, billable)
		g.add(row.Device, row.Period, rules.EventsTotal, row.Total)
		g.add(row.Device, row.Period, rules.Platform, row.Platform)
		g.add(row.Device, row.Period, rules.Watchdog, row.Watchdog)
		g.add(row.Device, row.Period, rules.Reboots, row.Reboots)
		g.add(row.Device, row.Period, rules.FwUpdates, row.FwUpdates)
		return nil
	})
}

func fetchSessions(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, summariesOnly bool, g *grid) (bool, error) {
	return c.SessionsUsage(ctx, project, notehub.SessionsQuery{UsageQuery: q, SkipRecentData: summariesOnly}, func(row notehub.SessionsRow) error {
		g.add(row.Device, row.Period, rules.Sessions, row.Sessions)
		g.add(row.Device, row.Period, rules.SessionBytes, row.Bytes)
		g.add(row.Device, row.Period, rules.TLS, row.TLS)
		g.add(row.Device, row.Period, rules.FirstSyncs, row.FirstSyncs)
		return nil
	})
}

func fetchData(ctx context.Context, c *notehub.Client, project string, q notehub.UsageQuery, _ bool, g *grid) (bool, error) {
	return c.DataUsage(ctx, project, q, func(row notehub.DataRow) error {
		if row.Type == "satellite" {
			billable := row.Billable
			if !billable.Known {
				billable = row.Total
			}
			g.add(row.Device, row.Period, rules.Sat, billable)
			return nil
		}
		g.add(row.Device, row.Period, rules.Bytes, row.Total)
		return nil
	})
}

// A grid gathers the rows of one answer by device and day, and the project's total of each day. A figure is zero until a row
// says otherwise, and NaN once a row leaves it out.
type grid struct {
	first   rules.Day
	days    int
	devices []store.Device
	index   map[string]int  // of devices
	cells   []rules.Figures // by device, then day
	seen    []bool          // which cells had a row
	totals  []rules.Figures // by day, of all devices in the answer, listed or not

	truncated bool // Notehub cut the answer short
	stale     bool // made of summary tables only, in which the newest of today is missing
}

func newGrid(devices []store.Device, first, last rules.Day) *grid {
	days := int(last-first) + 1
	g := &grid{
		first: first, days: days, devices: devices,
		index:  make(map[string]int, len(devices)),
		cells:  make([]rules.Figures, len(devices)*days),
		seen:   make([]bool, len(devices)*days),
		totals: make([]rules.Figures, days),
	}
	for i, d := range devices {
		g.index[d.UID] = i
	}
	return g
}

// add takes in one figure of a row. A row of a day outside the window is left out: it may cover only a part of that day.
func (g *grid) add(device string, period time.Time, figure rules.Figure, count notehub.Count) {
	day := int(rules.DayOf(period) - g.first)
	if day < 0 || day >= g.days {
		return
	}
	value := math.NaN()
	if count.Known {
		value = float64(count.N)
	}
	g.totals[day][figure] += value
	if i, ok := g.index[device]; ok {
		g.cells[i*g.days+day][figure] += value
		g.seen[i*g.days+day] = true
	}
}

// usage returns what the answer says of each listed device that existed, and of the project. A device without a row used
// nothing, but not if the answer was truncated: then only whole rows count. What the answer leaves open of a day that was
// never read since it ended, which is any from open on, is no data; days before that stay as they were known.
func (g *grid) usage(e endpoint, today, open rules.Day) []store.Usage {
	rows := make([]store.Usage, 0, len(g.cells)+g.days)
	for i, device := range g.devices {
		born := rules.DayOf(device.Provisioned)
		for d := range g.days {
			day, cell, seen := g.first+rules.Day(d), g.cells[i*g.days+d], g.seen[i*g.days+d]
			switch stale := g.stale && day == today; {
			case !g.truncated && !stale && (seen || day >= born), g.truncated && !stale && e.whole && seen:
				rows = append(rows, store.Usage{Device: device.UID, Day: day, Figures: cell})
			case day >= open && day >= born:
				rows = append(rows, store.Usage{Device: device.UID, Day: day, Figures: rules.Unknown()})
			}
		}
	}
	for d, total := range g.totals {
		switch day := g.first + rules.Day(d); {
		case !g.truncated && (!g.stale || day != today):
			rows = append(rows, store.Usage{Day: day, Figures: total})
		case day >= open:
			rows = append(rows, store.Usage{Day: day, Figures: rules.Unknown()})
		}
	}
	return rows
}
