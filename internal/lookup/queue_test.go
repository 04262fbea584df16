package lookup_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

// In the first round of many projects, those that wait for the request budget are not late.
func TestStatusSaysWhichProjectsWaitForTheBudget(t *testing.T) {
	s := newScene(t)
	start := now.Add(-12 * minute)
	require.NoError(t, s.Store.Work.AddWork(t.Context(), work.Poll, []string{cold.UID, lab.UID}, start))
	status, err := s.desk().Status(t.Context())
	require.NoError(t, err)
	require.False(t, status.Projects[0].Polling, "nothing runs")
	require.Empty(t, status.Projects[1].Behind)

	_, ok, err := s.Store.Work.Claim(t.Context(), work.Poll, cold.UID, now, now)
	require.NoError(t, err)
	require.True(t, ok)
	status, err = s.desk().Status(t.Context())
	require.NoError(t, err)
	require.True(t, status.Projects[0].Polling)
	require.Equal(t, cold.Name, status.Projects[1].Behind)
	require.Positive(t, status.Projects[1].Wait)
	require.Less(t, status.Projects[1].Wait, 5*minute)
	require.Empty(t, status.Projects[2].Behind, "another account has its own budget")
}

// An account of which no project can be polled is not fine.
func TestStatusSaysWhyAnAccountCannotBePolled(t *testing.T) {
	s := newScene(t)
	s.poll(cold, now, store.Project{Failures: 1, Failure: "401", Cause: store.Unauthorized, FailingSince: now}, store.Decision{})
	status, err := s.desk().Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, store.Unauthorized, status.Accounts[0].Cause)
	s.poll(lab, now.Add(time.Minute), store.Project{PolledAt: now.Add(time.Minute)}, store.Decision{})
	status, err = s.desk().Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, store.None, status.Accounts[0].Cause)
}
