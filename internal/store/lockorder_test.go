package store_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// Whatever changes deliveries writes rows of work first, by name, then deliveries, in any order: those of a receiver are locked with its row
// of work. So no two transactions wait for each other on a database that locks rows.
func TestLockOrder(t *testing.T) {
	ctx, s := t.Context(), open(t, filepath.Join(t.TempDir(), "notewatch.db"))
	all := []rules.Alert{firing("a", "dev:1"), firing("b", "dev:2")}
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(all...), Show: map[string][]string{"a": {"ops", team}, "b": {"ops", team}}}})
	begin := func(receiver string) {
		lease := claim(t, s, work.Receiver, receiver)
		var sendings []outbox.Sending
		for _, d := range fresh(t, s, receiver) {
			sendings = append(sendings, outbox.Sending{
				Message: outbox.Message{ID: receiver + d.Alert.ID, Receiver: receiver}, Members: []outbox.Delivery{d},
			})
		}
		_, err := s.Outbox.Begin(ctx, lease, sendings, noon, machine)
		require.NoError(t, err)
	}
	for _, statement := range []string{
		`CREATE TABLE written (entry TEXT)`,
		`CREATE TRIGGER work_written AFTER UPDATE ON work WHEN new.kind = 'receiver'
			BEGIN INSERT INTO written VALUES ('1 work ' || new.key); END`,
		`CREATE TRIGGER delivery_written AFTER UPDATE ON delivery BEGIN INSERT INTO written VALUES ('2 ' || new.alert || ' to ' || new.receiver); END`,
	} {
		_, err := s.DB().ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	requireOrder := func(name string, do func()) {
		t.Helper()
		_, err := s.DB().ExecContext(ctx, `DELETE FROM written`)
		require.NoError(t, err)
		do()
		var entries []string // each when it is first written, and so locked
		rows, err := s.DB().QueryContext(ctx, `SELECT entry FROM written ORDER BY rowid`)
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		for rows.Next() {
			var entry string
			require.NoError(t, rows.Scan(&entry))
			if !slices.Contains(entries, entry) {
				entries = append(entries, entry)
			}
		}
		require.NoError(t, rows.Err())
		require.Len(t, entries, 6, "%s: %q", name, entries)
		require.True(t, slices.IsSortedFunc(entries, func(a, b string) int {
			if strings.HasPrefix(a, "2 ") && strings.HasPrefix(b, "2 ") {
				return 0
			}
			return strings.Compare(a, b)
		}), "%s: %q", name, entries)
	}
	begin(team)
	begin("ops")
	requireOrder("ReleaseAll", func() { require.NoError(t, s.ReleaseAll(ctx)) })
	show(t, s, team)
	show(t, s, "ops")
	requireOrder("Decide", func() {
		for i := range all {
			all[i].Version++
		}
		require.NoError(t, s.Decide(ctx, store.Decision{Alerts: alerts(all...), Now: noon}))
	})
	requireOrder("Route", func() {
		_, err := s.Outbox.Route(ctx, rules.Key{Rule: all[0].Rule, Project: all[0].Project}, []string{"nobody"}, noon)
		require.NoError(t, err)
	})
}
