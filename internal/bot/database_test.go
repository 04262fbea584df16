package bot_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

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
