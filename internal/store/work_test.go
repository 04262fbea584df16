package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

func testWork(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "unknown work is never due")
	require.NoError(t, s.Work.AddWork(ctx, work.Receiver, []string{team, "other"}, noon))
	require.NoError(t, s.Work.AddWork(ctx, work.Receiver, []string{team, "third"}, noon.Add(time.Hour)))
	require.Equal(t, noon, due(t, s, work.Receiver, team), "known work stays as it is")
	require.Equal(t, noon.Add(time.Hour), due(t, s, work.Receiver, "third"))
	require.True(t, due(t, s, work.Poll, team).IsZero(), "work of another kind is other work")

	all, err := s.Work.Due(ctx, work.Receiver, []string{team, "third", "nobody"})
	require.NoError(t, err)
	require.Equal(t, map[string]time.Time{team: noon, "third": noon.Add(time.Hour)}, all)
	require.NoError(t, s.Work.AddWork(ctx, work.Mute, []string{""}, noon))
	jobs, err := s.Work.DueBy(ctx, noon)
	require.NoError(t, err)
	require.ElementsMatch(t, []work.Job{{Kind: work.Receiver, Key: team}, {Kind: work.Receiver, Key: "other"}, {Kind: work.Mute}}, jobs)

	for name, c := range map[string]struct {
		kind         work.Kind
		key          string
		now, machine time.Time
		ok           bool
	}{
		"due":       {work.Receiver, team, noon, machine, true},
		"overdue":   {work.Receiver, "other", noon.Add(time.Hour), machine, true},
		"early":     {work.Receiver, "third", noon, machine, false},
		"unknown":   {work.Receiver, "nobody", noon, machine, false},
		"other":     {work.Poll, team, noon, machine, false},
		"no domain": {work.Receiver, "third", noon, machine.Add(100 * time.Hour), false},
	} {
		lease, ok, err := s.Work.Claim(ctx, c.kind, c.key, c.now, c.machine)
		require.NoError(t, err, name)
		require.Equal(t, c.ok, ok, name)
		if ok {
			require.Equal(t, work.Lease{Kind: c.kind, Key: c.key, Token: lease.Token, Due: noon}, lease, name)
			require.NotEmpty(t, lease.Token, name)
		}
	}
}

func testLeases(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	require.NoError(t, s.Work.AddWork(ctx, work.Receiver, []string{team}, noon))
	lease := claim(t, s, work.Receiver, team)
	tryAt := func(at time.Time) bool {
		_, ok, err := s.Work.Claim(ctx, work.Receiver, team, noon, at)
		require.NoError(t, err)
		return ok
	}
	require.False(t, tryAt(machine), "it is held")
	require.False(t, tryAt(machine.Add(work.LeaseTime-1)), "it is held to the end")
	require.NoError(t, s.Work.Extend(ctx, lease, machine.Add(minute/2)))
	require.False(t, tryAt(machine.Add(work.LeaseTime)), "it was extended")
	require.NoError(t, s.Work.Extend(ctx, lease, machine.Add(time.Hour)), "a lease is good until somebody else claims")
	require.True(t, tryAt(machine.Add(time.Hour+work.LeaseTime)), "it ran out")
	require.ErrorIs(t, s.Work.Extend(ctx, lease, machine), work.ErrLeaseLost)
	require.ErrorIs(t, s.Work.Complete(ctx, lease, noon, never, 0), work.ErrLeaseLost)

	require.NoError(t, s.ReleaseAll(ctx))
	lease = claim(t, s, work.Receiver, team)
	require.NoError(t, s.Work.Complete(ctx, lease, noon, noon.Add(minute), 3))
	require.Equal(t, noon.Add(minute), due(t, s, work.Receiver, team))
	require.ErrorIs(t, s.Work.Complete(ctx, lease, noon, never, 0), work.ErrLeaseLost, "it was given back")
	lease, ok, err := s.Work.Claim(ctx, work.Receiver, team, noon.Add(minute), machine)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 3, lease.Failures)
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	require.True(t, due(t, s, work.Receiver, team).IsZero())
	require.False(t, tryAt(machine.Add(time.Hour)), "never is never")
}

// Several claim at once: one gets it. Two stores on one database stand for two processes.
func testRace(t *testing.T, open opening) {
	ctx := t.Context()
	stores := []*store.Store{open(), open()}
	require.NoError(t, stores[0].Work.AddWork(ctx, work.Poll, []string{project}, noon))
	for range 20 {
		var all sync.WaitGroup
		leases := make(chan work.Lease, 4)
		for i := range cap(leases) {
			all.Go(func() {
				lease, ok, err := stores[i%2].Work.Claim(ctx, work.Poll, project, noon, machine)
				if err != nil {
					t.Error(err)
				}
				if ok {
					leases <- lease
				}
			})
		}
		all.Wait()
		require.Len(t, leases, 1)
		require.NoError(t, stores[1].Work.Complete(ctx, <-leases, noon, noon, 0))
	}
}

func testRaise(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	later := noon.Add(time.Hour)
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, noon))
	require.Equal(t, noon, due(t, s, work.Receiver, team), "work that is raised exists")
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, later))
	require.Equal(t, noon, due(t, s, work.Receiver, team), "it is not put off")

	lease := claim(t, s, work.Receiver, team)
	require.Equal(t, int64(2), lease.Version)
	require.NoError(t, s.Work.Complete(ctx, lease, noon, later, 0))
	require.Equal(t, later, due(t, s, work.Receiver, team), "nothing happened since the claim")
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, noon))
	require.Equal(t, noon, due(t, s, work.Receiver, team))

	lease = claim(t, s, work.Receiver, team)
	moved, err := s.Work.Moved(ctx, lease)
	require.NoError(t, err)
	require.False(t, moved)
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, noon))
	moved, err = s.Work.Moved(ctx, lease)
	require.NoError(t, err)
	require.True(t, moved)
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	require.Equal(t, noon, due(t, s, work.Receiver, team), "something happened since the claim")

	lease = claim(t, s, work.Receiver, team)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team)}})
	require.NoError(t, s.Work.Complete(ctx, lease, noon, later, 1))
	require.Equal(t, later, due(t, s, work.Receiver, team), "a retry is not brought forward by news")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("b", "dev:2")), Show: shown("b", team)}})
	require.Equal(t, later, due(t, s, work.Receiver, team), "nor by later news")
	require.NoError(t, s.Work.MakeDue(ctx, work.Receiver, team, noon))
	require.Equal(t, noon, due(t, s, work.Receiver, team), "but when asked for")
}

func testReleaseAll(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{"a", "b"}, noon))
	a, b := claim(t, s, work.Poll, "a"), claim(t, s, work.Poll, "b")
	require.NoError(t, s.ReleaseAll(ctx))
	require.ErrorIs(t, s.Work.Extend(ctx, a, machine), work.ErrLeaseLost)
	require.ErrorIs(t, s.Work.Complete(ctx, b, noon, never, 0), work.ErrLeaseLost)
	claim(t, s, work.Poll, "a")
	claim(t, s, work.Poll, "b")
}
