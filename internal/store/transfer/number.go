package transfer

import (
	"context"
	"database/sql"
)

// Number makes the target continue with the numbers that the source would have given next. to is a transaction of the target that writes.
func (c *Copy) Number(ctx context.Context, to *sql.Tx) error {
	for i := range c.Pairs {
		p := &c.Pairs[i]
		if p.to.numbers == "" {
			continue
		}
		var last int64
		err := c.From.View(ctx, func(tx *sql.Tx) (err error) {
			last, err = p.from.lastNumber(ctx, tx, p.to.numbers, c.From.Postgres)
			return err
		})
		if err == nil {
			err = p.to.setNumber(ctx, to, last, c.To.Postgres)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lastNumber returns the last number given to a column; 0 if there is none.
func (t *Table) lastNumber(ctx context.Context, tx *sql.Tx, column string, postgres bool) (last int64, err error) {
	greatest := "SELECT coalesce(max(" + column + "), 0) FROM " + t.Name
	if t.numbers == "" {
		err = tx.QueryRowContext(ctx, greatest).Scan(&last)
		return last, err
	}
	if !postgres {
		err = tx.QueryRowContext(ctx, `SELECT max((`+greatest+`), coalesce((SELECT seq FROM sqlite_sequence WHERE name = $1), 0))`, t.Name).Scan(&last)
		return last, err
	}
	var sequence string
	if err := tx.QueryRowContext(ctx, `SELECT pg_get_serial_sequence($1, $2)`, t.Name, column).Scan(&sequence); err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT greatest((`+greatest+`), (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM `+sequence+`))`).Scan(&last)
	return last, err
}

// setNumber sets the last number given.
func (t *Table) setNumber(ctx context.Context, tx *sql.Tx, last int64, postgres bool) error {
	if postgres {
		_, err := tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence($1, $2), greatest($3::bigint, 1), $3::bigint > 0)`, t.Name, t.numbers, last)
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM sqlite_sequence WHERE name = $1`, t.Name)
	if err == nil && last > 0 {
		_, err = tx.ExecContext(ctx, `INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)`, t.Name, last)
	}
	return err
}
