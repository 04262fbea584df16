package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

func testLanes(t *testing.T, open opening) {
	stores := []*store.Store{open(), open()}
	take := func(process int, lane string, at time.Time) time.Duration {
		t.Helper()
		begin, err := stores[process].Outbox.TakeLane(t.Context(), lane, time.Second, at)
		require.NoError(t, err)
		return begin.Sub(machine)
	}
	require.Zero(t, take(0, "slack C1", machine))
	require.Zero(t, take(1, "slack C2", machine), "another lane")
	require.Equal(t, time.Second, take(1, "slack C1", machine), "another process was there first")
	require.Equal(t, 2*time.Second, take(0, "slack C1", machine.Add(time.Millisecond)))
	require.Equal(t, time.Minute, take(1, "slack C1", machine.Add(time.Minute)), "it is free")
	require.Equal(t, -time.Hour, take(0, "slack C1", machine.Add(-time.Hour)), "the clock was set back")
}
