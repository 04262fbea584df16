package lookup_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A large scene is one project with many devices, each with 35 days before today, a fleet of every tenth of them, and some
// alerts. The i-th device uses i kB and i events a day.
type large struct {
	*store.Store
	*lookup.Reader
	db      *sql.DB
	devices int
}

func newLarge(tb testing.TB, devices int) large {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "notewatch.db")
	s, err := store.Open(tb.Context(), path)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	populate(tb, s, devices)
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(tb, err)
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	fire(tb, db, devices)
	budget, problems := rules.Compile(rules.Spec{
		Name: "data-budget", Each: rules.EachDevice, Limit: "mb(40)", When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used > limit"}},
	})
	require.Empty(tb, problems)
	reader := lookup.New(lookup.Config{
		Store: s, Projects: []lookup.Project{cold}, Accounts: []lookup.Account{{Name: "acme", PerMinute: 4}},
		Rules: []*rules.Rule{budget}, Receivers: []string{"team"}, Now: func() time.Time { return now },
	})
	return large{s, reader, db, devices}
}

// populate stores the device list and what the devices used, as a poll does.
func populate(tb testing.TB, s *store.Store, devices int) {
	tb.Helper()
	ctx := tb.Context()
	require.NoError(tb, s.Work.AddWork(ctx, work.Poll, []string{cold.UID}, now))
	lease, ok, err := s.Work.Claim(ctx, work.Poll, cold.UID, now, now)
	require.NoError(tb, err)
	require.True(tb, ok)
	list := usage.NewDeviceList()
	for i := range devices {
		fleets := []string{"fleet:all"}
		if i%10 == 0 {
			fleets = append(fleets, "fleet:tenth")
		}
		list.Add(usage.Device{
			UID: fmt.Sprintf("dev:%015d", i), Name: fmt.Sprintf("sensor-%06d", i*7919%devices), Fleets: fleets,
			SKU: "NOTE-WBNAW", Product: "product", Firmware: "7.2.2", Voltage: 4.1, Provisioned: time.Unix(0, 0),
		})
	}
	require.NoError(tb, s.Usage.SaveDevices(ctx, lease, list, now, nil))
	require.NoError(tb, s.Usage.SaveFleets(ctx, cold.UID, []usage.Fleet{{UID: "fleet:all", Name: "all"}, {UID: "fleet:tenth", Name: "every tenth"}}))
	for figure, value := range map[rules.Figure]func(i int) int64{
		rules.Bytes:    func(i int) int64 { return int64(i) * 1000 },
		rules.Events:   func(i int) int64 { return int64(i) },
		rules.Sessions: func(int) int64 { return 2 },
	} {
		cells := make([]history.Cell, devices+1)
		for i := range devices {
			cells[i+1], _ = history.Value(value(i))
		}
		reading := usage.Reading{Figures: []rules.Figure{figure}, First: long, Last: today, Today: today}
		for day := long; day <= today; day++ {
			reading.Columns = append(reading.Columns, usage.Column{Figure: figure, Day: day, Cells: cells})
		}
		require.NoError(tb, s.Usage.SaveReading(ctx, lease, reading))
	}
	commit := store.Commit{Decision: store.Decision{Now: now}, Project: store.Project{UID: cold.UID, PolledAt: now}, Due: now.Add(15 * minute)}
	require.NoError(tb, s.Commit(ctx, lease, commit))
}

// fire writes alerts of every twentieth device by SQL, which takes a tenth of the time. Every tenth of them is firing.
func fire(tb testing.TB, db *sql.DB, devices int) {
	tb.Helper()
	_, err := db.ExecContext(tb.Context(), `WITH RECURSIVE each (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM each WHERE i < $1 - 1)
		INSERT INTO alert (id, rule, project, subject, state, level, worst, version, reason, already, holds, since, fired_at, changed_at, doubted, ended_at, told)
		SELECT printf('alert-%06d', i), 'data-budget', $2, printf('dev:%015d', i), CASE WHEN i % 10 = 0 THEN 'firing' ELSE 'resolved' END,
			2, 2, 1, 'fired', FALSE, '[{},{},{},{}]', $3 - i, $3, $3, FALSE, CASE WHEN i % 10 = 0 THEN NULL ELSE $3 END,
			'{"subject":"sensor","project":"cold-chain","figure":"bytes.used","unit":"B","summary":"has used 41 MB of 40 MB"}' FROM each`,
		devices/20, cold.UID, now.UnixMilli())
	require.NoError(tb, err)
}

// usageOf is what notewatch usage does.
func (l large) usageOf(ctx context.Context, text string, span lookup.Span) error {
	subject, err := l.Find(ctx, text)
	if err == nil {
		_, err = l.Reader.Usage(ctx, subject, span)
	}
	return err
}

// A look-up reads of the history only the blocks, the figure and the days that it needs: of a device or project one block, of a
// ranking no day beyond its span. The rows of devices are read a few times, those of alerts no more often than they are open.
func TestRowsRead(t *testing.T) {
	const devices, blocks, firing, over = 3000, 2, 15, 135
	const worst = firing + 6 + 5 // all are counted, then the first ones are found by an index and read
	rows := storetest.CountRows(t)
	l := newLarge(t, devices)
	rows.Watch(t, l.db, map[string]string{"history": "vals", "device": "sku", "alert": "id"})
	top := func(span lookup.Span, of string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			q := lookup.TopQuery{N: 10, By: "bytes", Span: span}
			if of != "" {
				q.Of = lookup.Subject{Kind: lookup.KindFleet, Project: lookup.Named{UID: cold.UID}, UID: of}
			}
			_, err := l.Top(ctx, q)
			return err
		}
	}
	selective := l.Config()
	selective.Rules = []*rules.Rule{where(t, rules.EachDevice, `device.age_days > 1 && project.name != "lab"`, "1")}
	counting := l.Config()
	counting.Rules = []*rules.Rule{where(t, rules.EachDevice, `project.active > 1`, "1")}
	limits := func(c lookup.Config) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := lookup.New(c).Usage(ctx, lookup.Subject{Kind: lookup.KindDevice, Project: lookup.Named{UID: cold.UID}, UID: "dev:000000000000777"}, lookup.Month)
			return err
		}
	}
	complete := func(prefix string, limit int, kinds ...lookup.Kind) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			found, err := l.Reader.Complete(ctx, prefix, limit, kinds...)
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
		{"usage of a device", usage("sensor-000007", lookup.Month), map[string]int{"device": 2, "history": 3 * 31}},
		{"usage of a fleet", usage("fleet:tenth", lookup.Period), map[string]int{"device": devices + firing, "history": 3 * 36 * blocks, "alert": 2*firing + 5}},
		{"usage of the project", usage("cold-chain", lookup.Period), map[string]int{"device": devices + 1, "history": 3 * 36, "alert": worst}},
		{"top 10 30d", top(lookup.Month, ""), map[string]int{"device": 2*devices + 10, "history": 30 * blocks}},
		{"top 10 today", top(lookup.Today, ""), map[string]int{"device": 2*devices + 10, "history": blocks}},
		{"top 10 period of a fleet", top(lookup.Period, "fleet:tenth"), map[string]int{"device": devices + 10, "history": 10 * blocks}},
		{"usage of a device that a rule selects", limits(selective), map[string]int{"device": 2, "history": 3*31 + 10}},
		{"usage of a device that a rule selects by their number", limits(counting), map[string]int{"device": 2 + devices, "history": 3*31 + 10}},
		{"alerts", func(ctx context.Context) error {
			return l.Reader.EachAlert(ctx, store.AlertFilter{Open: true, Limit: 20}, func(lookup.Alert) error { return nil })
		}, map[string]int{"alert": 3*firing + 1}},
		{"the first alerts", func(ctx context.Context) error {
			return l.Reader.EachAlert(ctx, store.AlertFilter{Open: true, Limit: 2}, func(lookup.Alert) error { return nil })
		}, map[string]int{"alert": 3*2 + 2}},
		{"the worst alerts", func(ctx context.Context) error {
			_, _, err := l.Reader.OpenAlerts(ctx, lookup.Subject{}, 3)
			return err
		}, map[string]int{"alert": 2*firing + 3}},
		{"the worst alerts of a fleet", func(ctx context.Context) error {
			fleet := lookup.Subject{Kind: lookup.KindFleet, Project: lookup.Named{UID: cold.UID}, UID: "fleet:tenth"}
			_, _, err := l.Reader.OpenAlerts(ctx, fleet, firing)
			return err
		}, map[string]int{"device": firing, "alert": 3 * firing}},
		{"an example of a device", complete("", 1, lookup.KindDevice), map[string]int{"device": 1 + 1}}, // the last may share its name with the next,
		{"words that begin so", complete("SENSOR-", 50), map[string]int{"device": 50 + 1}},
		{"UIDs that begin so", complete("dev:00000000000000", 10), map[string]int{"device": 10}},
		{"what is called so", func(ctx context.Context) error { _, err := l.Called(ctx, "sensor-000007"); return err }, map[string]int{"device": 1}},
		{"an alert", func(ctx context.Context) error { _, err := l.Alert(ctx, "alert-000010"); return err }, map[string]int{"alert": 3}},
		{"status", func(ctx context.Context) error { _, err := status.Of(ctx, l.Reader); return err }, map[string]int{"device": devices, "alert": firing}},
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

// BenchmarkLookup asks about 100,000 devices of which rules read three figures.
func BenchmarkLookup(b *testing.B) {
	l := newLarge(b, 100_000)
	c := l.Config()
	c.Rules = append(c.Rules, rule(b, "busy", rules.EachProject, "events.today + sessions.d7", "100"))
	l.Reader = lookup.New(c)
	usage := func(text string, span lookup.Span) func() error {
		return func() error { return l.usageOf(b.Context(), text, span) }
	}
	top := func(n int, span lookup.Span) func() error {
		return func() error {
			_, err := l.Top(b.Context(), lookup.TopQuery{N: n, By: "bytes", Span: span})
			return err
		}
	}
	for _, ask := range []struct {
		what string
		f    func() error
	}{
		{"usage of a device today", usage("dev:000000000000777", lookup.Today)},
		{"usage of a device 30d", usage("dev:000000000000777", lookup.Month)},
		{"usage of a fleet 30d", usage("fleet:tenth", lookup.Month)},
		{"usage of the project 30d", usage("cold-chain", lookup.Month)},
		{"top 10 30d", top(10, lookup.Month)},
	} {
		b.Run(ask.what, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, ask.f())
			}
		})
	}
}

// A fleet is added up and drawn over all blocks that its devices are in.
func TestLargeFleet(t *testing.T) {
	const devices = 2*history.BlockSize + 2
	l := newLarge(t, devices)
	for _, c := range []struct {
		change  string
		members int
		day     float64
	}{
		{`SELECT 1`, devices, 1000 * devices * (devices - 1) / 2},
		{`UPDATE device SET fleets = '[]' WHERE uid = 'dev:000000000000007'`, devices - 1, 1000 * (devices*(devices-1)/2 - 7)},
	} {
		_, err := l.db.ExecContext(t.Context(), c.change)
		require.NoError(t, err)
		u, err := l.Reader.Usage(t.Context(), lookup.Subject{Kind: lookup.KindFleet, Project: lookup.Named{UID: cold.UID}, UID: "fleet:all"}, lookup.Week)
		require.NoError(t, err)
		require.Equal(t, c.members, u.Devices)
		require.InDelta(t, 7*c.day, u.Figures[0].Total, 0)
		require.InDelta(t, c.day, u.Figures[0].Usual, 0)
		require.Zero(t, u.Figures[0].Missing)
		require.Len(t, u.Figures[0].Days, 7)
		require.InDelta(t, c.day, u.Figures[0].Days[0].Value, 0)
	}
}
