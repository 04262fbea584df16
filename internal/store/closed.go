package store

import (
	"context"
	"database/sql"

	"notewatch/rules"
)

// A Closed sums up the complete days of one figure of one device before the day AsOf; NaN is no data. Device "" is the
// project's total. It is derived from usage and may be rebuilt at any time.
type Closed struct {
	Device      string
	Figure      rules.Figure
	AsOf        rules.Day
	PeriodStart rules.Day // what Used is counted from
	rules.Closed
}

var closedColumns = []string{"as_of", "period_start", "yesterday", "used", "d7", "d30", "median", "days"}

// fields lists where the columns device, figure and closedColumns go.
func (c *Closed) fields() []any {
	return []any{
		&c.Device, &c.Figure, &c.AsOf, &c.PeriodStart, number{&c.Yesterday}, number{&c.Used}, number{&c.D7},
		number{&c.D30}, number{&c.Median}, number{&c.Days},
	}
}

// parity tells the summaries as of one day from those as of the next.
func parity(asOf rules.Day) rules.Day { return asOf & 1 }

// SaveClosed writes summaries, replacing those of the same device and figure as of the same day, or as of two days before:
// those as of the day before stay for who looks things up until the poll is committed. More than 10,000 take several
// transactions.
func (s *Store) SaveClosed(ctx context.Context, project string, rows []Closed) error {
	table := upsert{table: "closed", key: []string{"project", "parity", "device", "figure"}, set: closedColumns}
	err := chunks(len(rows), maxRows, func(from, to int) error {
		return s.update(ctx, func(tx *sql.Tx) error {
			return table.run(ctx, tx, to-from, func(i int) []any {
				return append([]any{&project, parity(rows[from+i].AsOf)}, rows[from+i].fields()...)
			}, nil)
		})
	})
	return doing(err, "saving the summaries of project %q", project)
}

// Closed returns the summaries of the project as of a day, ordered by figure, then device.
func (s *Store) Closed(ctx context.Context, project string, asOf rules.Day) (closed []Closed, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		closed, err = collect(ctx, tx, (*Closed).fields, `
			SELECT device, figure, `+list(closedColumns)+` FROM closed
			WHERE project = $1 AND parity = $2 AND as_of = $3 ORDER BY figure, device`, project, parity(asOf), asOf)
		return err
	})
	return closed, doing(err, "reading the summaries of project %q", project)
}
