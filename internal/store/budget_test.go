package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

// Requests are counted by account and UTC day; one that was not reserved is none.
func testRequests(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	take := func(account string, now time.Time, patience time.Duration) {
		t.Helper()
		_, err := s.TakeSlot(ctx, account, now, store.Pace{Interval: minute, Burst: 1, Patience: patience})
		require.NoError(t, err)
	}
	requests := func(now time.Time) map[string]int {
		t.Helper()
		all, err := s.Requests(ctx, now)
		require.NoError(t, err)
		return all
	}
	require.Empty(t, requests(noon))
	require.NoError(t, s.HoldAccount(ctx, "held", noon))
	for range 3 {
		take("acme", noon, 24*time.Hour)
	}
	take("other", noon, 0)
	require.Equal(t, map[string]int{"acme": 3, "other": 1}, requests(noon))

	take("acme", noon, 0)
	take("held", noon.Add(-time.Hour), 0)
	require.Equal(t, map[string]int{"acme": 3, "other": 1}, requests(noon), "what has to wait for too long is not sent")

	midnight := today.End()
	require.Equal(t, map[string]int{"acme": 3, "other": 1}, requests(midnight.Add(-time.Millisecond)))
	require.Empty(t, requests(midnight))
	take("acme", midnight, 0)
	require.Equal(t, map[string]int{"acme": 1}, requests(midnight))
	require.Equal(t, map[string]int{"acme": 1}, requests(midnight.Add(time.Hour)))
	s = open()
	require.Equal(t, map[string]int{"acme": 1}, requests(midnight))
}
