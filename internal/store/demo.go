package store

import (
	"context"
	"time"
)

// MarkDemo marks the database as that of a demo, whose simulated time has come to now.
func (s *Store) MarkDemo(ctx context.Context, now time.Time) error {
	err := s.update(ctx, func(tx transaction) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM demo`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO demo (ended_at) VALUES ($1)`, at(now))
		return err
	})
	return doing(err, "marking the database as that of a demo")
}

// DemoEnd returns how far the simulated time came of the demo whose database this is; zero: it is no demo's.
func (s *Store) DemoEnd(ctx context.Context) (end time.Time, err error) {
	err = s.view(ctx, func(tx transaction) error {
		_, err := found(tx.QueryRowContext(ctx, `SELECT ended_at FROM demo`), instant{&end})
		return err
	})
	return end, doing(err, "reading whether the database is that of a demo")
}
