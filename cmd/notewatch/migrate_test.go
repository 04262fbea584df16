package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"notewatch/internal/store/database"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
	"notewatch/internal/terminal"
)

// Every question has the same answer on a copy, and on a copy of the copy.
func TestMigrateKeepsAnswers(t *testing.T) {
	playDemo(t).useCopy(t)
	answers := func() (all []string) {
		for _, line := range []string{
			"usage", "usage hourly-sensor-6 7d", "top 20 bytes 30d", "top events", "alerts", "alerts --all", "history", "explain chatty-sessions hourly-sensor-6",
			"silences", "status", "export 30d",
		} {
			said := typed(t, "notewatch "+line+" --json")
			require.NotEmpty(t, said, line)
			all = append(all, line+": "+strings.ReplaceAll(said, os.Getenv("NOTEWATCH_DATABASE"), "DATABASE"))
		}
		return all
	}
	before := answers()
	target := postgrestest.New(t)
	var checksums []terminal.TransferTable
	for _, to := range []string{target, filepath.Join(t.TempDir(), "back.db")} {
		said := typed(t, "notewatch migrate --json --to "+to)
		var result terminal.Transfer
		require.NoError(t, json.Unmarshal([]byte(said), &result))
		require.Equal(t, database.NameOf(to), result.To)
		if checksums != nil {
			require.Equal(t, checksums, result.Tables)
		}
		checksums = result.Tables
		t.Setenv("NOTEWATCH_DATABASE", to)
		require.Equal(t, before, answers())
	}
}

// A copy that is killed goes on where it was. Until then nothing runs on the target.
func TestMigrateKilled(t *testing.T) {
	playDemo(t).useCopy(t)
	target := storetest.Postgres(t)
	conn, err := pgx.Connect(t.Context(), target)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	blocker, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = blocker.Exec(t.Context(), "LOCK TABLE notewatch.history IN EXCLUSIVE MODE") // others can read, and not write
	require.NoError(t, err)

	killed := exec.CommandContext(t.Context(), "notewatch", "migrate", "--to", target)
	require.NoError(t, killed.Start())
	require.Eventually(t, func() bool {
		var waiting int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'notewatch.history'::regclass").Scan(&waiting)
		return err == nil && waiting > 0
	}, time.Minute, 10*time.Millisecond, "it comes to the history")
	require.NoError(t, killed.Process.Signal(syscall.SIGKILL))
	require.Error(t, killed.Wait())
	var copied int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM notewatch.device").Scan(&copied))
	require.Positive(t, copied, "it was in the middle")
	require.NoError(t, blocker.Rollback(t.Context()))

	source := os.Getenv("NOTEWATCH_DATABASE")
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(rules, []byte("projects: [{uid: 'app:1', name: one}]\nreceivers: [{name: print, terminal: {}}]\nrules: [{name: busy, each: project, when: events.today > 1}]\n"), 0o600))
	t.Setenv("NOTEWATCH_RULES", rules)
	t.Setenv("NOTEWATCH_NOTEHUB_TOKEN", "a-token")
	t.Setenv("NOTEWATCH_DATABASE", target)
	for _, command := range []string{"run", "status"} {
		var stderr bytes.Buffer
		require.Equal(t, exitFailure, run(t.Context(), []string{command}, &bytes.Buffer{}, &stderr))
		require.Contains(t, stderr.String(), "it holds part of another database, since a copy was interrupted: run the same notewatch migrate again, or delete the database")
	}
	t.Setenv("NOTEWATCH_DATABASE", source)
	require.Contains(t, typed(t, "notewatch migrate --to "+target), "Each table has the same rows in both.")
	t.Setenv("NOTEWATCH_DATABASE", target)
	typed(t, "notewatch alerts")
}

// A password of the target is never shown.
func TestMigrateShowsNoPassword(t *testing.T) {
	t.Setenv("NOTEWATCH_DATABASE", storetest.SQLite(t))
	target, err := url.Parse(postgrestest.New(t))
	require.NoError(t, err)
	target.User = url.UserPassword(postgrestest.Sealed, "pa55word")
	for line, want := range map[string]string{
		"migrate --to " + target.String():            "password authentication failed",
		"migrate --to postgres://amy:pa55%word@db/x": "this is not a URL",
		"migrate --to mysql://amy:pa55word@db/x":     "this is no URL of PostgreSQL",
		"migrate postgres://amy:pa55word@db/x":       "give --to with the URL or path of a database",
		"migrate":                                    "give --to with the URL or path of a database",
	} {
		var stdout, stderr bytes.Buffer
		require.NotZero(t, run(t.Context(), strings.Fields(line), &stdout, &stderr))
		require.Contains(t, stderr.String(), want)
		require.NotContains(t, stdout.String()+stderr.String(), "pa55")
	}
}
