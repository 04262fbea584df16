package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/work"
)

// A standby can be looked at and takes no changes. While no server is the primary there is an outage, which ends by itself. What the
// failover has lost, though it was committed, is found by the leases: who relied on it starts over.
func TestFailover(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	cluster := postgrestest.NewCluster(t)
	s := open(t, cluster.URL(t))
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, noon))
	require.NoError(t, s.Work.AddWork(ctx, work.Receiver, []string{team}, noon))
	kept := claim(t, s, work.Receiver, team)
	cluster.Await(t)

	_, err := store.Open(ctx, cluster.Standby())
	requireCause(t, err, database.Standby)
	look, err := store.OpenReadOnly(ctx, cluster.Standby())
	require.NoError(t, err)
	due, ok, err := look.Work.NextDue(ctx, work.Poll, project)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, noon, due)
	requireCause(t, look.CheckWrite(ctx), database.Standby)
	require.NoError(t, look.Close())

	cluster.Detach(t)
	lost := claim(t, s, work.Poll, project)
	require.NoError(t, s.Commit(ctx, lost, store.Commit{
		Project: store.Project{UID: project}, Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team), Now: noon},
	}))
	cluster.Kill()
	requireCause(t, s.CheckWrite(ctx), database.Standby)
	requireCause(t, s.Work.Extend(ctx, kept, machine), database.Standby)

	cluster.Promote(t)
	require.Eventually(t, func() bool { return s.CheckWrite(ctx) == nil }, time.Minute, 20*time.Millisecond)
	require.NoError(t, s.Work.Extend(ctx, kept, machine), "a lease that was received holds")
	found, err := s.Alerts(ctx, store.AlertFilter{})
	require.NoError(t, err)
	require.Empty(t, found, "the commit is lost, as a whole")
	require.ErrorIs(t, s.Commit(ctx, lost, store.Commit{Project: store.Project{UID: project}}), work.ErrLeaseLost)
	again := claim(t, s, work.Poll, project)
	require.NoError(t, s.Commit(ctx, again, store.Commit{
		Project: store.Project{UID: project}, Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team), Now: noon},
	}), "the poll is due again, and decides the same")
}
