package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/rules"
)

// A large fleet: what a poll reads and writes, beside a bare loop over the same rows in the same run.

const fleetSize = 10_000

var polled = []rules.Figure{rules.Bytes, rules.Events, rules.Sessions}

// fleet returns yesterday and today of a fleet. Each round changes every tenth row.
func fleet(round int) []store.Usage {
	rows := make([]store.Usage, 0, 2*fleetSize)
	for day := today - 1; day <= today; day++ {
		for i := range fleetSize {
			row := store.Usage{Device: fmt.Sprintf("dev:%015d", i), Day: day, Figures: rules.Unknown()}
			for _, figure := range polled {
				row.Figures[figure] = float64(i)
				if i%10 == 0 {
					row.Figures[figure] += float64(round)
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// perRow runs f once for each round and reports what a row costs.
func perRow(b *testing.B, rows int, f func(round int)) {
	b.ReportAllocs()
	round := 0
	for b.Loop() {
		round++
		f(round)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/fleet")
}

func BenchmarkSaveUsage(b *testing.B) {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "notewatch.db"))
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	require.NoError(b, s.SaveUsage(b.Context(), project, polled, fleet(0), today))
	b.Run("store", func(b *testing.B) {
		perRow(b, 2*fleetSize, func(round int) {
			require.NoError(b, s.SaveUsage(b.Context(), project, polled, fleet(round), today))
		})
	})
	b.Run("bare loop", func(b *testing.B) {
		perRow(b, 2*fleetSize, func(round int) { bareSave(b, s.DB(), fleet(round)) })
	})
	b.Run("rows alone", func(b *testing.B) {
		perRow(b, 2*fleetSize, func(round int) { fleet(round) })
	})
}

// bareSave writes each row by one statement of its own, all in one transaction, whether it differs or not.
func bareSave(b *testing.B, db *sql.DB, rows []store.Usage) {
	tx, err := db.BeginTx(b.Context(), nil)
	require.NoError(b, err)
	stmt, err := tx.PrepareContext(b.Context(), `
		INSERT INTO usage (day, project, device, bytes, events, sessions) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (day, project, device) DO UPDATE SET
			bytes = excluded.bytes, events = excluded.events, sessions = excluded.sessions`)
	require.NoError(b, err)
	defer func() { require.NoError(b, stmt.Close()) }()
	for _, row := range rows {
		_, err := stmt.ExecContext(b.Context(), int64(row.Day), project, row.Device,
			row.Figures[rules.Bytes], row.Figures[rules.Events], row.Figures[rules.Sessions])
		require.NoError(b, err)
	}
	require.NoError(b, tx.Commit())
}

// What a poll reads: the summaries of all devices and figures, and the usage of today.
func BenchmarkRead(b *testing.B) {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "notewatch.db"))
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	rows := fleet(0)
	var summaries []store.Closed
	for _, row := range rows[fleetSize:] {
		for _, figure := range polled {
			summaries = append(summaries, store.Closed{
				Device: row.Device, Figure: figure, AsOf: today,
				Closed: rules.Closed{Yesterday: 1, Used: 2, D7: 3, D30: 4, Median: 5.5, Days: 6},
			})
		}
	}
	require.NoError(b, s.SaveUsage(b.Context(), project, polled, rows, today))
	require.NoError(b, s.SaveClosed(b.Context(), project, summaries))
	read := len(summaries) + fleetSize
	b.Run("store", func(b *testing.B) {
		perRow(b, read, func(int) {
			closed, err := s.Closed(b.Context(), project, today)
			require.NoError(b, err)
			usage, err := s.Usage(b.Context(), project, nil, today, today)
			require.NoError(b, err)
			require.Equal(b, read, len(closed)+len(usage))
		})
	})
	b.Run("bare loop", func(b *testing.B) {
		perRow(b, read, func(int) {
			n := bareRead(b, s.DB(), `SELECT * FROM closed WHERE project = $1 ORDER BY device, figure`, project)
			n += bareRead(b, s.DB(), `SELECT * FROM usage WHERE day = $1 AND project = $2 ORDER BY device`, today, project)
			require.Equal(b, read, n)
		})
	})
}

// bareRead steps over all rows without taking anything out of them.
func bareRead(b *testing.B, db *sql.DB, query string, args ...any) (n int) {
	rows, err := db.QueryContext(b.Context(), query, args...)
	require.NoError(b, err)
	defer func() { require.NoError(b, rows.Close()) }()
	for rows.Next() {
		n++
	}
	require.NoError(b, rows.Err())
	return n
}

// A few devices out of a fleet, over the days that summaries look back on.
func BenchmarkUsageOfFew(b *testing.B) {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "notewatch.db"))
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	rows := fleet(0)[:fleetSize]
	for day := today - 35; day < today; day++ {
		for i := range rows {
			rows[i].Day = day
		}
		require.NoError(b, s.SaveUsage(b.Context(), project, polled, rows, 0))
	}
	few := []string{rows[17].Device, rows[4711].Device, rows[9999].Device}
	for b.Loop() {
		usage, err := s.Usage(b.Context(), project, few, today-35, today)
		require.NoError(b, err)
		require.Len(b, usage, 3*35)
	}
}

func BenchmarkOpen(b *testing.B) {
	folder := b.TempDir()
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(b.Context(), filepath.Join(folder, time.Now().Format(time.RFC3339Nano)))
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(b.Context(), filepath.Join(folder, "again"))
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
}
