package store_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

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

// reading is an answer about bytes of one day.
func reading(day, today rules.Day, column []history.Cell) usage.Reading {
	return usage.Reading{
		Columns: []usage.Column{{Figure: rules.Bytes, Day: day, Cells: column}},
		Figures: []rules.Figure{rules.Bytes}, First: day, Last: day, Today: today,
	}
}

// stored returns the bytes of the first block by day.
func stored(t *testing.T, db *store.Store, block int) map[rules.Day][]history.Cell {
	t.Helper()
	all := map[rules.Day][]history.Cell{}
	err := db.Usage.Columns(t.Context(), project, block, rules.Bytes, 0, 1e6, func(day rules.Day, cells []history.Cell) {
		all[day] = slices.Clone(cells)
	})
	require.NoError(t, err)
	return all
}

func testReadings(t *testing.T, open opening) {
	db := open()
	lease := polling(t, db)
	require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(100, 101, cells(9, 4, 5))))
	require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(100, 101, cells(9, -3, 6, -2))))
	require.Equal(t, map[rules.Day][]history.Cell{100: cells(9, 4, 6, -2)}, stored(t, db, 0))

	spans, err := db.Usage.Coverage(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, map[rules.Figure]usage.Span{rules.Bytes: {First: 100, Last: 100}}, spans)
}

func testBlocks(t *testing.T, open opening) {
	db := open()
	column := make([]history.Cell, 2*history.BlockSize+5)
	for i := range column {
		column[i], _ = history.Value(int64(i))
	}
	require.NoError(t, db.Usage.SaveReading(t.Context(), polling(t, db), reading(100, 100, column)))
	require.Equal(t, column[:history.BlockSize], stored(t, db, 0)[100])
	require.Equal(t, column[2*history.BlockSize:], stored(t, db, 2)[100])
	for ordinal := range 2*history.BlockSize + 7 {
		cell := history.NotKnown
		err := db.Usage.Cells(t.Context(), project, ordinal, rules.Bytes, 100, 101, func(day rules.Day, c history.Cell) {
			require.Equal(t, rules.Day(100), day)
			cell = c
		})
		require.NoError(t, err)
		require.Equal(t, history.At(column, ordinal), cell, ordinal)
	}
	require.Empty(t, stored(t, db, 3))
}

// testChanged changes cells that were 1 on the last days before.
func testChanged(t *testing.T, open opening) {
	db := open()
	lease := polling(t, db)
	for day := today; day >= today-3; day-- {
		require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(day, today, cells(1, 1))))
	}
	for _, c := range []struct {
		name string
		day  rules.Day
		said []history.Cell
		want []int // positions that changed
	}{
		{"today", today, cells(9, 9), nil},
		{"a closed day", today - 1, cells(1, 9), []int{1}},
		{"nothing different", today - 1, cells(1, 9), nil},
		{"a subject that is new", today - 2, cells(1, 1, 7), []int{2}},
		{"no longer known", today - 2, cells(1, -1, 7), []int{1}},
		{"filled back", today - 9, cells(9, 9), nil},
	} {
		require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(c.day, today, c.said)), c.name)
		changes, err := db.Usage.Changed(t.Context(), project)
		require.NoError(t, err)
		var positions []int
		for _, change := range changes {
			require.Equal(t, c.day, change.Day, c.name)
			positions = slices.Collect(change.Bits.All())
		}
		require.Equal(t, c.want, positions, c.name)
		require.NoError(t, db.Commit(t.Context(), lease, store.Commit{Seen: changes, Project: store.Project{UID: project}, Decision: store.Decision{Now: noon}, Due: noon}))
		lease = polling(t, db)
	}
}

// testChangedSince commits an evaluation beside which another device changed.
func testChangedSince(t *testing.T, open opening) {
	db := open()
	lease := polling(t, db)
	save := func(column []history.Cell) []usage.Change {
		require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(today-1, today, column)))
		changes, err := db.Usage.Changed(t.Context(), project)
		require.NoError(t, err)
		return changes
	}
	save(cells(1, 1, 1))
	seen := save(cells(1, 2, 1))
	save(cells(1, 2, 3))
	require.NoError(t, db.Commit(t.Context(), lease, store.Commit{Seen: seen, Project: store.Project{UID: project}, Decision: store.Decision{Now: noon}, Due: noon}))
	changes, err := db.Usage.Changed(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	require.Equal(t, []int{2}, slices.Collect(changes[0].Bits.All()))
}

// testSharedChanges commits changes of a project, which are changes of the organization of its account too, until that is evaluated after the
// last of them.
func testSharedChanges(t *testing.T, open opening) {
	db := open()
	account := rules.OfAccount("acme")
	commit := func(column []history.Cell) {
		lease := polling(t, db)
		require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(today-1, today, column)))
		seen, err := db.Usage.Changed(t.Context(), project)
		require.NoError(t, err)
		require.NoError(t, db.Commit(t.Context(), lease, store.Commit{
			Seen: seen, Project: store.Project{UID: project}, Account: "acme", Decision: store.Decision{Now: noon}, Due: noon,
		}))
	}
	changed := func() (all []usage.Change) {
		all, err := db.Usage.Changed(t.Context(), account)
		require.NoError(t, err)
		return all
	}
	evaluate := func(meanwhile func()) {
		lease, seen := claim(t, db, work.Organization, "acme"), changed()
		meanwhile()
		require.NoError(t, db.CommitOrganization(t.Context(), lease, store.Commit{Seen: seen, Decision: store.Decision{Now: noon}, Due: noon}))
	}
	commit(cells(5, 1, 4))
	require.Empty(t, changed(), "read for the first time")
	commit(cells(5, 2, 4))
	require.Empty(t, changed(), "a device alone, whose project is the same")
	commit(cells(6, 2, 4))
	var whole history.Bits
	whole.Set(0)
	want := []usage.Change{{Figure: rules.Bytes, Day: today - 1, Bits: whole}}
	require.Equal(t, want, changed())
	evaluate(func() { commit(cells(7, 3, 4)) })
	require.Equal(t, want, changed(), "the evaluation did not see the last change")
	evaluate(func() {})
	require.Empty(t, changed())
}

// testCoverage reads windows of days one after the other.
func testCoverage(t *testing.T, open opening) {
	db := open()
	lease := polling(t, db)
	for name, c := range map[string]struct {
		figure  rules.Figure
		windows []usage.Span
		want    usage.Span
	}{
		"days that follow":          {rules.Bytes, []usage.Span{{First: 80, Last: 84}, {First: 85, Last: 90}}, usage.Span{First: 80, Last: 90}},
		"filled back":               {rules.Sat, []usage.Span{{First: 85, Last: 100}, {First: 80, Last: 84}}, usage.Span{First: 80, Last: 100}},
		"read again":                {rules.Events, []usage.Span{{First: 80, Last: 100}, {First: 90, Last: 95}}, usage.Span{First: 80, Last: 100}},
		"filled back with a gap":    {rules.Sessions, []usage.Span{{First: 85, Last: 100}, {First: 70, Last: 74}}, usage.Span{First: 85, Last: 100}},
		"after a gap":               {rules.TLS, []usage.Span{{First: 80, Last: 84}, {First: 90, Last: 100}}, usage.Span{First: 90, Last: 100}},
		"by a clock that was ahead": {rules.Reboots, []usage.Span{{First: 80, Last: 120}, {First: 90, Last: 100}}, usage.Span{First: 80, Last: 100}},
		"by one that was far ahead": {rules.FwUpdates, []usage.Span{{First: 110, Last: 120}, {First: 90, Last: 100}}, usage.Span{First: 90, Last: 100}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, w := range c.windows {
				r := usage.Reading{Figures: []rules.Figure{c.figure}, First: w.First, Last: w.Last, Today: 100}
				require.NoError(t, db.Usage.SaveReading(t.Context(), lease, r))
			}
			spans, err := db.Usage.Coverage(t.Context(), project)
			require.NoError(t, err)
			require.Equal(t, c.want, spans[c.figure])
		})
	}
}

// testSaveReadingFenced saves an answer under a lease that somebody else has taken over.
func testSaveReadingFenced(t *testing.T, open opening) {
	db := open()
	lease := polling(t, db)
	lease.Token = "another"
	require.ErrorIs(t, db.Usage.SaveReading(t.Context(), lease, reading(today, today, cells(1))), work.ErrLeaseLost)
	require.Empty(t, stored(t, db, 0))
}

func testDamaged(t *testing.T, open opening) {
	db := open()
	lease := polling(t, db)
	require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(today-1, today, cells(1, 2))))
	require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(today, today, cells(3, 4))))
	_, err := db.DB().ExecContext(t.Context(), `UPDATE history SET vals = $1 WHERE day = $2`, []byte("\x01damaged"), today-1)
	require.NoError(t, err)

	require.Equal(t, map[rules.Day][]history.Cell{today: cells(3, 4)}, stored(t, db, 0))
	damaged := db.Usage.Damaged(project)
	require.Len(t, damaged, 1)
	require.ErrorIs(t, damaged[0].Err, history.ErrDamaged)
	require.Empty(t, db.Usage.Damaged(project), "each is said once")

	require.NoError(t, db.Usage.SaveReading(t.Context(), lease, reading(today-1, today, cells(-3, 5))))
	require.Equal(t, cells(-1, 5), stored(t, db, 0)[today-1], "what an answer does not say of it is not known")
}

// polling claims the poll of the project.
func polling(t *testing.T, db *store.Store) work.Lease {
	t.Helper()
	require.NoError(t, db.Work.AddWork(t.Context(), work.Poll, []string{project}, noon))
	return claim(t, db, work.Poll, project)
}
