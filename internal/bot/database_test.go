package bot_test

import (
	"database/sql"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
)

var onPostgres = flag.Bool("postgres", false, "keep the data of the tests in PostgreSQL instead of SQLite")

// newDatabase returns the place of a new database of a test, for store.Open.
func newDatabase(t testing.TB) string {
	t.Helper()
	if *onPostgres {
		return storetest.Postgres(t)
	}
	return storetest.Database(t)
}

// rawDatabase opens a database beside its store, to look at it or to damage it.
func rawDatabase(t testing.TB, place string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if store.IsURL(place) {
		driver = "pgx"
	}
	db, err := sql.Open(driver, place)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// takeAway makes a database unavailable until putBack.
func takeAway(t testing.TB, place string) {
	t.Helper()
	if store.IsURL(place) {
		postgrestest.Shut(t, place)
		return
	}
	require.NoError(t, os.Rename(place, place+".away"))
}

func putBack(t testing.TB, place string) {
	t.Helper()
	if store.IsURL(place) {
		postgrestest.Reopen(t, place)
		return
	}
	require.NoError(t, os.Rename(place+".away", place))
}

// needsSQLite skips a test of what only SQLite does, or that has SQLite do what a test needs.
func needsSQLite(t testing.TB) {
	t.Helper()
	if *onPostgres {
		t.Skip("it is about SQLite")
	}
}
