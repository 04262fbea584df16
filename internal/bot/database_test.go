package bot_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/database"
)

// rawDatabase opens a database beside its store, to look at it or to damage it.
func rawDatabase(t testing.TB, place string) *sql.DB {
	t.Helper()
	db, err := openRaw(place)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// refuse has a database refuse to write rows for which a condition holds, with a message, until allow is called. what is as in "UPDATE ON work".
func refuse(t testing.TB, place, what, condition, message string) (allow func()) {
	t.Helper()
	create := `CREATE TRIGGER refuse BEFORE ` + what + ` WHEN ` + condition + ` BEGIN SELECT RAISE(ABORT, '` + message + `'); END`
	_, table, _ := strings.Cut(what, " ON ")
	drop := `DROP TRIGGER refuse`
	if database.IsURL(place) {
		create = `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '` + message + `'; END $$;
			CREATE TRIGGER refuse BEFORE ` + what + ` FOR EACH ROW WHEN (` + condition + `) EXECUTE FUNCTION refuse()`
		drop += ` ON ` + table
	}
	db := rawDatabase(t, place)
	run := func(statement string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	run(create)
	return func() { run(drop) }
}

func openRaw(place string) (*sql.DB, error) {
	if database.IsURL(place) {
		return sql.Open("pgx", place)
	}
	return sql.Open("sqlite", place)
}
