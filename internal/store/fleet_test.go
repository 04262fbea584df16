package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

// The list is replaced as a whole, for its own project, and what is as it was is not written again.
func testFleets(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	fleets := func(project string) []store.Fleet {
		t.Helper()
		all, err := s.Fleets(ctx, project)
		require.NoError(t, err)
		return all
	}
	require.Empty(t, fleets(project))
	north, south := store.Fleet{UID: "fleet:1", Name: "North"}, store.Fleet{UID: "fleet:2", Name: "South"}
	require.NoError(t, s.SaveFleets(ctx, project, []store.Fleet{south, north}))
	require.NoError(t, s.SaveFleets(ctx, "app:other", []store.Fleet{{UID: "fleet:1", Name: "Elsewhere"}}))
	require.Equal(t, []store.Fleet{north, south}, fleets(project))

	before := writes(t, s)
	require.NoError(t, s.SaveFleets(ctx, project, []store.Fleet{north, south}))
	require.Equal(t, before, writes(t, s))

	south.Name = "South-West"
	require.NoError(t, s.SaveFleets(ctx, project, []store.Fleet{south}))
	require.Equal(t, []store.Fleet{south}, fleets(project))
	require.NoError(t, s.SaveFleets(ctx, project, nil))
	require.Empty(t, fleets(project))
	require.Equal(t, []store.Fleet{{UID: "fleet:1", Name: "Elsewhere"}}, fleets("app:other"))

	var many []store.Fleet
	for i := range 1000 {
		many = append(many, store.Fleet{UID: fmt.Sprintf("fleet:%04d", i), Name: "x"})
	}
	require.NoError(t, s.SaveFleets(ctx, project, many))
	require.Equal(t, many, fleets(project))
}
