package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// A Side is one of the two databases.
type Side struct {
	Postgres bool
	// View runs f in a transaction that reads, Update in one that writes; f may run several times. The source has no Update.
	View, Update func(ctx context.Context, f func(*sql.Tx) error) error
}

// A Copy copies all rows from one database to another.
type Copy struct {
	From, To Side
	Pairs    []Pair              // of Match
	Clean    func(string) string // returns text that every database accepts
	Report   func(Progress)      // called after each batch

	progress Progress
}

// Progress is the progress of a copy.
type Progress struct {
	Verifying bool
	Table     string
	Done, All int64 // rows copied or verified, and rows of the source, of all tables
}

// A Total is the content of a table, the same in both databases.
type Total struct {
	Table    string
	Rows     int64
	Checksum Checksum
}

// Run copies what is missing in the target. Keys in the target count as copied.
func (c *Copy) Run(ctx context.Context) error {
	c.progress = Progress{}
	after := make([][]any, len(c.Pairs))
	for i := range c.Pairs {
		key, err := c.startOf(ctx, &c.Pairs[i])
		if err != nil {
			return err
		}
		after[i] = key
	}
	for i := range c.Pairs {
		if err := c.copyTable(ctx, &c.Pairs[i], after[i]); err != nil {
			return fmt.Errorf("table %s: %w", c.Pairs[i].from.Name, err)
		}
	}
	return nil
}

// startOf returns the key after which to continue with a table, and counts its rows for the progress.
func (c *Copy) startOf(ctx context.Context, p *Pair) (key []any, err error) {
	err = c.To.View(ctx, func(tx *sql.Tx) error {
		key, err = p.to.newest(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return key, c.From.View(ctx, func(tx *sql.Tx) error {
		var all, done int64
		query := "SELECT count(*) FROM " + p.from.Name
		err := tx.QueryRowContext(ctx, query).Scan(&all)
		if err == nil && key != nil {
			query += " WHERE (" + p.from.keyNames() + ") <= (" + params(1, len(key)) + ")"
			err = tx.QueryRowContext(ctx, query, key...).Scan(&done)
		}
		c.progress.All += all
		c.progress.Done += done
		return err
	})
}

func (c *Copy) copyTable(ctx context.Context, p *Pair, after []any) error {
	return c.each(ctx, c.From, &p.from, after, func(b batch) error {
		err := c.To.Update(ctx, func(tx *sql.Tx) error { return c.insert(ctx, tx, &p.to, b.rows) })
		if err == nil {
			c.report(p.from.Name, len(b.rows))
		}
		return err
	})
}

// each calls f with all batches of a table after a key.
func (c *Copy) each(ctx context.Context, side Side, t *Table, after []any, f func(batch) error) error {
	var b batch
	for {
		limit := b.limit()
		err := side.View(ctx, func(tx *sql.Tx) (err error) {
			b, err = t.read(ctx, tx, after, limit, c.Clean)
			return err
		})
		if err != nil || len(b.rows) == 0 {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
		after = b.next
	}
}

func (c *Copy) report(table string, rows int) {
	c.progress.Table = table
	c.progress.Done += int64(rows)
	c.Report(c.progress)
}

// insert writes rows: with one statement for each row to SQLite, with one array for each column to PostgreSQL.
func (c *Copy) insert(ctx context.Context, tx *sql.Tx, t *Table, rows []row) error {
	into := "INSERT INTO " + t.Name + " (" + t.all() + ") "
	if c.To.Postgres {
		arrays := make([]any, len(t.columns))
		from := make([]string, len(t.columns))
		for i, column := range t.columns {
			list := make(pgtype.FlatArray[any], len(rows))
			for j, r := range rows {
				list[j] = r[i]
			}
			arrays[i] = list
			from[i] = fmt.Sprintf("$%d::%s[]", i+1, column.declared)
		}
		_, err := tx.ExecContext(ctx, into+"SELECT * FROM unnest("+strings.Join(from, ", ")+")", arrays...)
		return err
	}
	stmt, err := tx.PrepareContext(ctx, into+"VALUES ("+params(1, len(t.columns))+")")
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for _, r := range rows {
		if _, err := stmt.ExecContext(ctx, r...); err != nil {
			return err
		}
	}
	return nil
}

// A DifferenceError says that the contents of a table differ.
type DifferenceError struct{ From, To Total }

// Error returns the table and its number of rows in both.
func (e *DifferenceError) Error() string {
	return fmt.Sprintf("table %s differs: %d rows with checksum %s in the source, %d with %s in the target: type the same command again to copy all again",
		e.From.Table, e.From.Rows, e.From.Checksum, e.To.Rows, e.To.Checksum)
}

// Verify reads both databases and returns the content of each table. The error is a DifferenceError if they differ.
func (c *Copy) Verify(ctx context.Context) (totals []Total, err error) {
	c.progress.Verifying, c.progress.Done = true, 0
	for i := range c.Pairs {
		p := &c.Pairs[i]
		from, err := c.total(ctx, c.From, &p.from)
		if err != nil {
			return nil, err
		}
		to, err := c.total(ctx, c.To, &p.to)
		if err != nil {
			return nil, err
		}
		if from != to {
			return nil, &DifferenceError{from, to}
		}
		totals = append(totals, from)
	}
	return totals, nil
}

// total reads the content of a table of one of the databases.
func (c *Copy) total(ctx context.Context, side Side, t *Table) (total Total, err error) {
	total.Table = t.Name
	var buffer []byte
	err = c.each(ctx, side, t, nil, func(b batch) error {
		for _, r := range b.rows {
			buffer = total.Checksum.add(r, buffer)
		}
		total.Rows += int64(len(b.rows))
		if side.Update == nil { // the progress counts rows of the source
			c.report(t.Name, len(b.rows))
		}
		return nil
	})
	return total, err
}
