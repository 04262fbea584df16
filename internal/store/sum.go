package store

import (
	"context"
	"database/sql"

	"notewatch/rules"
)

// A Sum is how much of one figure a device used before a day: in the complete days of the period, and in the last 7 and 30
// complete days. NaN is no data.
type Sum struct {
	Device        string
	Used, D7, D30 float64
}

func (s *Sum) fields() []any { return []any{&s.Device, number{&s.Used}, number{&s.D7}, number{&s.D30}} }

// Sums returns the sums of one figure as of a day, ordered by device; devices nil is all those of the project. What is
// summed up as of another day is left out, and Used is no data where it is counted from another day than periodStart.
func (s *Store) Sums(ctx context.Context, project string, figure rules.Figure, asOf, periodStart rules.Day, devices []string) (sums []Sum, err error) {
	only, args := among(`device`, devices, project, figure, asOf, periodStart, parity(asOf))
	err = s.view(ctx, func(tx *sql.Tx) error {
		sums, err = collect(ctx, tx, (*Sum).fields, `
			SELECT device, CASE WHEN period_start = $4 THEN used END, d7, d30 FROM closed
			WHERE project = $1 AND parity = $5 AND figure = $2 AND as_of = $3 AND `+only+` ORDER BY device`, args...)
		return err
	})
	return sums, doing(err, "summing up %s of project %q", figure, project)
}

// UsageOn returns one figure of one day by device, what is no data left out; devices nil is all those of the project.
func (s *Store) UsageOn(ctx context.Context, project string, figure rules.Figure, day rules.Day, devices []string) (map[string]float64, error) {
	type row struct {
		device string
		value  float64
	}
	column := figureColumns[figure]
	only, args := among(`device`, devices, project, day)
	usage := map[string]float64{}
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := collect(ctx, tx, func(r *row) []any { return []any{&r.device, &r.value} }, `
			SELECT device, `+column+` FROM usage
			WHERE project = $1 AND day = $2 AND `+only+` AND `+column+` IS NOT NULL`, args...)
		for _, r := range rows {
			usage[r.device] = r.value
		}
		return err
	})
	return usage, doing(err, "reading %s of %s of project %q", figure, day, project)
}

// DayTotals returns the figures named by which of some devices taken together, from day from to day to inclusive, by day. A
// day without a row of any of them is left out. A figure that one of the rows of its day does not know is no data.
func (s *Store) DayTotals(ctx context.Context, project string, which []rules.Figure, devices []string, from, to rules.Day) (totals []Usage, err error) {
	columns := []string{"usage.day"}
	for _, figure := range which {
		column := figureColumns[figure]
		columns = append(columns, `CASE WHEN count(`+column+`) = count(*) THEN sum(`+column+`) END`)
	}
	fields := func(u *Usage) []any {
		u.Figures = rules.Unknown()
		fields := []any{&u.Day}
		for _, figure := range which {
			fields = append(fields, count{&u.Figures[figure]})
		}
		return fields
	}
	only, args := among(`device`, devices, project, from, to)
	err = s.view(ctx, func(tx *sql.Tx) error {
		totals, err = collect(ctx, tx, fields, `
			WITH RECURSIVE span (day) AS (
				SELECT CAST($2 AS BIGINT) UNION ALL SELECT day + 1 FROM span WHERE day < $3
			)
			SELECT `+list(columns)+` FROM span CROSS JOIN usage
			WHERE usage.day = span.day AND usage.project = $1 AND `+only+` GROUP BY usage.day ORDER BY usage.day`, args...)
		return err
	})
	return totals, doing(err, "summing up the days of some devices of project %q", project)
}

// among returns the condition that a column is one of some devices, or any but that of the project's total if they are nil,
// and the arguments of the query: the condition's come last.
func among(column string, devices []string, args ...any) (condition string, all []any) {
	if devices == nil {
		return column + ` > ''`, args
	}
	return column + ` IN (SELECT value FROM json_each(` + params(len(args)+1, 1) + `))`, append(args, document[[]string]{&devices})
}
