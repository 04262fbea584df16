package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

// What an older schema held is all there after the database was brought up to date, and the work goes on.
func TestMigrationKeepsEverything(t *testing.T) {
	for version, transitions := range map[int64]int{1: 0, 2: 1} {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) { testMigration(t, version, transitions) })
	}
}

// testMigration starts from a schema that kept some transitions of the alert "a".
func testMigration(t *testing.T, version int64, transitions int) {
	ctx := t.Context()
	model := filepath.Join(t.TempDir(), "model.db")
	want := open(t, model)
	a, over := firing("a", "dev:1"), firing("over", "dev:2")
	polled := filled[store.Project]()
	polled.Cause, polled.FailingSince = store.None, time.Time{} // which were not kept then
	decide(t, want, store.Commit{
		Project: polled, Judged: judged("data-budget", "1"),
		Decision: store.Decision{Alerts: alerts(a, over), Show: map[string][]string{"a": {team, "on-call"}, "over": {team}}},
	})
	show(t, want, team)
	decide(t, want, store.Commit{Project: polled, Judged: judged("data-budget", "1"), Decision: store.Decision{Alerts: alerts(resolved(over, noon))}})
	lease := claim(t, want, store.Receiver, "on-call")
	_, err := beginOne(ctx, want, lease, store.Message{ID: "cut off", Receiver: "on-call"}, fresh(t, want, "on-call"), noon)
	require.NoError(t, err)
	closed := today - 1
	require.NoError(t, want.SaveUsage(ctx, project, everyFigure(), []store.Usage{{Device: "dev:1", Day: closed, Figures: filled[rules.Figures]()}}, today))
	require.NoError(t, want.SaveDevices(ctx, project, []store.Device{filled[store.Device]()}, noon))
	require.NoError(t, want.SaveClosed(ctx, project, []store.Closed{filled[store.Closed]()}))
	_, err = want.RefuseRequest(ctx, "acme", noon, noon, noon)
	require.NoError(t, err)
	silence := rules.Silence{ID: "quiet", Match: rules.Match{Rule: "other"}, Start: noon, End: noon.Add(time.Hour), By: "amy", Because: "x"}
	ended := silence
	ended.ID, ended.EndedBy = "ended", "ben"
	require.NoError(t, want.AddSilence(ctx, silence, noon))
	require.NoError(t, want.AddSilence(ctx, ended, noon))

	path := filepath.Join(t.TempDir(), "notewatch.db")
	old, columns := older(t, version, path, model)
	before := map[string][]string{}
	for table, names := range columns {
		before[table] = dumpRows(t, old, table, names)
		require.NotEmpty(t, before[table], table)
	}
	require.NoError(t, old.Close())

	s := open(t, path)
	for table, rows := range before {
		require.Equal(t, rows, dumpRows(t, s.DB(), table, columns[table]))
	}
	require.Empty(t, dumpRows(t, s.DB(), "pragma_foreign_key_check", "*"))
	require.Equal(t, []string{"pragma_integrity_check[ok]"}, dumpRows(t, s.DB(), "pragma_integrity_check", "*"))
	for _, f := range []func(*store.Store) (any, error){
		func(s *store.Store) (any, error) { return s.Alerts(ctx, store.AlertFilter{}) },
		func(s *store.Store) (any, error) { return storetest.Deliveries(t, s, team), nil },
		func(s *store.Store) (any, error) { return s.Undelivered(ctx, team) },
		func(s *store.Store) (any, error) { return s.Undelivered(ctx, "on-call") },
		func(s *store.Store) (any, error) { return s.Attempts(ctx, "") },
		func(s *store.Store) (any, error) { return s.Project(ctx, project) },
		func(s *store.Store) (any, error) { return s.Usage(ctx, project, nil, closed, today) },
		func(s *store.Store) (any, error) { return s.Closed(ctx, project, filled[store.Closed]().AsOf) },
	} {
		expected, err := f(want)
		require.NoError(t, err)
		found, err := f(s)
		require.NoError(t, err)
		require.Equal(t, expected, found)
	}

	require.NoError(t, s.ReleaseAll(ctx))
	show(t, s, team)
	require.Equal(t, int64(2), told(t, s, "over")[team].Have)
	silences, seq, err := s.Silences(ctx, noon)
	require.NoError(t, err)
	if version > 1 {
		ended.EndedAt = ended.End // which was overwritten then
		require.Equal(t, []rules.Silence{ended, silence}, silences)
	}
	a, _ = a.Acknowledged("amy", noon)
	decideNow(t, s, store.Decision{Alerts: alerts(a), Silences: seq})
	all, err := s.Transitions(ctx, "a")
	require.NoError(t, err)
	require.Len(t, all, transitions+1)
	require.Equal(t, a, undelivered(t, s, team).Alert)
}

// older makes a database of an older schema with what another one holds of it, and returns the columns of its tables.
func older(t *testing.T, version int64, path, model string) (db *sql.DB, columns map[string]string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations/sqlite"), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "ATTACH $1 AS model", model)
	require.NoError(t, err)
	rows, err := db.QueryContext(t.Context(), `
		SELECT t.name, group_concat(c.name, ', ') FROM sqlite_master AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'goose_%' GROUP BY t.name`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns = map[string]string{}
	for rows.Next() {
		var table, names string
		require.NoError(t, rows.Scan(&table, &names))
		columns[table] = names
	}
	require.NoError(t, rows.Err())
	for table, names := range columns {
		_, err := db.ExecContext(t.Context(), "INSERT INTO main."+table+" ("+names+") SELECT "+names+" FROM model."+table)
		require.NoError(t, err)
	}
	_, err = db.ExecContext(t.Context(), "DETACH model")
	require.NoError(t, err)
	require.Equal(t, version > 1, strings.Contains(columns["delivery"], "why"))
	require.NotContains(t, columns, "fleet")
	return db, columns
}
