package status_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

// In the first round of many projects, those that wait for the request budget are not late.
func TestStatusSaysWhichProjectsWaitForTheBudget(t *testing.T) {
	s := newScene(t)
	start := now.Add(-12 * minute)
	require.NoError(t, s.Store.Work.AddWork(t.Context(), work.Poll, []string{cold.UID, lab.UID}, start))
	got, err := status.Of(t.Context(), s.reader())
	require.NoError(t, err)
	require.False(t, got.Projects[0].Polling, "nothing runs")
	require.Empty(t, got.Projects[1].Behind)

	_, ok, err := s.Store.Work.Claim(t.Context(), work.Poll, cold.UID, now, now)
	require.NoError(t, err)
	require.True(t, ok)
	got, err = status.Of(t.Context(), s.reader())
	require.NoError(t, err)
	require.True(t, got.Projects[0].Polling)
	require.Equal(t, cold.Name, got.Projects[1].Behind)
	require.Positive(t, got.Projects[1].Wait)
	require.Less(t, got.Projects[1].Wait, 5*minute)
	require.Empty(t, got.Projects[2].Behind, "another account has its own budget")
}

// An account of which no project can be polled is not fine.
func TestStatusSaysWhyAnAccountCannotBePolled(t *testing.T) {
	s := newScene(t)
	s.poll(cold, now, store.Project{Failures: 1, Failure: "401", Cause: store.Unauthorized, FailingSince: now}, store.Decision{})
	got, err := status.Of(t.Context(), s.reader())
	require.NoError(t, err)
	require.Equal(t, store.Unauthorized, got.Accounts[0].Cause)
	s.poll(lab, now.Add(time.Minute), store.Project{PolledAt: now.Add(time.Minute)}, store.Decision{})
	got, err = status.Of(t.Context(), s.reader())
	require.NoError(t, err)
	require.Equal(t, store.None, got.Accounts[0].Cause)
}

// What has no data says whether its projects are polled, or wait. What has data says nothing.
func TestFirstPolls(t *testing.T) {
	s := newScene(t)
	require.NoError(t, s.Store.Work.AddWork(t.Context(), work.Poll, []string{cold.UID, lab.UID}, now))
	_, ok, err := s.Store.Work.Claim(t.Context(), work.Poll, cold.UID, now, now)
	require.NoError(t, err)
	require.True(t, ok)
	usage := lookup.Usage{Subject: lookup.Subject{Kind: lookup.KindProject, UID: lab.UID, Project: lookup.Named{UID: lab.UID}}}
	polls, err := status.FirstPolls(t.Context(), s.reader(), usage)
	require.NoError(t, err)
	require.Len(t, polls, 1)
	require.Equal(t, lab, polls[0].Project)
	require.Equal(t, cold.Name, polls[0].Behind)

	usage.AsOf = now
	polls, err = status.FirstPolls(t.Context(), s.reader(), usage)
	require.NoError(t, err)
	require.Empty(t, polls)
}
