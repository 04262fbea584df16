package storetest

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// Figures are the figures of one subject on one day. NaN is no data; a missing figure is 0.
type Figures map[rules.Figure]float64

// Unknown returns figures without a key, all without data.
func Unknown() Figures {
	figures := Figures{}
	for _, figure := range rules.PlainFigures() {
		figures[figure] = math.NaN()
	}
	return figures
}

// A Usage holds the figures of one device on one day. Device "" is the project's total.
type Usage struct {
	Device  string
	Day     rules.Day
	Figures Figures
}

// SaveDevices replaces the device list of a project, as a poll does.
func SaveDevices(t testing.TB, s *store.Store, project string, devices []usage.Device, read time.Time) {
	t.Helper()
	poll(t, s, project, func(lease work.Lease) { saveDevices(t, s, lease, devices, read) })
}

func saveDevices(t testing.TB, s *store.Store, lease work.Lease, devices []usage.Device, read time.Time) {
	t.Helper()
	require.NoError(t, s.Usage.SaveDevices(t.Context(), lease, usage.NewDeviceList(devices...), read, nil))
}

// SaveUsage stores usage, as a poll on the last of its days does. which lists the figures that were read; empty means all without a key.
// NaN is not known. A device and day without a row is not mentioned.
//
// A device without an ordinal gets one: it was listed for a moment, or stays listed if no device list was ever read.
func SaveUsage(t testing.TB, s *store.Store, project string, rows []Usage, which ...rules.Figure) {
	t.Helper()
	if len(rows) == 0 {
		return
	}
	poll(t, s, project, func(lease work.Lease) {
		list(t, s, lease, rows)
		reading := readingOf(t, s, project, rows, which)
		require.NoError(t, s.Usage.SaveReading(t.Context(), lease, reading))
	})
}

// list makes sure that the devices of rows have ordinals.
func list(t testing.TB, s *store.Store, lease work.Lease, rows []Usage) {
	t.Helper()
	stored, err := s.Usage.DeviceList(t.Context(), lease.Key)
	require.NoError(t, err)
	all := slices.Collect(stored.All())
	seen := map[string]bool{"": true}
	for _, row := range rows {
		if seen[row.Device] {
			continue
		}
		seen[row.Device] = true
		if _, ok, err := s.Usage.Ordinal(t.Context(), lease.Key, row.Device); err != nil || ok {
			require.NoError(t, err)
			continue
		}
		all = append(all, usage.Device{UID: row.Device, Name: row.Device})
	}
	if len(all) == stored.Len() {
		return
	}
	if stored.Version == 0 {
		saveDevices(t, s, lease, all, rows[0].Day.Start())
		return
	}
	saveDevices(t, s, lease, all, stored.Read)
	saveDevices(t, s, lease, slices.Collect(stored.All()), stored.Read)
}

// readingOf returns an answer with rows as a reading.
func readingOf(t testing.TB, s *store.Store, project string, rows []Usage, which []rules.Figure) usage.Reading {
	t.Helper()
	if len(which) == 0 {
		which = rules.PlainFigures()
	}
	ordinals := map[string]int{}
	reading := usage.Reading{Figures: which, First: rows[0].Day, Last: rows[0].Day}
	columns := map[rules.Day][]usage.Column{}
	for _, row := range rows {
		ordinal, ok := ordinals[row.Device]
		if !ok && row.Device != "" {
			var err error
			ordinal, ok, err = s.Usage.Ordinal(t.Context(), project, row.Device)
			require.NoError(t, err)
			require.True(t, ok, row.Device)
			ordinals[row.Device] = ordinal
		}
		reading.First, reading.Last = min(reading.First, row.Day), max(reading.Last, row.Day)
		if columns[row.Day] == nil {
			columns[row.Day] = make([]usage.Column, len(which))
		}
		for i, figure := range which {
			c := &columns[row.Day][i]
			c.Figure, c.Day = figure, row.Day
			for len(c.Cells) <= ordinal {
				c.Cells = append(c.Cells, history.Nothing)
			}
			c.Cells[ordinal] = cell(row.Figures[figure])
		}
	}
	for _, day := range columns {
		reading.Columns = append(reading.Columns, day...)
	}
	reading.Today = reading.Last
	return reading
}

// cell returns the cell of a figure.
func cell(figure float64) history.Cell {
	if !rules.Known(figure) {
		return history.NotKnown
	}
	c, _ := history.Value(int64(figure))
	return c
}

// ReadUsage returns the stored usage of some devices from day first to day last, in the order of devices, then days. It leaves out days
// without data.
func ReadUsage(t testing.TB, s *store.Store, project string, devices []string, first, last rules.Day) (all []Usage) {
	t.Helper()
	for _, device := range devices {
		ordinal := 0
		if device != "" {
			var err error
			ordinal, _, err = s.Usage.Ordinal(t.Context(), project, device)
			require.NoError(t, err)
		}
		if device == "" || ordinal > 0 {
			all = append(all, readUsage(t, s, project, device, ordinal, first, last)...)
		}
	}
	return all
}

func readUsage(t testing.TB, s *store.Store, project, device string, ordinal int, first, last rules.Day) (all []Usage) {
	t.Helper()
	byDay := map[rules.Day]Figures{}
	block, position := ordinal/history.BlockSize, ordinal%history.BlockSize
	for _, figure := range rules.PlainFigures() {
		err := s.Usage.Columns(t.Context(), project, block, figure, first, last, func(day rules.Day, cells []history.Cell) {
			c := history.At(cells, position)
			if !c.Known() {
				return
			}
			if byDay[day] == nil {
				byDay[day] = Unknown()
			}
			byDay[day][figure] = c.Float()
		})
		require.NoError(t, err)
	}
	for day, figures := range byDay {
		all = append(all, Usage{device, day, figures})
	}
	slices.SortFunc(all, func(a, b Usage) int { return int(a.Day - b.Day) })
	return all
}

// poll calls f with the lease of a poll. Afterwards the work is due as before; if there was none, at once.
func poll(t testing.TB, s *store.Store, project string, f func(work.Lease)) {
	t.Helper()
	ctx := t.Context()
	before, was, err := s.Work.NextDue(ctx, work.Poll, project)
	require.NoError(t, err)
	early := time.Unix(0, 0) // earlier than both clocks, so that due times and leases stay unchanged for others
	if !was {
		before = early
	}
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, early))
	require.NoError(t, s.Work.MakeDue(ctx, work.Poll, project, early))
	lease, ok, err := s.Work.Claim(ctx, work.Poll, project, early, time.Now())
	require.NoError(t, err)
	require.True(t, ok, "another process polls %s", project)
	f(lease)
	require.NoError(t, s.Work.Complete(ctx, lease, before, before, lease.Failures))
}

// SaveRoutes stores a list of routes as a poll does that reads it, and returns it with the ordinals of the routes.
func SaveRoutes(t testing.TB, s *store.Store, project string, routes []usage.Route, read time.Time) (list usage.RouteList) {
	t.Helper()
	poll(t, s, project, func(lease work.Lease) {
		var err error
		list, err = s.Usage.SaveRoutes(t.Context(), lease, routes, read)
		require.NoError(t, err)
	})
	return list
}

// SaveRouteLogs stores figures of one route on a day, as a poll does that reads them now, and keeps them as that poll does. NaN is null.
func SaveRouteLogs(t testing.TB, s *store.Store, project string, route usage.Route, day rules.Day, now time.Time, figures Figures) {
	t.Helper()
	poll(t, s, project, func(lease work.Lease) {
		r := usage.Reading{First: day, Last: day, Today: rules.DayOf(now), Born: map[int]rules.Day{route.Ordinal: day}}
		for figure, x := range figures {
			cells := make([]history.Cell, route.Ordinal+1)
			for i := range cells {
				cells[i] = history.Nothing
			}
			cells[route.Ordinal] = history.Null
			if !math.IsNaN(x) {
				cells[route.Ordinal], _ = history.Value(int64(x))
			}
			cells[0] = cells[route.Ordinal]
			r.Figures = append(r.Figures, figure)
			r.Columns = append(r.Columns, usage.Column{Figure: figure, Day: day, Cells: cells})
		}
		require.NoError(t, s.Usage.SaveReading(t.Context(), lease, r))
		require.NoError(t, s.Usage.KeepPoll(t.Context(), lease, now, now.Add(-metric.KeepPolls), r.Figures))
	})
}
