package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/rules"
)

const cellar = "app:cellar"

// cells are values by ordinal; -1 is not known, -2 null, -3 nothing.
func cells(values ...int64) []history.Cell {
	column := make([]history.Cell, len(values))
	for i, n := range values {
		switch n {
		case -1:
		case -2:
			column[i] = history.Null
		case -3:
			column[i] = history.Nothing
		default:
			column[i], _ = history.Value(n)
		}
	}
	return column
}

// held claims the poll of a project.
func held(t *testing.T, db *store.Store, project string) store.Lease {
	t.Helper()
	ctx, now := context.Background(), time.Now()
	require.NoError(t, db.AddWork(ctx, store.Poll, []string{project}, now))
	lease, ok, err := db.Claim(ctx, store.Poll, project, now, now)
	require.NoError(t, err)
	require.True(t, ok)
	return lease
}

// reading is an answer about bytes of one day.
func reading(day, today rules.Day, column []history.Cell) store.Reading {
	return store.Reading{
		Columns: []store.Column{{Figure: rules.Bytes, Day: day, Cells: column}},
		Figures: []rules.Figure{rules.Bytes}, First: day, Last: day, Today: today,
	}
}

// stored returns the bytes of the first block by day.
func stored(t *testing.T, db *store.Store, block int) map[rules.Day][]history.Cell {
	t.Helper()
	all := map[rules.Day][]history.Cell{}
	err := db.Columns(context.Background(), cellar, block, rules.Bytes, 0, 1e6, func(day rules.Day, cells []history.Cell) {
		all[day] = slices.Clone(cells)
	})
	require.NoError(t, err)
	return all
}

func TestReadingsAreMerged(t *testing.T) {
	db, ctx := open(t), context.Background()
	lease := held(t, db, cellar)
	require.NoError(t, db.SaveReading(ctx, lease, reading(100, 101, cells(9, 4, 5))))
	require.NoError(t, db.SaveReading(ctx, lease, reading(100, 101, cells(9, -3, 6, -2))))
	require.Equal(t, map[rules.Day][]history.Cell{100: cells(9, 4, 6, -2)}, stored(t, db, 0))

	spans, err := db.Coverage(ctx, cellar)
	require.NoError(t, err)
	require.Equal(t, map[rules.Figure]store.Span{rules.Bytes: {First: 100, Last: 100}}, spans)
}

func TestSubjectsOfLargeProjectsAreInBlocks(t *testing.T) {
	db, ctx := open(t), context.Background()
	column := make([]history.Cell, 2*history.BlockSize+5)
	for i := range column {
		column[i], _ = history.Value(int64(i))
	}
	require.NoError(t, db.SaveReading(ctx, held(t, db, cellar), reading(100, 100, column)))
	require.Equal(t, column[:history.BlockSize], stored(t, db, 0)[100])
	require.Equal(t, column[2*history.BlockSize:], stored(t, db, 2)[100])
	require.Empty(t, stored(t, db, 3))
}

func TestOnlyNewsOfClosedDaysAreRemembered(t *testing.T) {
	const today rules.Day = 110
	for name, c := range map[string]struct {
		day  rules.Day
		said []history.Cell
		want []int // positions that changed
	}{
		"of today":               {today, cells(9, 9), nil},
		"of a closed day":        {today - 1, cells(1, 9), []int{1}},
		"nothing different":      {today - 1, cells(1, 1), nil},
		"filled back":            {today - 9, cells(9, 9), nil},
		"a day that was not read": {today - 1, cells(1, 1, 7), []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			db, ctx := open(t), context.Background()
			lease := held(t, db, cellar)
			for day := today - 3; day <= today; day++ {
				require.NoError(t, db.SaveReading(ctx, lease, reading(day, today, cells(1, 1))))
			}
			first, err := db.Changed(ctx, cellar)
			require.NoError(t, err)
			_, err = db.Commit(ctx, lease, store.Commit{Seen: first, Project: store.Project{UID: cellar}}), error(nil)
			require.NoError(t, err)
			require.NoError(t, db.SaveReading(ctx, held(t, db, cellar), reading(c.day, today, c.said)))
			changes, err := db.Changed(ctx, cellar)
			require.NoError(t, err)
			var positions []int
			for _, change := range changes {
				require.Equal(t, c.day, change.Day)
				positions = slices.Collect(change.Bits.All())
			}
			require.Equal(t, c.want, positions)
		})
	}
}
