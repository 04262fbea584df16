package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

// take takes a request at now and returns when it may be sent.
func take(t *testing.T, s *store.Store, account string, now time.Time, perMinute float64) (at time.Time) {
	t.Helper()
	state, at, taken, err := s.TakeRequest(t.Context(), account, perMinute, func() time.Time { return now })
	require.NoError(t, err)
	require.Equal(t, taken, at.Equal(now))
	all, err := s.Budgets(t.Context())
	require.NoError(t, err)
	require.Len(t, all[account].Sent, len(state.Sent))
	require.Equal(t, all[account].HeldUntil, state.HeldUntil)
	require.Equal(t, all[account].Halvings, state.Halvings)
	return at
}

// The budget of an account is the same for all who take of it, also after a restart.
func testBudget(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	for range 4 {
		require.Equal(t, noon, take(t, s, "acme", noon, 4))
	}
	full := noon.Add(61 * time.Second)
	require.Equal(t, full, take(t, s, "acme", noon, 4))
	require.Equal(t, noon, take(t, s, "other", noon, 4), "each account has its own")
	s = open()
	require.Equal(t, full, take(t, s, "acme", noon.Add(minute), 4))
	require.Equal(t, full, take(t, s, "acme", full, 4))

	until := full.Add(2 * minute)
	state, err := s.RefuseRequest(ctx, "acme", full, full, until)
	require.NoError(t, err)
	require.Equal(t, 1, state.Halvings)
	state, err = s.RefuseRequest(ctx, "acme", full, full.Add(time.Second), full.Add(minute))
	require.NoError(t, err)
	require.Equal(t, 1, state.Halvings, "it was under way")
	require.Equal(t, until, state.HeldUntil, "the later one counts")
	s = open()
	for _, want := range []time.Time{until, until, until.Add(61 * time.Second)} {
		require.Equal(t, want, take(t, s, "acme", until, 4), "at half the rate")
	}
	all, err := s.Budgets(ctx)
	require.NoError(t, err)
	require.Equal(t, full.Add(time.Second), all["acme"].HalvedAt)
	later := full.Add(6 * minute)
	for range 4 {
		require.Equal(t, later, take(t, s, "acme", later, 4), "at the whole rate again")
	}

	_, err = s.RefuseRequest(ctx, "new", noon, noon, until)
	require.NoError(t, err)
	require.Equal(t, until, take(t, s, "new", noon, 4))
}

// A table of many requests is one text of bounded length.
func testBudgetSize(t *testing.T, open opening) {
	s := open()
	for i := range 300 {
		at := noon.Add(time.Duration(i) * time.Second / 10)
		require.Equal(t, at, take(t, s, "acme", at, 6000))
	}
	var length int
	require.NoError(t, s.DB().QueryRowContext(t.Context(), `SELECT length(sent) FROM account`).Scan(&length))
	require.Less(t, length, 200)
	all, err := s.Budgets(t.Context())
	require.NoError(t, err)
	sent := 0
	for _, r := range all["acme"].Sent {
		sent += r.N
	}
	require.Equal(t, 300, sent)
}

// Requests are counted by account and UTC day; one that was not sent is none.
func testRequests(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	requests := func(now time.Time) map[string]int {
		t.Helper()
		all, err := s.Requests(ctx, now)
		require.NoError(t, err)
		return all
	}
	require.Empty(t, requests(noon))
	_, err := s.RefuseRequest(ctx, "held", noon, noon, noon)
	require.NoError(t, err)
	for range 3 {
		take(t, s, "acme", noon, 3)
	}
	take(t, s, "other", noon, 1)
	require.Equal(t, map[string]int{"acme": 3, "other": 1}, requests(noon))

	take(t, s, "acme", noon, 3)
	take(t, s, "held", noon.Add(-time.Hour), 1)
	require.Equal(t, map[string]int{"acme": 3, "other": 1}, requests(noon), "what has to wait is not sent")

	midnight := today.End()
	require.Equal(t, map[string]int{"acme": 3, "other": 1}, requests(midnight.Add(-time.Millisecond)))
	require.Empty(t, requests(midnight))
	take(t, s, "acme", midnight, 3)
	require.Equal(t, map[string]int{"acme": 1}, requests(midnight))
	require.Equal(t, map[string]int{"acme": 1}, requests(midnight.Add(time.Hour)))
	s = open()
	require.Equal(t, map[string]int{"acme": 1}, requests(midnight))
}
