package store_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
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
	polled.Cause, polled.FailingSince, polled.Damaged = store.None, time.Time{}, 0 // which were not kept then
	decide(t, want, store.Commit{
		Project: polled, Meanings: judged("data-budget", "1"),
		Decision: store.Decision{Alerts: alerts(a, over), Show: map[string][]string{"a": {team, "on-call"}, "over": {team}}},
	})
	show(t, want, team)
	decide(t, want, store.Commit{Project: polled, Meanings: judged("data-budget", "1"), Decision: store.Decision{Alerts: alerts(resolved(over, noon))}})
	lease := claim(t, want, work.Receiver, "on-call")
	_, err := beginOne(ctx, want, lease, outbox.Message{ID: "cut off", Receiver: "on-call"}, fresh(t, want, "on-call"), noon)
	require.NoError(t, err)
	storetest.SaveDevices(t, want, project, nil, noon)
	_, err = want.RefuseRequest(ctx, "acme", noon, noon, noon)
	require.NoError(t, err)
	silence := muting.Silence{ID: "quiet", Match: muting.Match{Rule: "other"}, Start: noon, End: noon.Add(time.Hour), By: "amy", Because: "x"}
	ended := silence
	ended.ID, ended.EndedBy = "ended", "ben"
	require.NoError(t, want.AddSilence(ctx, silence, noon))
	require.NoError(t, want.AddSilence(ctx, ended, noon))

	path := filepath.Join(t.TempDir(), "notewatch.db")
	old, columns := older(t, version, path, model)
	before := map[string][]string{}
	for table, names := range columns {
		before[table] = rowsOf(t, old, table, names)
		require.NotEmpty(t, before[table], table)
	}
	require.NoError(t, old.Close())

	_, err = store.Open(ctx, path)
	require.ErrorIs(t, err, database.ErrOlder, "an older notewatch may run on it")
	s := migrate(t, path)
	for table, rows := range before {
		now := cmp.Or(map[string]string{"change": "usage_change", "device": "device_row"}[table], table)
		require.Equal(t, rows, rowsOf(t, s.DB(), now, columns[table]), table)
	}
	require.Empty(t, dumpRows(t, s.DB(), "pragma_foreign_key_check", "*"))
	require.Equal(t, []string{"pragma_integrity_check[ok]"}, dumpRows(t, s.DB(), "pragma_integrity_check", "*"))
	for _, f := range []func(*store.Store) (any, error){
		func(s *store.Store) (any, error) { return s.Alerts(ctx, store.AlertFilter{}) },
		func(s *store.Store) (any, error) { return storetest.Deliveries(t, s, team), nil },
		func(s *store.Store) (any, error) { return s.Outbox.Undelivered(ctx, team) },
		func(s *store.Store) (any, error) { return s.Outbox.Undelivered(ctx, "on-call") },
		func(s *store.Store) (any, error) { return s.Outbox.Attempts(ctx, "") },
		func(s *store.Store) (any, error) { return s.Project(ctx, project) },
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
		require.Equal(t, []muting.Silence{ended, silence}, silences)
	}
	a, _ = a.Acknowledged("amy", noon)
	decideNow(t, s, store.Decision{Alerts: alerts(a), Silences: seq})
	all, err := s.Transitions(ctx, "a")
	require.NoError(t, err)
	require.Len(t, all, transitions+1)
	require.Equal(t, a, undelivered(t, s, team).Alert)
}

// rowsOf returns what a table holds in some columns.
func rowsOf(t *testing.T, db *sql.DB, table, columns string) (rows []string) {
	t.Helper()
	for _, row := range dumpRows(t, db, table, columns) {
		rows = append(rows, strings.TrimPrefix(row, table))
	}
	return rows
}

// oldRows fill tables that later versions keep in another way.
const oldRows = `
	INSERT INTO device (project, uid, name, sku, product, firmware, fleets, voltage, disabled, provisioned, last_activity)
		VALUES ('` + project + `', 'dev:1', 'one', 'sku', 'product', 'firmware', '["fleet:1"]', 3.7, FALSE, 1, 2);
	INSERT INTO usage (day, project, device, bytes) VALUES (20000, '` + project + `', 'dev:1', 7);
	INSERT INTO change (project, device, day) VALUES ('` + project + `', 'dev:1', 20000)`

// older makes a database of an older schema with what another one holds of it, and returns the columns of its tables.
func older(t *testing.T, version int64, path, model string) (db *sql.DB, columns map[string]string) {
	t.Helper()
	db = storetest.OldDatabase(t, path, version)
	_, err := db.ExecContext(t.Context(), "ATTACH $1 AS model", model)
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
	delete(columns, "closed") // which later versions do not keep
	for table, names := range columns {
		if slices.Contains([]string{"change", "delivery", "device", "usage"}, table) {
			continue
		}
		_, err := db.ExecContext(t.Context(), "INSERT INTO main."+table+" ("+names+") SELECT "+names+" FROM model."+table)
		require.NoError(t, err)
	}
	require.Equal(t, version > 1, strings.Contains(columns["delivery"], "why"))
	_, err = db.ExecContext(t.Context(), `
		INSERT INTO main.delivery (alert, receiver, want, have, shown, message, dead, error, repairs)
		SELECT alert, receiver, version, have, shown, message, FALSE, error, repairs FROM model.delivery JOIN model.alert ON id = alert`)
	require.NoError(t, err)
	columns["delivery"] = "alert, receiver, have, shown, message, error, repairs"
	_, err = db.ExecContext(t.Context(), "DETACH model")
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), oldRows)
	require.NoError(t, err)
	require.NotContains(t, columns, "fleet")
	return db, columns
}

// Nothing runs on the database of a demo, so nothing brings it up to date.
func TestOldDemosAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "demo.db")
	old := storetest.OldDatabase(t, path, storetest.RowSchema)
	_, err := old.ExecContext(t.Context(), `INSERT INTO demo (ended_at) VALUES (1)`)
	require.NoError(t, err)
	require.NoError(t, old.Close())
	for _, open := range []func(context.Context, string) (*store.Store, error){store.Open, store.OpenToMigrate, store.OpenReadOnly} {
		_, err := open(t.Context(), path)
		require.ErrorIs(t, err, database.ErrOlder)
		require.ErrorContains(t, err, "made by an older notewatch, by its demo: make a new one with notewatch demo --database")
	}
}

// What the columns of an older schema said together is said by the state of a delivery and by what it displays.
func TestMigrationOfDeliveries(t *testing.T) {
	const insert = `INSERT INTO delivery
		(alert, receiver, want, have, shown, message, dead, error, repairs, why, via, closed, moves, waiting_since) VALUES `
	since := time.UnixMilli(7).UTC()
	owed := func(d delivery.Delivery) delivery.Delivery {
		d.State, d.Since = delivery.Waiting, since
		return d
	}
	shown := func(d delivery.Delivery) delivery.Delivery {
		d.Have, d.Shown, d.Display, d.Message = 1, rules.Warning, delivery.DisplayFiring, "posted"
		return d
	}
	for _, c := range []struct {
		name  string
		alert string // state, mute
		row   string // from want on
		want  delivery.Delivery
	}{
		{"new", `'firing', '{}'`, `1, 0, 0, NULL, FALSE, '', 0, '', '', FALSE, 0, 7`, owed(delivery.Delivery{Display: delivery.DisplayNone})},
		{"failed", `'firing', '{}'`, `1, 0, 0, 'begun', FALSE, 'status 500', 2, '', 'ops', FALSE, 0, 7`,
			owed(delivery.Delivery{Display: delivery.DisplayMaybe, Message: "begun", Error: "status 500", For: "ops", Epoch: 2})},
		{"shown", `'firing', '{}'`, `1, 1, 2, 'posted', FALSE, '', 0, '', '', FALSE, 0, NULL`, shown(delivery.Delivery{State: delivery.Delivered})},
		{"changed", `'resolved', '{}'`, `2, 1, 2, 'posted', FALSE, '', 0, '', '', FALSE, 0, 7`, owed(shown(delivery.Delivery{}))},
		{"ended", `'resolved', '{}'`, `2, 2, 0, 'posted', FALSE, '', 0, '', '', FALSE, 0, NULL`,
			delivery.Delivery{State: delivery.Delivered, Have: 2, Display: delivery.DisplayEnded, Message: "posted"}},
		{"muted", `'firing', '{"kind": "silence"}'`, `2, 2, 0, 'posted', FALSE, '', 0, '', '', FALSE, 0, NULL`,
			delivery.Delivery{State: delivery.Delivered, Have: 2, Display: delivery.DisplayFiring, Message: "posted"}},
		{"given up", `'firing', '{}'`, `1, 0, 0, 'begun', TRUE, 'status 400', 0, '', '', FALSE, 0, 7`,
			delivery.Delivery{State: delivery.GivenUp, Since: since, Display: delivery.DisplayMaybe, Message: "begun", Error: "status 400"}},
		{"held", `'firing', '{}'`, `1, 0, 0, NULL, FALSE, '', 0, 'silenced by amy', '', FALSE, 0, NULL`,
			delivery.Delivery{State: delivery.Held, Reason: delivery.ReasonMuted, Detail: "silenced by amy", Display: delivery.DisplayNone}},
		{"acknowledged", `'firing', '{}'`, `1, 0, 0, NULL, FALSE, '', 0, 'acknowledged by amy', '', FALSE, 0, NULL`,
			delivery.Delivery{State: delivery.Held, Reason: delivery.ReasonAcknowledged, Detail: "acknowledged by amy", Display: delivery.DisplayNone}},
		{"below", `'firing', '{}'`, `1, 0, 0, NULL, FALSE, '', 0, 'info is below warning, from which on this receiver is told', '', FALSE, 0, NULL`,
			delivery.Delivery{State: delivery.Skipped, Reason: delivery.ReasonBelow, Display: delivery.DisplayNone,
				Detail: "info is below warning, from which on this receiver is told"}},
		{"ended below", `'resolved', '{}'`, `2, 2, 0, NULL, FALSE, '', 0, 'over, and info is below warning, from which …', '', FALSE, 0, NULL`,
			delivery.Delivery{State: delivery.Skipped, Reason: delivery.ReasonEndedBelow, Have: 2, Display: delivery.DisplayNone,
				Detail: "over, and info is below warning, from which …"}},
		{"nothing to show", `'firing', '{}'`, `1, 1, 0, NULL, FALSE, '', 0, 'this receiver has nothing to show of it', '', FALSE, 0, NULL`,
			delivery.Delivery{State: delivery.Skipped, Reason: delivery.ReasonContent, Have: 1, Display: delivery.DisplayNone,
				Detail: "this receiver has nothing to show of it"}},
		{"to be taken back", `'firing', '{}'`, `1, 0, 2, 'posted', FALSE, '', 1, '', '', FALSE, 1, 7`,
			owed(delivery.Delivery{Shown: rules.Warning, Display: delivery.DisplayFiring, Message: "posted", Rerouted: true, Turns: 1, Epoch: 1})},
		{"taken back", `'firing', '{}'`, `1, 1, 0, 'posted', FALSE, '', 1, '', '', FALSE, 1, NULL`,
			delivery.Delivery{State: delivery.Skipped, Reason: delivery.ReasonRerouted, Detail: "others are told of it now, as the rules file says", Have: 1,
				Display: delivery.DisplayEnded, Message: "posted", Rerouted: true, Turns: 1, Epoch: 1}},
		{"removed", `'firing', '{}'`, `1, 1, 2, 'posted', FALSE, '', 0, '', '', TRUE, 0, NULL`, shown(delivery.Delivery{State: delivery.Removed})},
	} {
		path := filepath.Join(t.TempDir(), "notewatch.db")
		db := storetest.OldDatabase(t, path, 18)
		for _, statement := range []string{
			`INSERT INTO alert (id, rule, project, subject, state, level, worst, version, reason, already, holds, since, told, mute, ack, drill, then_values, doubted, by_whom, reason_text)
				SELECT 'a', 'rule', 'app:1', 'dev:1', column1, 2, 2, 2, 'fired', FALSE, '', 1, '{}', column2, '{}', FALSE, '{}', 0, '', '' FROM (VALUES (` + c.alert + `))`,
			`INSERT INTO message (id, receiver, ref, posted_at, begun_at, digest) VALUES ('posted', 'team', '', 1, 1, FALSE), ('begun', 'team', '', NULL, 1, FALSE)`,
			insert + `('a', 'team', ` + c.row + `)`,
		} {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err, c.name)
		}
		require.NoError(t, db.Close())
		require.Equal(t, c.want, told(t, migrate(t, path), "a")["team"].Delivery, c.name)
	}
}
