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

// Rows counts the rows that queries step to, by table. SQLite registers its functions for the whole process, so there is one counter for
// all stores: tests that count must not run in parallel.
type Rows struct {
	sync.Mutex
	read map[string]int
}

// counter returns the counter that is registered with SQLite.
var counter = sync.OnceValues(func() (*Rows, error) {
	r := &Rows{read: map[string]int{}}
	return r, sqlite.RegisterScalarFunction("read_row", 2, r.count)
})

// CountRows makes it possible to count rows in stores that are opened later.
func CountRows(t testing.TB) *Rows {
	t.Helper()
	r, err := counter()
	require.NoError(t, err)
	return r
}

// Watch counts the rows of tables from now on, in a store that is no longer written to. columns names one column of each table. It puts a
// view in front of each table, which makes SQLite call count for every row that an index leads to. SQLite calls it only once for a column
// that the query fixes, so the column must be another one.
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

// count is an SQL function that is true for every row.
func (r *Rows) count(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	r.Lock()
	defer r.Unlock()
	if table, ok := args[0].(string); ok {
		r.read[table]++
	}
	return true, nil
}
