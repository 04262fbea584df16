package storetest

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
)

// RowSchema is the newest schema with a row for each device and day.
const RowSchema = 11

// OldDatabase creates a database of an older schema, for the test to fill and close.
func OldDatabase(t testing.TB, path string, schema int64) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	for !isFile(filepath.Join(root, "go.mod")) && root != filepath.Dir(root) {
		root = filepath.Dir(root)
	}
	migrations := os.DirFS(filepath.Join(root, "internal", "store", "database", "migrations", "sqlite"))
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), schema)
	require.NoError(t, err)
	return db
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
