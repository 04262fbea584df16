package main

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

// A database of an older schema is left as it is, and it is said what to do.
func TestLookupsOfAnOlderDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := store.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = raw.ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id > 1`)
	require.NoError(t, err)
	require.NoError(t, raw.Close())

	t.Setenv("NOTEWATCH_RULES", "../../rules.example.yaml")
	t.Setenv("NOTEWATCH_DATABASE", path)
	for _, line := range []string{
		"usage", "top", "status", "explain event-budget", "alerts", "history", "silences", "ack a", "silence --alert a --for 1h --because it",
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitFailure, run(t.Context(), strings.Fields(line), &stdout, &stderr), line)
		require.Regexp(t, `made by an older notewatch \(schema 1, this one knows \d+\): start notewatch run, or notewatch once, to bring it up to date`, stderr.String(), line)
		require.Empty(t, stdout.String(), line)
	}
}
