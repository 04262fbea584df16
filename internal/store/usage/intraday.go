package usage

import (
	"context"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// KeepPoll keeps some figures of the project of the lease on the day of a poll, and deletes what polls before a time kept. ErrLeaseLost if
// the lease is no longer held.
func (s *Store) KeepPoll(ctx context.Context, lease work.Lease, polled, before time.Time, figures []rules.Figure) error {
	names := make([]string, len(figures))
	for i, figure := range figures {
		names[i] = string(figure)
	}
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		project, err := projectID(ctx, tx, lease.Key)
		if err != nil {
			return err
		}
		// A poll with a later time is from a clock that was ahead.
		_, err = tx.ExecContext(ctx, `DELETE FROM intraday WHERE project = $1 AND (polled_at < $2 OR polled_at >= $3)`, project, database.At(before), database.At(polled))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO intraday (project, block, figure, polled_at, day, vals)
			SELECT history.project, history.block, history.figure, CAST($2 AS BIGINT), history.day, history.vals
			FROM figure JOIN history ON history.project = figure.project AND history.figure = figure.id
			WHERE figure.project = $1 AND figure.name IN (SELECT value FROM json_each($4)) AND history.day = $3`,
			project, database.At(polled), rules.DayOf(polled), database.Elements(names))
		return err
	})
	return database.Doing(err, "keeping what a poll of project %q read", lease.Key)
}

// KeptPolls returns the times of the polls that kept a figure of a project, in order.
func (s *Store) KeptPolls(ctx context.Context, project string, figure rules.Figure) (polls []time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		polls, err = database.Collect(ctx, tx, func(poll *time.Time) []any { return []any{database.Time(poll)} }, `
			SELECT intraday.polled_at FROM project JOIN figure ON figure.project = project.id AND figure.name = $2
			JOIN intraday ON intraday.project = project.id AND intraday.block = 0 AND intraday.figure = figure.id
			WHERE project.uid = $1 ORDER BY intraday.polled_at`, project, string(figure))
		return err
	})
	return polls, database.Doing(err, "reading which polls of project %q kept %s", project, figure)
}

// KeptColumn returns one figure of the subjects of a block on the day of a poll, as the poll kept it. It is empty if the poll kept none, or
// if the column is damaged.
func (s *Store) KeptColumn(ctx context.Context, project string, block int, figure rules.Figure, poll time.Time) (cells []history.Cell, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		var packed []byte
		ok, err := database.Found(tx.QueryRowContext(ctx, `
			SELECT intraday.vals FROM project JOIN figure ON figure.project = project.id AND figure.name = $2
			JOIN intraday ON intraday.project = project.id AND intraday.block = $3 AND intraday.figure = figure.id AND intraday.polled_at = $4
			WHERE project.uid = $1`, project, string(figure), block, database.At(poll)), &packed)
		if !ok {
			return err
		}
		if column, damage := history.Unpack(nil, packed); damage == nil {
			cells = column
		}
		return nil
	})
	return cells, database.Doing(err, "reading what a poll of project %q kept of %s", project, figure)
}
