package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// What another process does while a decision is being stored waits for its end.
func TestWaitForDecision(t *testing.T) {
	for name, act := range map[string]func(*testing.T, *store.Store) error{
		"silence made": func(t *testing.T, s *store.Store) error {
			return s.AddSilence(t.Context(), muting.Silence{ID: "new", Match: muting.Match{Rule: "x"}, Start: noon, End: noon.Add(time.Hour)}, noon)
		},
		"silence ended": func(t *testing.T, s *store.Store) error {
			return second(s.EndSilence(t.Context(), "old", "amy", noon))
		},
		"other decision": func(t *testing.T, s *store.Store) error {
			a := firing("a", "dev:1")
			a.Version, a.Reason = 2, rules.Reminded
			_, seq, err := s.Silences(t.Context(), noon)
			require.NoError(t, err)
			require.ErrorIs(t, s.Decide(t.Context(), store.Decision{Alerts: alerts(a), Silences: seq, Now: noon}), store.ErrConflict)
			return nil
		},
		"delivery changed": func(t *testing.T, s *store.Store) error {
			return second(s.Outbox.Redeliver(t.Context(), "a", team, noon))
		},
		"receivers kept": func(t *testing.T, s *store.Store) error {
			return second(s.Outbox.KeepReceivers(t.Context(), nil, noon))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := storetest.Postgres(t)
			s, other := open(t, place), open(t, place)
			a := firing("a", "dev:1")
			require.NoError(t, s.Work.AddWork(t.Context(), work.Mute, []string{""}, noon))
			require.NoError(t, s.AddSilence(t.Context(), muting.Silence{ID: "old", Match: muting.Match{Rule: "x"}, Start: noon, End: noon.Add(time.Hour)}, noon))
			_, seq, err := s.Silences(t.Context(), noon)
			require.NoError(t, err)
			require.NoError(t, s.Decide(t.Context(), store.Decision{Alerts: alerts(a), Show: shown("a", team), Silences: seq, Now: noon}))

			a.Version++
			result := make(chan error, 1)
			require.NoError(t, s.Update(t.Context(), func(tx store.Transaction) error {
				if err := store.DecideIn(t.Context(), tx, store.Decision{Alerts: alerts(a), Silences: seq, Now: noon}); err != nil {
					return err
				}
				go func() { result <- act(t, other) }()
				require.Eventually(t, func() bool { return locked(t, s) == 1 }, 20*time.Second, 10*time.Millisecond)
				require.Empty(t, result)
				return nil
			}))
			require.NoError(t, <-result)
		})
	}
}

// locked returns how many processes wait for another one.
func locked(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	require.NoError(t, s.DB().QueryRowContext(t.Context(),
		"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n))
	return n
}
