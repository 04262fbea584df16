// Package storetest shows tests what a store holds and what it does, beyond what others ask it.
package storetest

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
)

// Rows counts the rows that queries step to, by table. SQLite knows its functions for all of the process, so there is one
// for all stores: tests that count must not run beside each other.
type Rows struct {
	sync.Mutex
	read map[string]int
}

// counter returns the one that SQLite knows.
var counter = sync.OnceValues(func() (*Rows, error) {
	r := &Rows{read: map[string]int{}}
	return r, sqlite.RegisterScalarFunction("read_row", 2, r.count)
})

// CountRows makes it possible to count rows in stores that are opened from now on.
func CountRows(t testing.TB) *Rows {
	t.Helper()
	r, err := counter()
	require.NoError(t, err)
	return r
}

// Watch counts the rows of tables from now on, each named with one of its columns, in a store that is not written to any
// more. It puts a view in front of each table that has SQLite ask about every row that an index leads to. SQLite asks once
// only for a column that the query fixes, so it has to be another.
func (r *Rows) Watch(t testing.TB, db *sql.DB, columns map[string]string) {
	t.Helper()
	for table, column := range columns {
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(`
			ALTER TABLE %[1]s RENAME TO %[1]s_rows;
			CREATE VIEW %[1]s AS SELECT * FROM %[1]s_rows WHERE read_row('%[1]s', %[2]s)`, table, column))
		require.NoError(t, err)
	}
}

// Read returns how many rows of each table f has read.
func (r *Rows) Read(f func()) map[string]int {
	r.Lock()
	r.read = map[string]int{}
	r.Unlock()
	f()
	r.Lock()
	defer r.Unlock()
	return r.read
}

// count is an SQL function that is true of every row that it is asked about.
func (r *Rows) count(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	r.Lock()
	defer r.Unlock()
	if table, ok := args[0].(string); ok {
		r.read[table]++
	}
	return true, nil
}
