package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
)

// MarkDemo marks the database as a demo database, whose simulated time has reached now.
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

// DemoEnd returns the simulated time that a demo reached on this database; zero if it is not a demo database.
func (s *Store) DemoEnd(ctx context.Context) (end time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		_, err := database.Found(tx.QueryRowContext(ctx, `SELECT ended_at FROM demo`), database.Time(&end))
		return err
	})
	return end, database.Doing(err, "reading whether the database is that of a demo")
}
