package usage

import (
	"context"
	"database/sql"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// figures are the figures of a project, with their numbers.
type figures struct {
	project int64
	ids     map[string]int64
	spans   map[rules.Figure]Span // days that have been read
}

func readFigures(ctx context.Context, tx database.Tx, project int64) (figures, error) {
	type row struct {
		id          int64
		name        string
		first, last sql.NullInt64
	}
	f := figures{project, map[string]int64{}, map[rules.Figure]Span{}}
	rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.id, &r.name, &r.first, &r.last} },
		`SELECT id, name, first, last FROM figure WHERE project = $1`, project)
	for _, r := range rows {
		f.ids[r.name] = r.id
		if figure, known := rules.ParseFigure(r.name); known && r.first.Valid {
			f.spans[figure] = Span{rules.Day(r.first.Int64), rules.Day(r.last.Int64)}
		}
	}
	return f, err
}

// id returns the number of a figure. A figure without one gets a new number.
func (f figures) id(ctx context.Context, tx database.Tx, figure rules.Figure) (int64, error) {
	name := string(figure)
	if id, ok := f.ids[name]; ok {
		return id, nil
	}
	id, err := addFigure(ctx, tx, f.project, name, 1)
	f.ids[name] = id
	return id, err
}

// arrivals returns the columns of a reading in the form in which they are merged.
func (f figures) arrivals(ctx context.Context, tx database.Tx, r Reading, columns []Column) ([]arrival, error) {
	all := make([]arrival, len(columns))
	for i, c := range columns {
		id, err := f.id(ctx, tx, c.Figure)
		if err != nil {
			return nil, err
		}
		before, read := f.spans[c.Figure]
		all[i] = arrival{c, id, read && c.Day >= before.First && c.Day < r.Today}
	}
	return all, nil
}

// addFigure gives a figure of a project a number, or returns the one that it has.
func addFigure(ctx context.Context, tx database.Tx, project int64, name string, scale int64) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `
		INSERT INTO figure (project, name, scale) VALUES ($1, $2, $3)
		ON CONFLICT (project, name) DO UPDATE SET scale = excluded.scale RETURNING id`, project, name, scale).Scan(&id)
	return id, err
}

// cover notes which days have been read.
func (f figures) cover(ctx context.Context, tx database.Tx, r Reading) error {
	ids := make([]int64, len(r.Figures))
	for i, figure := range r.Figures {
		id, err := f.id(ctx, tx, figure)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	spans := database.Rewrite{Table: "figure", Key: []string{"id"}, Set: []string{"first", "last"}}
	return spans.Run(ctx, database.NewBatch(tx), len(ids), func(i int) []any {
		span := f.covered(r.Figures[i], r)
		return []any{ids[i], span.First, span.Last}
	})
}

// covered returns the days of a figure that have been read without gaps, including a reading. If there is a gap between both spans, it
// returns the later one.
func (f figures) covered(figure rules.Figure, r Reading) Span {
	span := Span{r.First, r.Last}
	before, ok := f.spans[figure]
	switch {
	case !ok || before.Last < r.First-1:
		return span
	case before.First > r.Last && before.Last > r.Today: // the clock was ahead
		return span
	case r.Last < before.First-1:
		return before
	}
	if before.Last <= r.Today { // otherwise the clock was ahead, and these days are in the future
		span.Last = max(span.Last, before.Last)
	}
	span.First = min(span.First, before.First)
	return span
}

// Uncover notes that the days up to those of damaged columns have to be read again.
func Uncover(ctx context.Context, tx database.Tx, damaged []Damage) error {
	for _, d := range damaged {
		_, err := tx.ExecContext(ctx, `
			UPDATE figure SET first = $1 WHERE name = $2 AND project = (SELECT id FROM project WHERE uid = $3) AND first < $1 AND last >= $1`,
			d.Day+1, string(d.Figure), d.Project)
		if err != nil {
			return err
		}
	}
	return nil
}
