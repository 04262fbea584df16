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
	db, err := openRaw(place)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func openRaw(place string) (*sql.DB, error) {
	if store.IsURL(place) {
		return sql.Open("pgx", place)
	}
	return sql.Open("sqlite", place)
}
