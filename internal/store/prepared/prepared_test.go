package prepared_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notewatch/internal/store/prepared"
)

const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i FROM n`

// endless runs until it is interrupted.
const endless = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0`

func dsn(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(5000)"
}

// open opens a database with one connection.
func open(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	connector, err := prepared.NewConnector(dsn(path))
	require.NoError(tb, err)
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

// create makes a database with a table item of three rows.
func create(tb testing.TB) (db *sql.DB, path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "test ü.db")
	db = open(tb, path)
	_, err := db.ExecContext(tb.Context(), `
		CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
		INSERT INTO item VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
	require.NoError(tb, err)
	return db, path
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// ints returns the first column of a query.
func ints(t *testing.T, db querier, query string, args ...any) []int {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var all []int
	for rows.Next() {
		var n int
		require.NoError(t, rows.Scan(&n))
		all = append(all, n)
	}
	require.NoError(t, rows.Err())
	return all
}

// idle returns how many statements the connection keeps.
func idle(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	c, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	require.NoError(t, c.Raw(func(driverConn any) error {
		n = prepared.Idle(driverConn)
		return nil
	}))
	return n
}

func TestRepeat(t *testing.T) {
	db, _ := create(t)
	for i := range 3 {
		assert.Equal(t, []int{1, 2, 3}, ints(t, db, numbers, 3))
		assert.Equal(t, []int{1}, ints(t, db, numbers, 1))
		assert.Empty(t, ints(t, db, `SELECT id FROM item WHERE name = $1`, "none"))
		assert.Equal(t, []int{2}, ints(t, db, `SELECT id FROM item WHERE name = $1`, "b"))
		result, err := db.ExecContext(t.Context(), `INSERT INTO item (name) VALUES ($1)`, fmt.Sprint("new ", i))
		require.NoError(t, err)
		id, err := result.LastInsertId()
		require.NoError(t, err)
		assert.EqualValues(t, 4+i, id)
		assert.Equal(t, []int{4 + i}, ints(t, db, `UPDATE item SET name = $1 WHERE id = $2 RETURNING id`, fmt.Sprint("other ", i), id))
		var null sql.NullString
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT $1`, nil).Scan(&null))
		assert.False(t, null.Valid)
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT $1`, "text").Scan(&null))
		assert.Equal(t, "text", null.String)
	}
	assert.Equal(t, 5, idle(t, db))
}

func TestArguments(t *testing.T) {
	db, _ := create(t)
	assert.Equal(t, []int{1, 2}, ints(t, db, numbers, 2))
	_, err := db.QueryContext(t.Context(), numbers) //nolint:sqlclosecheck,rowserrcheck // it fails
	require.ErrorContains(t, err, "missing named argument")
	assert.Equal(t, []int{1, 2}, ints(t, db, numbers, 2))
}

// A query whose text runs already gets a statement of its own.
func TestNestedRows(t *testing.T) {
	db, _ := create(t)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { assert.NoError(t, tx.Rollback()) }()
	for range 2 {
		rows, err := tx.QueryContext(t.Context(), numbers, 3)
		require.NoError(t, err)
		var all []int
		for rows.Next() {
			var n int
			require.NoError(t, rows.Scan(&n))
			all = append(all, n)
			assert.Equal(t, []int{1, 2, 3, 4, 5}[:n+1], ints(t, tx, numbers, n+1))
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close()) //nolint:sqlclosecheck // before the next query
		assert.Equal(t, []int{1, 2, 3}, all)
	}
}

// Rows that are closed early leave nothing behind in the statement.
func TestRowsClosedEarly(t *testing.T) {
	db, path := create(t)
	for range 3 {
		var first int
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT id FROM item ORDER BY id`).Scan(&first))
		assert.Equal(t, 1, first)
	}
	other := open(t, path)
	_, err := other.ExecContext(t.Context(), `DELETE FROM item WHERE id = 1`)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 3}, ints(t, db, `SELECT id FROM item ORDER BY id`), "no old snapshot is kept open")
}

// A prepared statement of the caller shares the cache, and its rows outlive its Close.
func TestPrepare(t *testing.T) {
	db, _ := create(t)
	for range 3 {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		stmt, err := tx.PrepareContext(t.Context(), numbers)
		require.NoError(t, err)
		rows, err := stmt.QueryContext(t.Context(), 3)
		require.NoError(t, err)
		require.NoError(t, stmt.Close()) //nolint:sqlclosecheck // before the next query
		assert.Equal(t, []int{1, 2}, ints(t, tx, numbers, 2))
		n := 0
		for rows.Next() {
			n++
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close()) //nolint:sqlclosecheck // before the next query
		assert.Equal(t, 3, n)
		require.NoError(t, tx.Commit())
	}
	assert.Equal(t, 1, idle(t, db))
}

func TestErrors(t *testing.T) {
	db, _ := create(t)
	for range 3 {
		_, err := db.ExecContext(t.Context(), `INSERT INTO item (id, name) VALUES ($1, $2)`, 9, "a")
		require.ErrorContains(t, err, "UNIQUE")
		_, err = db.ExecContext(t.Context(), `SELECT id FROM nowhere`)
		require.ErrorContains(t, err, "nowhere")

		rows, err := db.QueryContext(t.Context(), `SELECT abs(CASE id WHEN $1 THEN -9223372036854775807 - 1 ELSE id END) FROM item ORDER BY id`, 2)
		require.NoError(t, err)
		assert.True(t, rows.Next())
		assert.False(t, rows.Next())
		require.ErrorContains(t, rows.Err(), "overflow")
		_ = rows.Close() //nolint:sqlclosecheck // before the next query
		assert.Equal(t, []int{1, 2, 3},
			ints(t, db, `SELECT abs(CASE id WHEN $1 THEN -9223372036854775807 - 1 ELSE id END) FROM item ORDER BY id`, 4))
	}
}

func TestCancel(t *testing.T) {
	db, _ := create(t)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := db.ExecContext(ctx, `DELETE FROM item`)
		require.ErrorIs(t, err, context.Canceled)

		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err = db.ExecContext(ctx, endless)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		cancel()

		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
		var n int
		require.ErrorIs(t, db.QueryRowContext(ctx, endless).Scan(&n), context.DeadlineExceeded)
		cancel()

		ctx, cancel = context.WithCancel(t.Context())
		rows, err := db.QueryContext(ctx, numbers, 1_000_000)
		require.NoError(t, err)
		assert.True(t, rows.Next())
		cancel()
		for rows.Next() { // until the rows are closed
		}
		require.ErrorIs(t, rows.Err(), context.Canceled)
		_ = rows.Close() //nolint:sqlclosecheck // before the next query

		assert.Equal(t, []int{1, 2, 3}, ints(t, db, numbers, 3))
		assert.Equal(t, []int{1, 2, 3}, ints(t, db, `SELECT id FROM item ORDER BY id`))
	}
}

func TestSchemaChange(t *testing.T) {
	db, path := create(t)
	other := open(t, path)
	columns := func() []string {
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM item LIMIT 1`)
		require.NoError(t, err)
		defer func() { assert.NoError(t, rows.Close()) }()
		names, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
		}
		require.NoError(t, rows.Err())
		return names
	}
	assert.Equal(t, []string{"id", "name"}, columns())
	_, err := other.ExecContext(t.Context(), `ALTER TABLE item ADD COLUMN size INTEGER`)
	require.NoError(t, err)
	assert.Equal(t, []string{"id", "name", "size"}, columns())
	_, err = db.ExecContext(t.Context(), `ALTER TABLE item ADD COLUMN age INTEGER`)
	require.NoError(t, err)
	assert.Equal(t, []string{"id", "name", "size", "age"}, columns())
	_, err = other.ExecContext(t.Context(), `DROP TABLE item`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `SELECT * FROM item LIMIT 1`)
	require.ErrorContains(t, err, "no such table")
}

func TestBound(t *testing.T) {
	db, _ := create(t)
	for i := range 2 * prepared.MaxIdle {
		assert.Equal(t, []int{i}, ints(t, db, fmt.Sprintf(`SELECT %d`, i)))
	}
	assert.Equal(t, prepared.MaxIdle, idle(t, db))
}

func TestNotKept(t *testing.T) {
	for name, query := range map[string]string{
		"pragma":     `PRAGMA synchronous = NORMAL`,
		"schema":     `CREATE TABLE IF NOT EXISTS other (id INTEGER)`,
		"long text":  fmt.Sprintf(`SELECT '%20000d'`, 1),
		"with error": `INSERT INTO item (id) VALUES (1)`,
	} {
		t.Run(name, func(t *testing.T) {
			db, _ := create(t)
			before := idle(t, db)
			for range 2 {
				_, _ = db.ExecContext(t.Context(), query)
			}
			assert.Equal(t, before, idle(t, db))
		})
	}
}

func TestConcurrent(t *testing.T) {
	db, _ := create(t)
	db.SetMaxOpenConns(4)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				rows, err := db.QueryContext(ctx, numbers, 100)
				if !assert.NoError(t, err) {
					cancel()
					return
				}
				for n := 0; rows.Next(); n++ {
					if n == i && worker%2 == 0 {
						cancel()
					}
				}
				_, _ = rows.Err(), rows.Close() //nolint:sqlclosecheck // before the next query
				cancel()
			}
		})
	}
	all.Wait()
	assert.Equal(t, []int{1, 2, 3}, ints(t, db, numbers, 3))
}

// Small transactions, with the driver alone and with statements that are kept.
func BenchmarkTransaction(b *testing.B) {
	_, path := create(b)
	plain, err := sql.Open("sqlite", dsn(path))
	require.NoError(b, err)
	defer func() { require.NoError(b, plain.Close()) }()
	for name, db := range map[string]*sql.DB{"driver": plain, "kept": open(b, path)} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				tx, err := db.BeginTx(b.Context(), nil)
				require.NoError(b, err)
				var n int
				require.NoError(b, tx.QueryRowContext(b.Context(), `
					SELECT count(*) FROM item AS a JOIN item AS b ON a.id = b.id WHERE a.name <> $1 AND b.id IN (SELECT id FROM item)`, "x").Scan(&n))
				_, err = tx.ExecContext(b.Context(), `
					INSERT INTO item (id, name) VALUES ($1, $2)
					ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE item.name IS DISTINCT FROM excluded.name`, 4, fmt.Sprint("n", i))
				require.NoError(b, err)
				require.NoError(b, tx.Commit())
			}
		})
	}
}
