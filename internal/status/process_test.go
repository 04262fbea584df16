package status_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/status"
	"notewatch/internal/store/work"
)

// A status has the processes that run, with the work that each holds, and those that died and were not started again.
func TestStatusNamesProcesses(t *testing.T) {
	s := newScene(t)
	process := func(host string, pid int, rules string, seen time.Time) work.Process {
		p := work.Process{
			ID: host + rules + seen.String(), Host: host, PID: pid, Version: "1.2.3", File: "/etc/rules.yaml", Rules: rules, Started: seen, Seen: seen,
		}
		require.NoError(t, s.Store.Work.Beat(t.Context(), p))
		return p
	}
	require.NoError(t, s.Store.Work.ActivateRules(t.Context(), "new", now))
	process("again", 1, "new", now.Add(-3*time.Hour)) // died, and was started again
	busy := process("again", 2, "new", now)
	died := process("died", 3, "new", now.Add(-2*time.Hour))
	old := process("old", 4, "old", now.Add(-work.LeaseTime+1*time.Second))
	stopped := process("stopped", 5, "new", now.Add(-time.Hour))
	require.NoError(t, s.Store.Work.Leave(t.Context(), stopped, now.Add(-time.Hour)))
	require.NoError(t, s.Store.Work.AddWork(t.Context(), work.Poll, []string{cold.UID}, now))
	require.NoError(t, s.Store.Work.AddWork(t.Context(), work.Receiver, []string{"team"}, now))
	for kind, key := range map[work.Kind]string{work.Poll: cold.UID, work.Receiver: "team"} {
		_, ok, err := s.Store.Work.ClaimFor(t.Context(), work.Claimant{Process: busy.ID, Rules: "new"}, kind, key, now, now)
		require.NoError(t, err)
		require.True(t, ok)
	}
	got, err := status.Of(t.Context(), s.reader())
	require.NoError(t, err)
	listed := func(p work.Process, lives, standsBy bool, holds ...status.Work) status.Process {
		for _, known := range got.Processes {
			p.Schema = known.Schema
		}
		return status.Process{
			Host: p.Host, PID: p.PID, Version: p.Version, Schema: p.Schema, RulesFile: p.File, Rules: p.Rules, Started: p.Started, Seen: p.Seen,
			Lives: lives, StandsBy: standsBy, Holds: holds, Name: p.Name(),
		}
	}
	require.Equal(t, []status.Process{
		listed(busy, true, false, status.Work{Kind: work.Poll, Key: cold.UID}, status.Work{Kind: work.Receiver, Key: "team"}),
		listed(old, true, true),
		listed(died, false, false),
	}, got.Processes)
}
