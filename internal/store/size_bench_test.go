package store_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

var sizeDays = flag.Int("days", 40, "days of history that BenchmarkSize stores; 403 are 13 months")

// BenchmarkSize stores days of figures. It reports the bytes of the database file for each device, day and figure, and the
// size of the whole file at 13 months, device lists included. Its parts:
//
//	large   one project of 100,000 devices, twelve figures
//	small   1,000 projects of 10 devices, twelve figures
//	sparse  as large, but twelve figures of which one device in a hundred has any, as of a notefile that few devices write
func BenchmarkSize(b *testing.B) {
	for _, part := range []struct {
		name              string
		projects, devices int
		figures           func(random *rand.Rand) storetest.Figures
	}{
		{name: "large", projects: 1, devices: 100_000, figures: healthyDay},
		{name: "small", projects: 1_000, devices: 10, figures: healthyDay},
		{name: "sparse", projects: 1, devices: 100_000, figures: sparseDay},
	} {
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				lists := fileSize(b, part.projects, part.devices, 0, part.figures)
				history := fileSize(b, part.projects, part.devices, *sizeDays, part.figures) - lists
				days := float64(*sizeDays)
				b.ReportMetric(history/days/float64(part.projects*part.devices)/float64(len(rules.PlainFigures())), "B/cell")
				b.ReportMetric((lists+history/days*13*31)/1e9, "GB/13-months")
			}
		})
	}
}

// fileSize returns the bytes of the file of a database with the device lists and days of some projects.
func fileSize(b *testing.B, projects, devices, days int, figures func(*rand.Rand) storetest.Figures) float64 {
	b.Helper()
	path := filepath.Join(b.TempDir(), "notewatch.db")
	s, err := store.Open(b.Context(), path)
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the figures need not be secret
	today := rules.DayOf(noon)
	for p := range projects {
		name := fmt.Sprintf("app:%08d", p)
		require.NoError(b, s.Work.AddWork(b.Context(), work.Poll, []string{name}, noon))
		lease, _, err := s.Work.Claim(b.Context(), work.Poll, name, noon, noon)
		require.NoError(b, err)
		listed := make([]usage.Device, devices)
		for i := range listed {
			listed[i] = usage.Device{UID: fmt.Sprintf("dev:%08d%07d", p, i), Provisioned: noon.Add(-9000 * time.Hour)}
		}
		require.NoError(b, s.Usage.SaveDevices(b.Context(), lease, usage.NewDeviceList(listed...), noon, nil))
		for day := today - rules.Day(days) + 1; day <= today; day++ {
			require.NoError(b, s.Usage.SaveReading(b.Context(), lease, dayOf(day, devices, func() storetest.Figures { return figures(random) })))
		}
	}
	require.NoError(b, s.Close())
	info, err := os.Stat(path)
	require.NoError(b, err)
	return float64(info.Size())
}

// dayOf returns the answer that says everything about a day.
func dayOf(day rules.Day, devices int, figures func() storetest.Figures) usage.Reading {
	reading := usage.Reading{First: day, Last: day, Today: day}
	for _, f := range rules.PlainFigures() {
		reading.Figures = append(reading.Figures, f)
		reading.Columns = append(reading.Columns, usage.Column{Figure: f, Day: day, Cells: make([]history.Cell, devices)})
	}
	for i := range devices {
		one := figures()
		for f := range reading.Columns {
			c := &reading.Columns[f]
			c.Cells[i], _ = history.Value(int64(one[c.Figure])) // all are whole numbers
		}
	}
	return reading
}

// healthyDay returns what a device of a cellular fleet uses on a day: tens of events and sessions, tens of kilobytes.
func healthyDay(random *rand.Rand) storetest.Figures {
	day := storetest.Figures{}
	sessions := math.Round(24 * math.Exp(random.NormFloat64()*0.5))
	day[rules.Sessions], day[rules.TLS] = sessions, sessions
	day[rules.Events] = math.Round(3 * sessions * math.Exp(random.NormFloat64()*0.3))
	day[rules.Platform] = math.Floor(random.ExpFloat64() * 2)
	day[rules.EventsTotal] = day[rules.Events] + day[rules.Platform]
	day[rules.Bytes] = math.Round(sessions*700 + day[rules.Events]*300*random.Float64())
	day[rules.SessionBytes] = day[rules.Bytes] + sessions*100
	day[rules.Reboots] = rare(random)
	day[rules.FirstSyncs] = rare(random)
	return day
}

// sparseDay returns twelve figures that one device in a hundred has.
func sparseDay(random *rand.Rand) storetest.Figures {
	day := storetest.Figures{}
	for _, f := range rules.PlainFigures() {
		day[f] = rare(random)
	}
	return day
}

// rare returns a number other than 0 in one case of a hundred.
func rare(random *rand.Rand) float64 {
	if random.IntN(100) > 0 {
		return 0
	}
	return float64(1 + random.IntN(50))
}
