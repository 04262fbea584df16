package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"
)

// maxUpsertParams bounds the parameters of a statement that writes many rows. They are not numbered, because SQLite would look up the
// numbers.
const maxUpsertParams = 1_000

// MaxRows is the maximum number of rows written in one transaction by calls with any number of rows.
const MaxRows = 10_000

// An Upsert writes rows into a table. A row replaces the one with the same key, and is not written if nothing changes.
type Upsert struct {
	Table     string
	Key       []string
	Set       []string // the other columns
	Fixed     []string // columns that keep their first value
	Returning string   // columns to return of the written rows
	Single    bool     // one row for each statement, because SQLite copies every page that a larger statement changes
}

// Run writes n rows with different keys. row returns the columns Key, Set and Fixed of one row. If written is not nil, it scans the columns
// Returning of each row that was new or changed.
func (u Upsert) Run(ctx context.Context, tx Tx, n int, row func(i int) []any, written func(*sql.Rows) error) error {
	if tx.Postgres {
		return u.runArrays(ctx, tx, n, row, written)
	}
	if n == 0 {
		return nil
	}
	width := len(u.Key) + len(u.Set) + len(u.Fixed)
	batch := min(n, max(1, maxUpsertParams/width))
	if u.Single {
		batch = 1
	}
	stmt, err := tx.SQL.PrepareContext(ctx, u.statement(batch))
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	ahead, stop := context.WithCancel(ctx)
	all := convert(ahead, n/batch, func(i int) []any {
		args := make([]any, 0, batch*width)
		for j := range batch {
			args = append(args, row(i*batch+j)...)
		}
		return args
	})
	defer func() {
		stop()
		for range all { // drain, until row is no longer called
		}
	}()
	unwatched := context.WithoutCancel(ctx) // otherwise the driver starts a goroutine to watch each statement, although none takes long
	for some := range all {
		if some.err != nil {
			return some.err
		}
		if err := u.write(unwatched, stmt, some.args, written); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	done := n / batch * batch
	rest := func(i int) []any { return row(done + i) }
	return u.Run(ctx, tx, n-done, rest, written)
}

// runArrays is Run on PostgreSQL, where each statement is a round trip: it passes one array for each column.
func (u Upsert) runArrays(ctx context.Context, tx Tx, n int, row func(i int) []any, written func(*sql.Rows) error) error {
	columns := u.columns()
	text := u.insert("SELECT * FROM " + tx.types.unnest(u.Table, columns))
	for first := 0; first < n; first += maxArray {
		args := arrays(len(columns), first, min(first+maxArray, n), row)
		if written == nil {
			if _, err := tx.ExecContext(ctx, text, args...); err != nil {
				return err
			}
			continue
		}
		rows, err := tx.QueryContext(ctx, text, args...)
		if err == nil {
			err = scanEach(rows, written)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// arguments are the arguments of a statement, as the driver takes them.
type arguments struct {
	args []any
	err  error
}

// convert converts the arguments of n statements ahead of their use, until the context is done. For many rows that takes a third of the
// time of writing them, and another processor can do it.
func convert(ctx context.Context, n int, args func(i int) []any) <-chan arguments {
	all := make(chan arguments, 64)
	go func() {
		defer close(all)
		for i := range n {
			next := arguments{args: args(i)}
			for j, arg := range next.args {
				if next.args[j], next.err = driver.DefaultParameterConverter.ConvertValue(arg); next.err != nil {
					break
				}
			}
			select {
			case all <- next:
			case <-ctx.Done():
				return
			}
		}
	}()
	return all
}

func (u Upsert) write(ctx context.Context, stmt *sql.Stmt, args []any, written func(*sql.Rows) error) error {
	if written == nil {
		_, err := stmt.ExecContext(ctx, args...)
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return scanEach(rows, written)
}

// scanEach calls written with each row, and closes rows.
func scanEach(rows *sql.Rows, written func(*sql.Rows) error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := written(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// columns returns the columns that row must return.
func (u Upsert) columns() []string { return slices.Concat(u.Key, u.Set, u.Fixed) }

// statement returns the SQL that writes n rows.
func (u Upsert) statement(n int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(u.columns())), ", ") + ")"
	return u.insert("VALUES " + row + strings.Repeat(", "+row, n-1))
}

// insert returns the SQL that writes rows.
func (u Upsert) insert(rows string) string {
	var text strings.Builder
	text.WriteString("INSERT INTO " + u.Table + " (" + List(u.columns()) + ") " + rows)
	text.WriteString(" ON CONFLICT (" + List(u.Key) + ") DO ")
	if len(u.Set) == 0 {
		text.WriteString("NOTHING")
	} else {
		changes, differences := make([]string, 0, len(u.Set)), make([]string, 0, len(u.Set))
		for _, column := range u.Set {
			changes = append(changes, column+" = excluded."+column)
			differences = append(differences, u.Table+"."+column+" IS DISTINCT FROM excluded."+column)
		}
		text.WriteString("UPDATE SET " + List(changes) + " WHERE " + strings.Join(differences, " OR "))
	}
	if u.Returning != "" {
		text.WriteString(" RETURNING " + u.Returning)
	}
	return text.String()
}

// List joins columns with commas.
func List(columns []string) string { return strings.Join(columns, ", ") }

// Params returns n placeholders from $first on, separated by commas.
func Params(first, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = "$" + strconv.Itoa(first+i)
	}
	return List(all)
}

// A Rewrite changes existing rows.
type Rewrite struct {
	Table  string
	Key    []string
	Set    []string
	Rising string // column that must increase, otherwise the row stays unchanged; "" if there is none
}

// Run changes n rows with different keys. row returns the columns Key and Set of one row.
func (r Rewrite) Run(ctx context.Context, b Batch, n int, row func(i int) []any) error {
	columns := slices.Concat(r.Key, r.Set)
	if b.Tx.Postgres {
		text := r.statement("FROM "+b.Tx.types.unnest(r.Table, columns)+" AS given ("+List(columns)+") ",
			func(column string) string { return "given." + column })
		for first := 0; first < n; first += maxArray {
			if _, err := b.Tx.ExecContext(ctx, text, arrays(len(columns), first, min(first+maxArray, n), row)...); err != nil {
				return err
			}
		}
		return nil
	}
	text := r.statement("", func(column string) string { return "$" + strconv.Itoa(slices.Index(columns, column)+1) })
	for i := range n {
		if err := b.Exec(ctx, text, row(i)...); err != nil {
			return err
		}
	}
	return nil
}

// statement returns the SQL. from is the source of the new values, if not parameters; given returns the new value of a column.
func (r Rewrite) statement(from string, given func(column string) string) string {
	var changes, conditions []string
	for _, column := range r.Set {
		changes = append(changes, column+" = "+given(column))
	}
	for _, column := range r.Key {
		conditions = append(conditions, r.Table+"."+column+" = "+given(column))
	}
	if r.Rising != "" {
		conditions = append(conditions, r.Table+"."+r.Rising+" < "+given(r.Rising))
	}
	return "UPDATE " + r.Table + " SET " + List(changes) + " " + from + "WHERE " + strings.Join(conditions, " AND ")
}
