package lookup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/export"
	"notewatch/internal/history"
	"notewatch/internal/lookup"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// export returns the rows of an export as lines, after a line with its figures.
func (s *scene) export(q export.Query) []string {
	s.Helper()
	e, err := export.Of(s.Context(), s.reader(), q)
	require.NoError(s, err)
	lines := []string{fmt.Sprint(e.Figures)}
	require.NoError(s, e.Rows(s.Context(), func(row export.Row) error {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %v", row.Project.Name, row.UID, row.Day, row.Values)))
		return nil
	}))
	return lines
}

func TestExport(t *testing.T) {
	s := newScene(t)
	fresh := device("dev:new", "new", 100, 1)
	fresh.Provisioned = (today - 1).Start().Add(time.Hour)
	s.read(cold, now, device("dev:a", "a", 1000, 10, "fleet:1"), fresh)
	s.read(lab, now, device("dev:b", "b", 500, 6))
	s.use(cold,
		storetest.Usage{Device: "dev:a", Day: today, Figures: device("", "", 1000, 10).on(today)},
		storetest.Usage{Device: "dev:gone", Day: today - 2, Figures: storetest.Figures{rules.Bytes: 7}},
		storetest.Usage{Device: "dev:a", Day: today - 2, Figures: storetest.Unknown()})
	require.NoError(t, s.Store.Usage.SaveFleets(t.Context(), cold.UID, []usage.Fleet{{UID: "fleet:1", Name: "first"}}))
	const figures = "[bytes events sessions]"
	for name, c := range map[string]struct {
		of   string
		q    export.Query
		want []string
	}{
		"all projects": {"", export.Query{Span: lookup.Today}, []string{
			figures,
			"cold-chain dev:a 2026-03-10 [500 5 1]", "cold-chain dev:new 2026-03-10 [50 0 1]", "lab dev:b 2026-03-10 [250 3 1]",
		}},
		"a project": {"app:cold", export.Query{From: today - 2, To: today - 1}, []string{
			figures,
			"cold-chain dev:a 2026-03-08 [NaN NaN NaN]", "cold-chain dev:a 2026-03-09 [1000 10 2]",
			"cold-chain dev:new 2026-03-09 [100 1 2]", // it did not exist before
			"cold-chain dev:gone 2026-03-08 [7 0 0]",  // nothing is known of it since
		}},
		"a fleet":                       {"fleet:1", export.Query{From: today}, []string{figures, "cold-chain dev:a 2026-03-10 [500 5 1]"}},
		"a device":                      {"dev:b", export.Query{To: long}, []string{figures, "lab dev:b 2026-02-03 [500 6 2]"}},
		"a former device":               {"dev:gone", export.Query{Span: lookup.Week}, []string{figures, "cold-chain dev:gone 2026-03-08 [7 0 0]"}},
		"totals":                        {"app:cold", export.Query{Span: lookup.Today, Totals: true}, []string{figures, "cold-chain  2026-03-10 [550 5 2]"}},
		"what was not read":             {"app:cold", export.Query{From: today + 1}, []string{figures}},
		"a project that was never read": {"far-away", export.Query{Span: lookup.Week}, []string{"[]"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.q.Of = s.find(c.of)
			require.Equal(t, c.want, s.export(c.q))
		})
	}
}

// Of more than 31 days a device comes once for every 31 of them.
func TestExportOfManyDays(t *testing.T) {
	s := newScene(t)
	s.read(cold, now, device("dev:a", "a", 1000, 10), device("dev:b", "b", 500, 6))
	rows := s.export(export.Query{Of: s.find("app:cold")})[1:]
	require.Len(t, rows, 2*(metric.HistoryDays+1))
	require.Equal(t, "cold-chain dev:b 2026-02-03 [500 6 2]", rows[31])
	require.Equal(t, "cold-chain dev:a 2026-03-06 [1000 10 2]", rows[2*31])
	slices.Sort(rows)
	require.Len(t, slices.Compact(rows), 2*(metric.HistoryDays+1))
}

// While the rows are written nothing is read, so that others can write for any time: the write-ahead log does not grow without end.
func TestExportHoldsNoTransaction(t *testing.T) {
	l := newLarge(t, history.BlockSize+1)
	e, err := export.Of(t.Context(), l.Reader, export.Query{Span: lookup.Week})
	require.NoError(t, err)
	rows, enough := 0, errors.New("enough")
	err = e.Rows(t.Context(), func(export.Row) error {
		if rows++; rows%5000 == 1 {
			require.NoError(t, l.Store.Usage.SaveFleets(t.Context(), cold.UID, []usage.Fleet{{UID: "fleet:1", Name: fmt.Sprint(rows)}}))
			var busy, logged, copied int
			require.NoError(t, l.db.QueryRowContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &logged, &copied))
			require.Zero(t, busy)
		}
		if rows == 7*history.BlockSize {
			return enough
		}
		return nil
	})
	require.ErrorIs(t, err, enough)
}
