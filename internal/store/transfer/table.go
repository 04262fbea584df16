package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// A Table is a table of a database.
type Table struct {
	Name    string
	columns []column
	key     []int    // indexes of the columns by which rows are read: the primary key, or all columns if there is none
	numbers string   // column whose values the database numbers and never repeats; "" if there is none
	parents []string // tables that it refers to
}

type column struct {
	name     string
	declared string // type, in lower case
	kind     kind
}

// A kind is the type of the values of a column.
type kind int

const (
	whole kind = iota + 1
	decimal
	text
	truth
	blob
)

// kinds are the types that columns may have.
var kinds = map[string]kind{
	"bigint": whole, "integer": whole, "double precision": decimal, "text": text, "boolean": truth, "blob": blob, "bytea": blob,
}

// The queries below return a row for each column, in order: table, column, type, place in the primary key (0 if none), and whether the
// database numbers its values.

const sqliteColumns = `
	SELECT t.name, c.name, lower(c.type), c.pk, c.pk > 0 AND instr(t.sql, 'AUTOINCREMENT') > 0
	FROM sqlite_master AS t, pragma_table_info(t.name) AS c
	WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY t.name, c.cid`

const postgresColumns = `
	SELECT t.relname, c.attname, format_type(c.atttypid, NULL), coalesce(array_position(k.conkey, c.attnum), 0), c.attidentity <> ''
	FROM pg_class AS t JOIN pg_attribute AS c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
	LEFT JOIN pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'p'
	WHERE t.relnamespace = to_regnamespace(current_schema()::text) AND t.relkind = 'r' ORDER BY t.relname, c.attnum`

// The queries below return a row for each reference: a table, and the table that it refers to.

const sqliteReferences = `
	SELECT t.name, r."table" FROM sqlite_master AS t, pragma_foreign_key_list(t.name) AS r WHERE t.type = 'table'`

const postgresReferences = `
	SELECT t.relname, p.relname FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.conrelid JOIN pg_class AS p ON p.oid = k.confrelid
	WHERE k.contype = 'f' AND t.relnamespace = to_regnamespace(current_schema()::text)`

// ReadTables returns the tables of the schema that tx uses, except some. Columns are left out by names as in "project.read_days". Each
// table follows those that it refers to.
func ReadTables(ctx context.Context, tx *sql.Tx, postgres bool, except ...string) ([]Table, error) {
	columns, references := sqliteColumns, sqliteReferences
	if postgres {
		columns, references = postgresColumns, postgresReferences
	}
	tables, err := readColumns(ctx, tx, columns, except)
	if err == nil {
		err = readReferences(ctx, tx, references, tables)
	}
	if err != nil {
		return nil, err
	}
	return inOrder(tables), nil
}

func readColumns(ctx context.Context, tx *sql.Tx, query string, except []string) (tables []Table, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var c column
		var place int
		var numbered bool
		if err := rows.Scan(&name, &c.name, &c.declared, &place, &numbered); err != nil {
			return nil, err
		}
		if slices.Contains(except, name) || slices.Contains(except, name+"."+c.name) {
			continue
		}
		if c.kind = kinds[c.declared]; c.kind == 0 {
			return nil, fmt.Errorf("column %s.%s has a type that is not copied: %s", name, c.name, c.declared)
		}
		if len(tables) == 0 || tables[len(tables)-1].Name != name {
			tables = append(tables, Table{Name: name})
		}
		tables[len(tables)-1].add(c, place, numbered)
	}
	for i := range tables {
		tables[i].completeKey()
	}
	return tables, rows.Err()
}

// add adds a column with its place in the primary key, from 1; 0 means none.
func (t *Table) add(c column, place int, numbered bool) {
	if place > 0 {
		for len(t.key) < place {
			t.key = append(t.key, 0)
		}
		t.key[place-1] = len(t.columns)
	}
	if numbered {
		t.numbers = c.name
	}
	t.columns = append(t.columns, c)
}

// completeKey makes all columns the key of a table without a primary key.
func (t *Table) completeKey() {
	if len(t.key) > 0 {
		return
	}
	for i := range t.columns {
		t.key = append(t.key, i)
	}
}

func readReferences(ctx context.Context, tx *sql.Tx, query string, tables []Table) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, parent string
		if err := rows.Scan(&name, &parent); err != nil {
			return err
		}
		for i := range tables {
			if tables[i].Name == name {
				tables[i].parents = append(tables[i].parents, parent)
			}
		}
	}
	return rows.Err()
}

// inOrder sorts tables so that each follows those that it refers to. There are no cycles except of a table with itself.
func inOrder(tables []Table) (sorted []Table) {
	var visit func(Table)
	visit = func(t Table) {
		named := func(other Table) bool { return other.Name == t.Name }
		if slices.ContainsFunc(sorted, named) {
			return
		}
		for _, other := range tables {
			if slices.Contains(t.parents, other.Name) && other.Name != t.Name {
				visit(other)
			}
		}
		sorted = append(sorted, t)
	}
	for _, t := range tables {
		visit(t)
	}
	return sorted
}

// A Pair is one table in both databases, with its columns in the same order.
type Pair struct{ from, to Table }

// Match pairs the tables of two databases. It returns an error if one of them lacks a table or column of the other, or has it with another
// kind.
func Match(from, to []Table) (pairs []Pair, err error) {
	for _, f := range from {
		i := slices.IndexFunc(to, func(t Table) bool { return t.Name == f.Name })
		if i < 0 {
			return nil, fmt.Errorf("the target has no table %s", f.Name)
		}
		t, err := to[i].like(f)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, Pair{f, t})
	}
	for _, t := range to {
		if !slices.ContainsFunc(from, func(f Table) bool { return t.Name == f.Name }) {
			return nil, fmt.Errorf("the source has no table %s", t.Name)
		}
	}
	return pairs, nil
}

// like returns the table with its columns in the order of another one.
func (t *Table) like(other Table) (same Table, err error) {
	same = Table{Name: t.Name, key: other.key, numbers: t.numbers}
	for _, want := range other.columns {
		i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == want.name && c.kind == want.kind })
		if i < 0 {
			return same, fmt.Errorf("the target has no column %s.%s of type %s", t.Name, want.name, want.declared)
		}
		same.columns = append(same.columns, t.columns[i])
	}
	if len(t.columns) != len(other.columns) || t.keyNames() != other.keyNames() {
		return same, fmt.Errorf("table %s has other columns in the source than in the target", t.Name)
	}
	return same, nil
}

// names returns the columns at some indexes, as in "a, b".
func (t *Table) names(places []int) string {
	names := make([]string, len(places))
	for i, place := range places {
		names[i] = t.columns[place].name
	}
	return strings.Join(names, ", ")
}

func (t *Table) keyNames() string { return t.names(t.key) }

// all returns all columns, as in "a, b".
func (t *Table) all() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// params returns count parameters from $first on, as in "$1, $2".
func params(first, count int) string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(all, ", ")
}
