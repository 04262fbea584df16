package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

// SQLite returns the path of a new database of this test, for store.Open. It is a copy of one that store.Open has made in this process:
// migrating each one from the first schema would take most of the time of a small test.
func SQLite(t testing.TB) (path string) {
	t.Helper()
	content, err := empty()
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "notewatch.db")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// empty returns the content of a new database.
var empty = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "empty")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "notewatch.db")
	s, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
