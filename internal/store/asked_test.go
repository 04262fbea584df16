package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func testAsked(t *testing.T, open opening) {
	one, other := open(), open()
	take := func(id string, at time.Time) bool {
		t.Helper()
		first, err := other.TakeAsked(t.Context(), id, at)
		require.NoError(t, err)
		return first
	}
	first, err := one.TakeAsked(t.Context(), "a", machine)
	require.NoError(t, err)
	require.True(t, first)
	require.False(t, take("a", machine.Add(15*minute)), "another process has taken it")
	require.True(t, take("b", machine))
	require.True(t, take("a", machine.Add(15*minute+time.Millisecond)), "it is forgotten when it cannot come again")
}
