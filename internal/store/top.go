package store

import (
	"context"
	"database/sql"

	"notewatch/rules"
)

// ClosedFigure returns the summaries of one figure of the devices of a project, whatever day they are as of, by device. The
// project's total is among them.
func (s *Store) ClosedFigure(ctx context.Context, project string, figure rules.Figure) (closed []Closed, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		closed, err = collect(ctx, tx, (*Closed).fields, `
			SELECT device, figure, `+list(closedColumns)+` FROM closed
			WHERE project = $1 AND figure = $2 ORDER BY device`, project, figure)
		return err
	})
	return closed, doing(err, "reading the summaries of %s of project %q", figure, project)
}

// UsageOn returns one figure of one day of all devices of a project; the project's total is that of device "". What is no
// data is left out.
func (s *Store) UsageOn(ctx context.Context, project string, figure rules.Figure, day rules.Day) (map[string]float64, error) {
	type row struct {
		device string
		value  float64
	}
	column := figureColumns[figure]
	usage := map[string]float64{}
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := collect(ctx, tx, func(r *row) []any { return []any{&r.device, &r.value} },
			`SELECT device, `+column+` FROM usage WHERE day = $1 AND project = $2 AND `+column+` IS NOT NULL`, day, project)
		for _, r := range rows {
			usage[r.device] = r.value
		}
		return err
	})
	return usage, doing(err, "reading %s of %s of project %q", figure, day, project)
}
