package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/transfer"
	"notewatch/internal/store/work"
)

// notCopied are the tables that say something of the schema, and those of an older version.
var notCopied = []string{"goose_db_version", "usable", "usage", "usage_change", "device_row"}

// A copiedTable is a table as the schema of SQLite has it.
type copiedTable struct {
	name    string
	columns []copiedColumn
}

type copiedColumn struct {
	Name, Type    string
	NotNull, IsID bool
}

func (t copiedTable) names() string {
	var names []string
	for _, c := range t.columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// copiedTables reads from the schema which tables and columns have to be copied. Each follows those that it refers to.
func copiedTables(t *testing.T, db *sql.DB) (all []copiedTable) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `
		SELECT t.name, c.name, c.type, c."notnull" OR c.pk > 0, c.type = 'INTEGER' AND c.pk > 0 FROM sqlite_master AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.name <> 'read_days'
		ORDER BY (SELECT count(*) FROM pragma_foreign_key_list(t.name)), t.name = 'attempt_alert', t.name, c.cid`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var table string
		var c copiedColumn
		require.NoError(t, rows.Scan(&table, &c.Name, &c.Type, &c.NotNull, &c.IsID))
		if slices.Contains(notCopied, table) {
			continue
		}
		if len(all) == 0 || all[len(all)-1].name != table {
			all = append(all, copiedTable{name: table})
		}
		all[len(all)-1].columns = append(all[len(all)-1].columns, c)
	}
	require.NoError(t, rows.Err())
	return all
}

// fillTables writes rows with the numbers from first to before last into all tables. Values of keys depend on the number alone, so rows
// refer to those of the same number.
func fillTables(t *testing.T, s *store.Store, first, last int) {
	t.Helper()
	tables := copiedTables(t, s.DB())
	require.NoError(t, s.Update(t.Context(), func(tx store.Transaction) error {
		for _, table := range tables {
			for n := first; n < last; n++ {
				if n > 1 && slices.Contains([]string{"active_rules", "demo"}, table.name) {
					break
				}
				var values []any
				var params []string
				for i, c := range table.columns {
					values = append(values, valueOf(c, i, n))
					params = append(params, fmt.Sprint("$", i+1))
				}
				_, err := tx.ExecContext(t.Context(), "INSERT OR REPLACE INTO "+table.name+" ("+table.names()+") VALUES ("+strings.Join(params, ", ")+")", values...)
				if err != nil {
					return fmt.Errorf("%s: %w", table.name, err)
				}
			}
		}
		return nil
	}))
}

// valueOf returns a value for a column at a place, in row n.
func valueOf(c copiedColumn, place, n int) any {
	if !c.NotNull && (place+n)%3 == 0 {
		return nil
	}
	switch c.Type {
	case "TEXT":
		return fmt.Sprintf(`é"'\$1 %05d`, n)
	case "DOUBLE PRECISION":
		return []float64{0.1, -1e300, 7, 5e-324}[n%4]
	case "BOOLEAN":
		return n%2 == 0
	case "BLOB":
		return []byte(strings.Repeat("\x00\xff", n%3*n*200))
	}
	if c.NotNull || c.IsID {
		return int64(n)
	}
	return []int64{1 << 53, -1, 0}[n%3]
}

// contents returns what the tables of a database hold.
func contents(t *testing.T, s *store.Store, tables []copiedTable) (all []string) {
	t.Helper()
	for _, table := range tables {
		var shown []string
		for _, c := range table.columns {
			if c.Type == "BOOLEAN" {
				c.Name = "CAST(" + c.Name + " AS INTEGER)" // as which SQLite shows it
			}
			shown = append(shown, c.Name)
		}
		all = append(all, dumpRows(t, s.DB(), table.name, strings.Join(shown, ", "))...)
	}
	return all
}

// requireHolds checks what the tables of a database hold.
func requireHolds(t *testing.T, s *store.Store, tables []copiedTable, want []string) {
	t.Helper()
	got := contents(t, s, tables)
	for i := range min(len(got), len(want)) {
		require.Equal(t, want[i], got[i])
	}
	require.Len(t, got, len(want))
}

// nobody is a report of progress that nobody reads.
func nobody(transfer.Progress) {}

// opened opens a database, lets f use it, and closes it.
func opened(t *testing.T, place string, f func(*store.Store)) {
	t.Helper()
	s, err := store.Open(t.Context(), place)
	require.NoError(t, err)
	f(s)
	require.NoError(t, s.Close())
}

const manyRows = 150 // more than one batch

// A source is an SQLite database in which every table has rows.
type source struct {
	file   []byte
	tables []copiedTable
	held   []string
}

// sources holds the source, which is made once.
var sources struct {
	sync.Mutex
	made *source
}

// sourceFile returns a copy of the source.
func sourceFile(t *testing.T) (path string, tables []copiedTable, held []string) {
	t.Helper()
	sources.Lock()
	defer sources.Unlock()
	if sources.made == nil {
		sources.made = makeSource(t)
	}
	path = filepath.Join(t.TempDir(), "notewatch.db")
	require.NoError(t, os.WriteFile(path, sources.made.file, 0o600))
	return path, slices.Clone(sources.made.tables), slices.Clone(sources.made.held)
}

func makeSource(t *testing.T) *source {
	t.Helper()
	path := storetest.SQLite(t)
	var tables []copiedTable
	var held []string
	opened(t, path, func(s *store.Store) {
		fillTables(t, s, 1, manyRows)
		_, err := s.DB().ExecContext(t.Context(), "DELETE FROM attempt WHERE id > 120") // whose numbers must not be given again
		require.NoError(t, err)
		tables = copiedTables(t, s.DB())
		require.Greater(t, len(tables), 20)
		held = contents(t, s, tables)
	})
	for _, table := range tables {
		require.True(t, slices.ContainsFunc(held, func(row string) bool { return strings.HasPrefix(row, table.name+"[") }), table.name)
	}
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	return &source{file, tables, held}
}

// Whatever the schema has is copied, from SQLite to PostgreSQL and back, also if the copy is interrupted again and again. Until it
// has ended, nothing else uses the target. In the long form it is interrupted twice as often.
func TestTransfer(t *testing.T) {
	t.Parallel()
	from, tables, held := sourceFile(t)
	middle, end := postgrestest.New(t), filepath.Join(t.TempDir(), "back.db")
	reach, least := 16, 4
	if *store.Long {
		reach, least = 8, 8
	}
	for _, step := range []struct{ from, to string }{{from, middle}, {middle, end}} {
		copied := false
		interruptions := 0
		for !copied {
			ctx, cancel := context.WithCancel(t.Context())
			var newest transfer.Progress
			reports := 0
			_, err := store.Transfer(ctx, step.from, step.to, func(p transfer.Progress) {
				newest = p
				if reports++; reports == 1+interruptions*5%reach && (!p.Verifying || interruptions%4 > 0) {
					cancel()
				}
			})
			copied = ctx.Err() == nil
			cancel()
			if copied {
				require.NoError(t, err)
				require.Equal(t, newest.All, newest.Done)
				require.True(t, newest.Verifying)
				break
			}
			require.ErrorIs(t, err, context.Canceled)
			for _, open := range []func(context.Context, string) (*store.Store, error){store.Open, store.OpenToMigrate, store.OpenReadOnly} {
				_, err := open(t.Context(), step.to)
				require.ErrorIs(t, err, database.ErrHalfCopied)
			}
			interruptions++
		}
		require.Greater(t, interruptions, least)
		opened(t, step.to, func(s *store.Store) {
			requireHolds(t, s, tables, held)
		})
	}
	opened(t, end, func(s *store.Store) {
		require.Contains(t, dumpRows(t, s.DB(), "sqlite_sequence", "name, seq"), fmt.Sprintf("sqlite_sequence[attempt %d]", manyRows-1))
	})
}

// interrupted begins a copy and ends it after some batches.
func interrupted(t *testing.T, from, to string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reports := 0
	_, err := store.Transfer(ctx, from, to, func(transfer.Progress) {
		if reports++; reports == 20 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
}

// What was changed in the source after an interruption is in the target too.
func TestTransferOfASourceThatWentOn(t *testing.T) {
	t.Parallel()
	from, tables, _ := sourceFile(t)
	to := postgrestest.New(t)
	interrupted(t, from, to)
	var held []string
	opened(t, from, func(s *store.Store) {
		for _, statement := range []string{
			"DELETE FROM account WHERE next_at = 1", "INSERT INTO account (name, next_at) VALUES ('a', 7)", "UPDATE asked SET at = 9 WHERE at = 10",
		} {
			_, err := s.DB().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		held = contents(t, s, tables)
	})
	totals, err := store.Transfer(t.Context(), from, to, nobody)
	require.NoError(t, err)
	require.Len(t, totals, len(tables))
	opened(t, to, func(s *store.Store) { requireHolds(t, s, tables, held) })
}

// A copy never writes to a database that holds anything else, and leaves a source alone that somebody works on. No error shows a password.
func TestTransferRefused(t *testing.T) {
	t.Parallel()
	from, tables, held := sourceFile(t)
	used := storetest.Postgres(t)
	opened(t, used, func(s *store.Store) {
		require.NoError(t, s.Work.AddWork(t.Context(), work.Poll, []string{project}, noon))
	})
	run := storetest.Postgres(t)
	beat := work.Process{ID: "1", Host: "a", PID: 7, Started: time.Now(), Seen: time.Now()}
	opened(t, run, func(s *store.Store) { require.NoError(t, s.Work.Beat(t.Context(), beat)) })
	half := postgrestest.New(t)
	interrupted(t, from, half)
	foreign := postgrestest.New(t)
	postgrestest.Exec(t, foreign, "CREATE SCHEMA notewatch CREATE TABLE theirs (x INTEGER)", "GRANT ALL ON SCHEMA notewatch TO PUBLIC")
	standby := storetest.Postgres(t)
	name := nameOfDatabase(t, standby)
	postgrestest.Exec(t, standby, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	old := filepath.Join(t.TempDir(), "old.db")
	require.NoError(t, storetest.OldDatabase(t, old, storetest.RowSchema).Close())
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	require.NoError(t, os.WriteFile(file("text"), []byte("no database"), 0o600))
	busy := storetest.SQLite(t)
	release, err := database.Lock(busy)
	require.NoError(t, err)
	defer func() { require.NoError(t, release()) }()

	for name, c := range map[string]struct{ from, to, want string }{
		"target that holds data":      {from, used, "the target holds data already (table work): name one that is empty, or does not exist yet"},
		"target file that holds data": {used, from, "the target holds data already (table "},
		"target of another copy":      {used, half, "the target holds part of a copy of \"" + from + "\": end that copy, or name another target"},
		"source that is half copied":  {half, file("new"), "it holds part of another database, since a copy was interrupted: run the same notewatch migrate again, or delete the database"},
		"target of another program":   {from, foreign, "belongs to another program"},
		"target that is no database":  {used, file("text"), "file is not a database"},
		"target without a folder":     {from, file("none/x.db"), "there is no folder"},
		"target that is busy":         {from, busy, "another notewatch runs on this database (process "},
		"source that is busy":         {busy, file("new"), "another notewatch runs on this database (process "},
		"server that is busy":         {run, file("new"), "notewatch run is running on it (a/7): end it, and try again; one that died is known for a minute"},
		"source that does not exist":  {file("none"), used, "there is no such file: check the path"},
		"source of an older version":  {old, used, "the database was made by an older notewatch"},
		"no server":                   {from, "postgres://amy:pa55word@127.0.0.1:1/x", "connection refused): check that it runs, and host and port in the URL"},
		"URL":                         {from, "postgres://amy:pa55%word@db/x", "this is not a URL"},
		"another URL":                 {from, "mysql://amy:pa55word@db/x", "this is no URL of PostgreSQL"},
		"same database":               {from, from, "is the source and the target: name another target"},
		"read-only":                   {from, standby, "read-only transaction"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Transfer(t.Context(), c.from, c.to, nobody)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "pa55")
		})
	}
	require.NoFileExists(t, file("new"))
	opened(t, from, func(s *store.Store) { requireHolds(t, s, tables, held) })
}

// While a copy reads a database, nobody writes to it, and no second copy goes into its target.
func TestTransferAlone(t *testing.T) {
	t.Parallel()
	from, _, _ := sourceFile(t)
	middle, end := postgrestest.New(t), postgrestest.New(t)
	for _, step := range []struct{ from, to, locked, second string }{
		{from, middle, "database is locked", "another notewatch runs on this database"},
		{middle, end, "lock timeout", "another notewatch migrate is copying into it: wait for its end"},
	} {
		source, err := store.Open(t.Context(), step.from)
		require.NoError(t, err)
		if !source.Shared() {
			_, err := source.DB().ExecContext(t.Context(), "PRAGMA busy_timeout = 1") // not the five seconds that it is else
			require.NoError(t, err)
		}
		tried := false
		_, err = store.Transfer(t.Context(), step.from, step.to, func(transfer.Progress) {
			if tried {
				return
			}
			tried = true
			err := source.Update(t.Context(), func(tx store.Transaction) error {
				if _, err := tx.ExecContext(t.Context(), "SET LOCAL lock_timeout = 1"); err != nil { // SQLite has refused the transaction
					return err
				}
				_, err := tx.ExecContext(t.Context(), "UPDATE account SET next_at = 0")
				return err
			})
			require.ErrorContains(t, err, step.locked)
			_, err = store.Transfer(t.Context(), step.from, step.to, nobody)
			require.ErrorContains(t, err, step.second)
		})
		require.NoError(t, err)
		require.True(t, tried)
		require.NoError(t, source.Close())
	}
}
