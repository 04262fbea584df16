package storetest

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/database"
	"notewatch/internal/store/postgrestest"
)

// onPostgres is a flag of all tests that use this package.
var onPostgres = flag.Bool("postgres", false, "keep the data of the tests in PostgreSQL instead of SQLite")

// OnPostgres reports whether the tests run with the flag -postgres.
func OnPostgres() bool { return *onPostgres }

// Database returns the place of a new database of this test, for store.Open: of PostgreSQL with the flag -postgres, else of SQLite.
func Database(t testing.TB) (place string) {
	t.Helper()
	if OnPostgres() {
		return Postgres(t)
	}
	return SQLite(t)
}

// NeedsSQLite skips a test of behaviour that only SQLite has.
func NeedsSQLite(t testing.TB) {
	t.Helper()
	if OnPostgres() {
		t.Skip("it is about SQLite")
	}
}

// TakeAway makes a database unavailable until PutBack.
func TakeAway(t testing.TB, place string) {
	t.Helper()
	if database.IsURL(place) {
		postgrestest.Shut(t, place)
		return
	}
	require.NoError(t, os.Rename(place, place+".away"))
}

// PutBack makes it available again.
func PutBack(t testing.TB, place string) {
	t.Helper()
	if database.IsURL(place) {
		postgrestest.Reopen(t, place)
		return
	}
	require.NoError(t, os.Rename(place+".away", place))
}
