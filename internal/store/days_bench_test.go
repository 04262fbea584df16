package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// BenchmarkDays compares the databases: of 100,000 devices it writes 36 days of twelve figures (first), merges two days as each poll
// does, of which all values have changed (merge), and reads 36 days of three figures (read).
func BenchmarkDays(b *testing.B) {
	const devices, days, changing = 100_000, 36, 4
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the figures need not be secret
	today := rules.DayOf(noon)
	var some []usage.Reading
	for range changing {
		two := dayOf(today, devices, func() storetest.Figures { return healthyDay(random) })
		before := dayOf(today-1, devices, func() storetest.Figures { return healthyDay(random) })
		two.First, two.Columns = today-1, append(two.Columns, before.Columns...)
		some = append(some, two)
	}
	for name, place := range map[string]func(testing.TB) string{"SQLite": storetest.SQLite, "Postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(b.Context(), place(b))
			require.NoError(b, err)
			defer func() { require.NoError(b, s.Close()) }()
			lease := listOf(b, s, devices)
			b.Run("first", func(b *testing.B) {
				for b.Loop() {
					for day := range days / 2 {
						require.NoError(b, s.Usage.SaveReading(b.Context(), lease, shifted(some[day%changing], 2*day)))
					}
				}
			})
			b.Run("merge", func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					require.NoError(b, s.Usage.SaveReading(b.Context(), lease, some[i%changing]))
				}
			})
			b.Run("read", func(b *testing.B) {
				for b.Loop() {
					readDays(b, s, today, days)
				}
			})
		})
	}
}

// listOf lists devices and returns the lease on the poll of their project.
func listOf(b *testing.B, s *store.Store, devices int) work.Lease {
	b.Helper()
	require.NoError(b, s.Work.AddWork(b.Context(), work.Poll, []string{project}, noon))
	lease, _, err := s.Work.Claim(b.Context(), work.Poll, project, noon, noon)
	require.NoError(b, err)
	listed := make([]usage.Device, devices)
	for i := range listed {
		listed[i] = usage.Device{UID: fmt.Sprintf("dev:%015d", i), Provisioned: noon.AddDate(-1, 0, 0)}
	}
	require.NoError(b, s.Usage.SaveDevices(b.Context(), lease, usage.NewDeviceList(listed...), noon, nil))
	return lease
}

// shifted returns a reading about days that lie further back.
func shifted(r usage.Reading, days int) usage.Reading {
	columns := make([]usage.Column, len(r.Columns))
	for i, c := range r.Columns {
		c.Day -= rules.Day(days)
		columns[i] = c
	}
	r.Columns, r.First, r.Last = columns, r.First-rules.Day(days), r.Last-rules.Day(days)
	return r
}

// readDays reads three figures of all devices.
func readDays(b *testing.B, s *store.Store, last rules.Day, days int) {
	b.Helper()
	blocks, err := s.Usage.Blocks(b.Context(), project)
	require.NoError(b, err)
	known := 0
	for block := range blocks {
		for _, figure := range []rules.Figure{rules.Bytes, rules.Events, rules.Sessions} {
			err := s.Usage.Columns(b.Context(), project, block, figure, last-rules.Day(days)+1, last, func(_ rules.Day, cells []history.Cell) {
				known += len(cells)
			})
			require.NoError(b, err)
		}
	}
	require.Positive(b, known)
}
