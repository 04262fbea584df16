package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
)

// maxUpsertParams bounds the parameters of a statement that writes many rows. They have no numbers, so that SQLite need not look for them.
const maxUpsertParams = 1_000

// maxRows bounds the rows written in one transaction where a call may bring any number.
const maxRows = 10_000

// An upsert writes rows into a table, each in place of the one with the same key, and does not touch those that are
// already as they should be.
type upsert struct {
	table     string
	key       []string
	set       []string // the other columns
	fixed     []string // columns that a row keeps once it is there
	returning string   // columns of the rows that were written
	single    bool     // one row in each statement: SQLite copies every page that a statement of more rows changes
}

// run writes n rows, no two with one key. row returns the columns key, set and fixed of one of them. If written is not nil it
// scans the columns returning of each row that was new or differed.
func (u upsert) run(ctx context.Context, tx transaction, n int, row func(i int) []any, written func(*sql.Rows) error) error {
	if n == 0 {
		return nil
	}
	width := len(u.key) + len(u.set) + len(u.fixed)
	batch := min(n, max(1, maxUpsertParams/width))
	if u.single {
		batch = 1
	}
	stmt, err := tx.PrepareContext(ctx, u.statement(batch))
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	done := 0
	for ; done+batch <= n; done += batch {
		args := make([]any, 0, batch*width)
		for i := range batch {
			args = append(args, row(done+i)...)
		}
		if err := u.exec(ctx, stmt, args, written); err != nil {
			return err
		}
	}
	rest := func(i int) []any { return row(done + i) }
	return u.run(ctx, tx, n-done, rest, written)
}

func (u upsert) exec(ctx context.Context, stmt *sql.Stmt, args []any, written func(*sql.Rows) error) error {
	if written == nil {
		_, err := stmt.ExecContext(ctx, args...)
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := written(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// statement returns the SQL text that writes n rows.
func (u upsert) statement(n int) string {
	columns := slices.Concat(u.key, u.set, u.fixed)
	var text strings.Builder
	text.WriteString("INSERT INTO " + u.table + " (" + list(columns) + ") VALUES ")
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
	text.WriteString(row + strings.Repeat(", "+row, n-1))
	text.WriteString(" ON CONFLICT (" + list(u.key) + ") DO ")
	if len(u.set) == 0 {
		text.WriteString("NOTHING")
	} else {
		changes, differences := make([]string, 0, len(u.set)), make([]string, 0, len(u.set))
		for _, column := range u.set {
			changes = append(changes, column+" = excluded."+column)
			differences = append(differences, u.table+"."+column+" IS DISTINCT FROM excluded."+column)
		}
		text.WriteString("UPDATE SET " + list(changes) + " WHERE " + strings.Join(differences, " OR "))
	}
	if u.returning != "" {
		text.WriteString(" RETURNING " + u.returning)
	}
	return text.String()
}

// list returns columns with commas between.
func list(columns []string) string { return strings.Join(columns, ", ") }

// params returns n placeholders from $first on, with commas between.
func params(first, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = "$" + strconv.Itoa(first+i)
	}
	return list(all)
}
