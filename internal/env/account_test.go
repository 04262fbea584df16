package env_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store"
)

func TestAccountCause(t *testing.T) {
	noon := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	fine := func(at time.Time) store.Project { return store.Project{PolledAt: at} }
	fails := func(cause store.Cause, failures int, since time.Time) store.Project {
		return store.Project{PolledAt: since.Add(-time.Hour), Cause: cause, Failures: failures, FailingSince: since}
	}
	for name, c := range map[string]struct {
		projects []store.Project
		cause    store.Cause
		failures int
	}{
		"nothing fails":                       {[]store.Project{fine(noon)}, store.None, 0},
		"never polled":                        {[]store.Project{{}}, store.None, 0},
		"first poll refused":                  {[]store.Project{{Cause: store.Unauthorized, Failures: 1, FailingSince: noon}, {}}, store.Unauthorized, 1},
		"others were polled before that":      {[]store.Project{fails(store.Unauthorized, 2, noon), fine(noon.Add(-time.Minute))}, store.Unauthorized, 2},
		"another was polled since":            {[]store.Project{fails(store.Unauthorized, 2, noon), fine(noon.Add(time.Minute))}, store.None, 0},
		"the longest counts":                  {[]store.Project{fails(store.Unreachable, 1, noon), fails(store.Unreachable, 3, noon)}, store.Unreachable, 3},
		"what concerns one project is no one": {[]store.Project{fails("forbidden", 5, noon), fine(noon.Add(-time.Hour))}, store.None, 0},
	} {
		cause, failures := env.AccountCause(c.projects)
		require.Equal(t, c.cause, cause, name)
		require.Equal(t, c.failures, failures, name)
	}
}
