package storetest

import (
	"context"
	"testing"

	"notewatch/internal/store"
	"notewatch/internal/store/postgrestest"
)

// Postgres returns the URL of a new database of this test, for store.Open, as SQLite returns a path.
func Postgres(t testing.TB) (url string) {
	t.Helper()
	return postgrestest.Copy(t, func(url string) error {
		s, err := store.Open(context.Background(), url)
		if err != nil {
			return err
		}
		return s.Close()
	})
}
