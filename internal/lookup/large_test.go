package lookup_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/notify"
	"notewatch/rules"
)

// A large scene is one project with many devices, each with 35 days before today, a fleet of every tenth of them, and some
// alerts. The i-th device uses i kB and i events a day.
type large struct {
	*store.Store
	*lookup.Desk
	db      *sql.DB
	devices int
}

func newLarge(tb testing.TB, devices int) large {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "notewatch.db")
	s, err := store.Open(tb.Context(), path)
	require.NoError(tb, err)
	require.NoError(tb, s.Close())
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)")
	require.NoError(tb, err)
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	populate(tb, db, devices)
	_, err = db.ExecContext(tb.Context(), `PRAGMA journal_mode = WAL`)
	require.NoError(tb, err)
	s, err = store.Open(tb.Context(), path)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	budget, problems := rules.Compile(rules.Spec{
		Name: "data-budget", Each: rules.EachDevice, Limit: "mb(40)", When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used > limit"}},
	})
	require.Empty(tb, problems)
	desk := lookup.New(lookup.Config{
		Store: s, Projects: []lookup.Project{cold}, Accounts: []lookup.Account{{Name: "acme", PerMinute: 4}},
		Rules: []*rules.Rule{budget}, Receivers: []string{"team"}, Now: func() time.Time { return now },
	})
	return large{s, desk, db, devices}
}

// populate writes the rows by SQL, which takes a tenth of the time.
func populate(tb testing.TB, db *sql.DB, devices int) {
	tb.Helper()
	const each = `WITH RECURSIVE each (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM each WHERE i < $1 - 1) `
	for _, fill := range []struct {
		statement string
		args      []any
	}{
		{each + `INSERT INTO device SELECT $2, printf('dev:%015d', i), printf('sensor-%06d', i * 7919 % $1), 'NOTE-WBNAW', 'product', '7.2.2',
			CASE WHEN i % 10 = 0 THEN '["fleet:all","fleet:tenth"]' ELSE '["fleet:all"]' END, 4.1, FALSE, 0, 0 FROM each`, []any{devices, cold.UID}},
		{`INSERT INTO device_list (project, read_at) VALUES ($1, $2)`, []any{cold.UID, now.UnixMilli()}},
		{`INSERT INTO fleet VALUES ($1, 'fleet:tenth', 'every tenth')`, []any{cold.UID}},
		{`INSERT INTO project (uid, polled_at, failures, failure, truncated, read_days, reread_on) VALUES ($1, $2, 0, '', FALSE, '{}', 0)`, []any{cold.UID, now.UnixMilli()}},
		{each + `, span (day) AS (SELECT $3 - 35 UNION ALL SELECT day + 1 FROM span WHERE day < $3)
			INSERT INTO usage (day, project, device, bytes, events, sessions)
			SELECT day, $2, CASE WHEN i < 0 THEN '' ELSE printf('dev:%015d', i) END, i * 1000, i, 2
			FROM span CROSS JOIN (SELECT -1 AS i UNION ALL SELECT i FROM each)`, []any{devices, cold.UID, today}},
		{each + `INSERT INTO closed SELECT $2, $3 & 1, printf('dev:%015d', i), value, $3, $3 - 9, i, 9 * i, 7 * i, 30 * i, i, 35
			FROM json_each($4) CROSS JOIN each`, []any{devices, cold.UID, today, "[0, 3, 7]"}},
		{each + `INSERT INTO alert (id, rule, project, subject, state, level, worst, version, reason, already, holds, since, fired_at, changed_at, doubted, ended_at, told)
			SELECT printf('alert-%06d', i), 'data-budget', $2, printf('dev:%015d', i), CASE WHEN i % 10 = 0 THEN 'firing' ELSE 'resolved' END,
				2, 2, 1, 'fired', FALSE, '[{},{},{},{}]', $3 - i, $3, $3, FALSE, CASE WHEN i % 10 = 0 THEN NULL ELSE $3 END,
				'{"subject":"sensor","project":"cold-chain","figure":"bytes.used","unit":"B","summary":"has used 41 MB of 40 MB"}' FROM each`,
			[]any{devices / 20, cold.UID, now.UnixMilli()}},
	} {
		_, err := db.ExecContext(tb.Context(), fill.statement, fill.args...)
		require.NoError(tb, err, fill.statement)
	}
}

// usageOf is what notewatch usage does.
func (l large) usageOf(ctx context.Context, text string, span lookup.Span) error {
	subject, err := l.Find(ctx, text)
	if err == nil {
		_, err = l.Desk.Usage(ctx, subject, span)
	}
	return err
}

// No look-up reads more rows of anything than there are devices, whatever lies in their past: with 100,000 devices no query
// reads more than 100,000 rows.
func TestRowsRead(t *testing.T) {
	const devices, firing, over = 1000, 5, 45
	rows := storetest.CountRows(t)
	l := newLarge(t, devices)
	rows.Watch(t, l.db, map[string]string{"usage": "bytes", "closed": "days", "device": "uid", "alert": "id"})
	top := func(span lookup.Span, of string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			q := lookup.TopQuery{N: 10, By: "bytes", Span: span}
			if of != "" {
				q.Of = lookup.Subject{Kind: lookup.KindFleet, Project: notify.Named{UID: cold.UID}, UID: of}
			}
			_, err := l.Top(ctx, q)
			return err
		}
	}
	selective := l.Config
	selective.Rules = []*rules.Rule{where(t, rules.EachDevice, `device.age_days > 1 && project.name != "lab"`, "1")}
	counting := l.Config
	counting.Rules = []*rules.Rule{where(t, rules.EachDevice, `project.active > 1`, "1")}
	limits := func(c lookup.Config) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := lookup.New(c).Usage(ctx, lookup.Subject{Kind: lookup.KindDevice, Project: notify.Named{UID: cold.UID}, UID: "dev:000000000000777"}, lookup.Month)
			return err
		}
	}
	complete := func(prefix string, limit int, kinds ...lookup.Kind) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			found, err := l.Desk.Complete(ctx, prefix, limit, kinds...)
			require.Len(t, found, limit)
			return err
		}
	}
	usage := func(text string, span lookup.Span) func(ctx context.Context) error {
		return func(ctx context.Context) error { return l.usageOf(ctx, text, span) }
	}
	for _, c := range []struct {
		what string
		f    func(ctx context.Context) error
		want map[string]int
	}{
		{"usage of a device", usage("sensor-000007", lookup.Month), map[string]int{"device": 2, "usage": 36}},
		{"usage of a fleet", usage("fleet:tenth", lookup.Period), map[string]int{"device": devices, "usage": 37 * devices / 10, "closed": devices / 10, "alert": 2*firing + 5}},
		{"usage of the project", usage("cold-chain", lookup.Period), map[string]int{"device": devices, "usage": 36, "alert": 2*firing + 5}},
		{"top 10 30d", top(lookup.Month, ""), map[string]int{"device": devices + 10, "closed": devices}},
		{"top 10 today", top(lookup.Today, ""), map[string]int{"device": devices + 10, "closed": devices, "usage": devices}},
		{"top 10 period of a fleet", top(lookup.Period, "fleet:tenth"), map[string]int{"device": devices + 10, "closed": devices / 10, "usage": devices / 10}},
		{"usage of a device that a rule selects", limits(selective), map[string]int{"device": 2, "usage": 2 * 36}},
		{"usage of a device that a rule selects by their number", limits(counting), map[string]int{"device": 2 + devices, "usage": 2 * 36}},
		{"alerts", func(ctx context.Context) error {
			_, _, err := l.Desk.Alerts(ctx, store.AlertFilter{Open: true, Limit: 20})
			return err
		}, map[string]int{"alert": 3 * firing}},
		{"the worst alerts", func(ctx context.Context) error {
			_, _, err := l.Desk.OpenAlerts(ctx, lookup.Subject{}, 3)
			return err
		}, map[string]int{"alert": 2*firing + 3}},
		{"the worst alerts of a fleet", func(ctx context.Context) error {
			fleet := lookup.Subject{Kind: lookup.KindFleet, Project: notify.Named{UID: cold.UID}, UID: "fleet:tenth"}
			_, _, err := l.Desk.OpenAlerts(ctx, fleet, firing)
			return err
		}, map[string]int{"device": devices, "alert": 3 * firing}},
		{"an example of a device", complete("", 1, lookup.KindDevice), map[string]int{"device": 1}},
		{"words that begin so", complete("SENSOR-", 50), map[string]int{"device": 50}},
		{"UIDs that begin so", complete("dev:00000000000000", 10), map[string]int{"device": 10}},
		{"what is called so", func(ctx context.Context) error { _, err := l.Called(ctx, "sensor-000007"); return err }, map[string]int{"device": 1}},
		{"an alert", func(ctx context.Context) error { _, err := l.Alert(ctx, "alert-000010"); return err }, map[string]int{"alert": 3}},
		{"status", func(ctx context.Context) error { _, err := l.Status(ctx); return err }, map[string]int{"device": devices, "alert": 2 * firing}},
		{"a part of a name", usage("sensor-00000", lookup.Month), map[string]int{"device": devices + over, "alert": over}},
	} {
		read := rows.Read(func() {
			if err := c.f(t.Context()); err != nil {
				var ambiguous *lookup.AmbiguousError
				require.ErrorAs(t, err, &ambiguous, c.what)
			}
		})
		require.Equal(t, c.want, read, c.what)
	}
}

// A fleet so large that its devices are not looked up one by one is added up all the same, but not drawn day by day.
func TestLargeFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a large store")
	}
	const devices = 10_002
	l := newLarge(t, devices)
	for _, c := range []struct {
		change  string
		members int
		week    float64
	}{
		{`SELECT 1`, devices, 7 * devices * (devices - 1) / 2},
		{`UPDATE device SET fleets = '[]' WHERE uid = 'dev:000000000000007'`, devices - 1, 7 * (devices*(devices-1)/2 - 7)},
	} {
		_, err := l.db.ExecContext(t.Context(), c.change)
		require.NoError(t, err)
		u, err := l.Desk.Usage(t.Context(), lookup.Subject{Kind: lookup.KindFleet, Project: notify.Named{UID: cold.UID}, UID: "fleet:all"}, lookup.Week)
		require.NoError(t, err)
		require.Equal(t, c.members, u.Devices)
		require.InDelta(t, c.week, u.Figures[0].Total, 0)
		require.Zero(t, u.Figures[0].Missing)
		require.Empty(t, u.Figures[0].Days)
	}
}
