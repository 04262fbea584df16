package store_test

import (
	"context"
	"math"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

func testProject(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	state, err := s.Project(ctx, project)
	require.NoError(t, err)
	require.Equal(t, store.Project{UID: project}, state)
	before, err := s.Meanings(ctx, project)
	require.NoError(t, err)
	require.Empty(t, before)

	whole := filled[store.Project]()
	decide(t, s, store.Commit{Project: whole, Meanings: judged("a", "1", "b", "2")})
	whole.UID = project
	state, err = s.Project(ctx, project)
	require.NoError(t, err)
	require.Equal(t, whole, state)

	decide(t, s, store.Commit{Meanings: judged("b", "3", "c", "4")})
	before, err = s.Meanings(ctx, project)
	require.NoError(t, err)
	require.Equal(t, judged("b", "3", "c", "4"), before, "what was judged before is replaced")
	state, err = s.Project(ctx, project)
	require.NoError(t, err)
	require.Equal(t, store.Project{UID: project}, state)
}

func testAlerts(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	whole := filled[rules.Alert]()
	whole.ID, whole.Project, whole.State = "whole", project, rules.Firing
	unknown := rules.Alert{ID: "unknown", Project: project, Rule: "r", State: rules.Pending, Since: noon.Add(-time.Hour)}
	blank(reflect.ValueOf(&unknown).Elem())
	ended := resolved(firing("ended", "dev:1"), noon)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(whole, unknown, ended)}})

	current, err := s.OpenAlerts(ctx, project)
	require.NoError(t, err)
	same(t, []rules.Alert{unknown, whole}, current)
	require.Equal(t, whole, current[1])
	require.True(t, math.IsNaN(current[0].Value))
	none, err := s.OpenAlerts(ctx, "app:other")
	require.NoError(t, err)
	require.Empty(t, none)
	all, err := s.Alerts(ctx, store.AlertFilter{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []string{"whole", "ended", "unknown"}, ids(all))
	all, err = s.Alerts(ctx, store.AlertFilter{Limit: 1})
	require.NoError(t, err)
	require.Len(t, all, 1)

	whole.Holds = [rules.Critical + 1]rules.Hold{}
	whole.Level, whole.QuietSince = rules.Critical, time.Time{}
	again := unknown
	again.ID = "again"
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(again, whole), Dropped: []string{"unknown", "whole", "ended", "nothing"}}})
	all, err = s.Alerts(ctx, store.AlertFilter{Limit: 10})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"again", "whole", "ended"}, ids(all), "only what is pending is dropped")
	current, err = s.OpenAlerts(ctx, project)
	require.NoError(t, err)
	require.Equal(t, whole, current[1])

	over, next := resolved(whole, noon), whole
	next.ID, next.Version = "next", 1
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(next, over)}})
	current, err = s.OpenAlerts(ctx, project)
	require.NoError(t, err)
	require.Equal(t, []string{"again", "next"}, ids(current), "an episode may begin where another ends")
}

func testAnnounced(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	from, to := today.Start(), today.End()
	fired := func(from, to time.Time) rules.Alert {
		a := firing("a", "dev:1")
		a.FiredAt = from
		if !to.IsZero() {
			a = resolved(a, to)
		}
		return a
	}
	revised := func(asOf time.Time) rules.Alert {
		a := resolved(firing("a", "dev:1"), noon)
		a.FiredAt, a.Reason, a.AsOf = noon, rules.Revised, asOf
		return a
	}
	pending := firing("a", "dev:1")
	pending.State, pending.FiredAt = rules.Pending, never
	elsewhere := fired(noon, never)
	elsewhere.Subject = "dev:2"
	other := fired(noon, never)
	other.Rule = "other"
	corrected := fired(noon, noon.Add(minute))
	corrected.Reason = rules.Corrected
	for name, c := range map[string]struct {
		alert rules.Alert
		want  bool
	}{
		"fired and firing":             {fired(noon, never), true},
		"fired before and firing":      {fired(from.Add(-time.Hour), never), true},
		"fired and ended":              {fired(noon, noon.Add(minute)), true},
		"fired and corrected":          {corrected, false},
		"ended on that day":            {fired(from.Add(-time.Hour), from.Add(minute)), false},
		"ended before":                 {fired(from.Add(-time.Hour), from), false},
		"fired at its end":             {fired(to, never), false},
		"pending":                      {pending, false},
		"of another subject":           {elsewhere, false},
		"of another rule":              {other, false},
		"revised as of its end":        {revised(to), true},
		"revised as of the day before": {revised(from), false},
		"revised as of later":          {revised(to.Add(time.Hour)), false},
	} {
		_, err := s.DB().ExecContext(ctx, "DELETE FROM alert")
		require.NoError(t, err)
		decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(c.alert)}})
		announced, err := s.Announced(ctx, project, "data-budget", from, to)
		require.NoError(t, err, name)
		require.Equal(t, c.want, announced["dev:1"] >= rules.Warning, name)
	}
}

// Receivers are told of new versions: those that are named, and those that were to show the alert before.
func testShow(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team, "on-call")}})
	require.Equal(t, waits(a), undelivered(t, s, team))
	require.Equal(t, noon, due(t, s, work.Receiver, team))
	require.Equal(t, noon, due(t, s, work.Receiver, "on-call"), "a receiver that was unknown has work now")

	show(t, s, team)
	show(t, s, "on-call")
	require.True(t, due(t, s, work.Receiver, team).IsZero())
	a.Value = 43
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	require.True(t, due(t, s, work.Receiver, team).IsZero(), "there is no new version")

	a = resolved(a, noon)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	require.Equal(t, noon, due(t, s, work.Receiver, team))
	require.Equal(t, noon, due(t, s, work.Receiver, "on-call"), "what was shown is kept true")
	d := undelivered(t, s, "on-call")
	require.Equal(t, waits(a, shows("m-on-call", 1)), d)

	decide(t, s, store.Commit{Decision: store.Decision{Show: shown("a", "late")}})
	require.Equal(t, waits(a), undelivered(t, s, "late"), "a receiver may be named later")
	none, err := s.Outbox.Undelivered(ctx, "nobody")
	require.NoError(t, err)
	require.Empty(t, none)
}

// A commit that fails on the way leaves nothing behind, and the lease with its holder.
func testAtomic(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	lease := claim(t, s, work.Poll, project)
	before := dump(t, s)
	twin := a
	twin.ID = "twin"
	whole := store.Commit{
		Project:  store.Project{UID: project, Failures: 3},
		Meanings: judged("r", "1"),
		Due:      noon.Add(time.Hour),
		Decision: store.Decision{Alerts: alerts(resolved(a, noon), firing("b", "dev:2"), twin, firing("c", "dev:1")), Show: shown("b", team, "on-call"), Now: noon},
	}
	require.ErrorContains(t, s.Commit(ctx, lease, whole), "committing the poll of project")
	require.Equal(t, before, dump(t, s), "two open episodes of one rule and subject")

	whole.Alerts = whole.Alerts[:3]
	require.NoError(t, s.Commit(ctx, lease, whole))
	require.Equal(t, noon.Add(time.Hour), due(t, s, work.Poll, project))
}

// A commit that is cancelled on the way leaves nothing behind, wherever that is, and the lease with its holder.
func testCancelled(t *testing.T, open opening) {
	s := open()
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1")), Show: shown("a", team)}})
	lease := claim(t, s, work.Poll, project)
	c := store.Commit{
		Project:  store.Project{UID: project, Failures: 1},
		Meanings: judged("r", "1"),
		Due:      noon.Add(time.Hour),
		Decision: store.Decision{Alerts: alerts(resolved(firing("a", "dev:1"), noon), firing("b", "dev:2")), Show: shown("b", team, "on-call"), Now: noon},
	}
	before := dump(t, s)
	for uses := int32(1); ; uses++ {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Commit(&fuse{Context: ctx, cancel: cancel, uses: uses}, lease, c)
		cancel()
		if err == nil {
			require.Greater(t, uses, int32(20), "it was cancelled at many points before")
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, dump(t, s))
	}
	require.Equal(t, noon.Add(time.Hour), due(t, s, work.Poll, project))
}

// A fuse is a context that cancels itself when it is looked at often enough.
type fuse struct {
	context.Context
	cancel context.CancelFunc
	used   atomic.Int32
	uses   int32
}

// Done implements context.Context.
func (f *fuse) Done() <-chan struct{} {
	if f.used.Add(1) == f.uses {
		f.cancel()
	}
	return f.Context.Done()
}
