package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
)

// MarkDemo marks the database as that of a demo, whose simulated time has come to now.
func (s *Store) MarkDemo(ctx context.Context, now time.Time) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM demo`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO demo (ended_at) VALUES ($1)`, database.At(now))
		return err
	})
	return database.Doing(err, "marking the database as that of a demo")
}

// DemoEnd returns how far the simulated time came of the demo whose database this is; zero: it is no demo's.
func (s *Store) DemoEnd(ctx context.Context) (end time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		_, err := database.Found(tx.QueryRowContext(ctx, `SELECT ended_at FROM demo`), database.Time(&end))
		return err
	})
	return end, database.Doing(err, "reading whether the database is that of a demo")
}
