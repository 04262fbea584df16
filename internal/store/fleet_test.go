package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// The list is replaced as a whole, for its own project, and what is as it was is not written again.
func testFleets(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	fleets := func(project string) []usage.Fleet {
		t.Helper()
		all, err := s.Usage.Fleets(ctx, project)
		require.NoError(t, err)
		return all
	}
	require.Empty(t, fleets(project))
	north, south := usage.Fleet{UID: "fleet:1", Name: "North", Assured: rules.True}, usage.Fleet{UID: "fleet:2", Name: "South"}
	require.NoError(t, s.Usage.SaveFleets(ctx, project, []usage.Fleet{south, north}))
	require.NoError(t, s.Usage.SaveFleets(ctx, "app:other", []usage.Fleet{{UID: "fleet:1", Name: "Elsewhere"}}))
	require.Equal(t, []usage.Fleet{north, south}, fleets(project))

	before := writes(t, s)
	require.NoError(t, s.Usage.SaveFleets(ctx, project, []usage.Fleet{north, south}))
	require.Equal(t, before, writes(t, s))

	south.Name, south.Assured = "South-West", rules.False
	require.NoError(t, s.Usage.SaveFleets(ctx, project, []usage.Fleet{south}))
	require.Equal(t, []usage.Fleet{south}, fleets(project))
	require.NoError(t, s.Usage.SaveFleets(ctx, project, nil))
	require.Empty(t, fleets(project))
	require.Equal(t, []usage.Fleet{{UID: "fleet:1", Name: "Elsewhere"}}, fleets("app:other"))

	var many []usage.Fleet
	for i := range 1000 {
		many = append(many, usage.Fleet{UID: fmt.Sprintf("fleet:%04d", i), Name: "x"})
	}
	require.NoError(t, s.Usage.SaveFleets(ctx, project, many))
	require.Equal(t, many, fleets(project))
}
