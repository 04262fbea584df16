package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Only the database of a demo is marked as one, with the last time that it was told.
func TestDemoEnd(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "demo.db"))
	end, err := s.DemoEnd(t.Context())
	require.NoError(t, err)
	require.Zero(t, end)
	for _, now := range []time.Time{noon, noon.Add(time.Hour)} {
		require.NoError(t, s.MarkDemo(t.Context(), now))
		end, err = s.DemoEnd(t.Context())
		require.NoError(t, err)
		require.Equal(t, now, end)
	}
}
