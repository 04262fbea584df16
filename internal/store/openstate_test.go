package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Evaluations read of open alerts all but the texts, and of those whose value a receiver shows the texts as well.
func testOpenStates(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	whole := filled[rules.Alert]()
	whole.ID, whole.Project, whole.State, whole.Version, whole.EndedAt = "whole", project, rules.Firing, 1, never
	bare := firing("bare", "dev:2")
	decide(t, s, store.Commit{Decision: store.Decision{
		Alerts: alerts(whole, bare, resolved(firing("ended", "dev:1"), noon)), Show: map[string][]string{"whole": {team}, "bare": {team}},
	}})
	read := func(q store.StateQuery) *store.OpenStates {
		t.Helper()
		states, err := s.OpenStates(ctx, q)
		require.NoError(t, err)
		return states
	}
	states := read(store.StateQuery{Project: project})
	require.Equal(t, 2, states.Len())
	want := whole
	want.Texts, want.By, want.Why = rules.Texts{Figure: whole.Texts.Figure}, "", ""
	got, ok, err := states.Of(whole.Rule, whole.Subject)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, got)
	require.False(t, states.Shown("whole"))
	require.Zero(t, read(store.StateQuery{Project: project, Rules: []string{"other"}}).Len())
	require.Equal(t, 1, read(store.StateQuery{Project: project, Rules: []string{bare.Rule}}).Len())
	for a := range read(store.StateQuery{Project: project, Rules: []string{whole.Rule}, Names: true}).Brief() {
		require.Equal(t, rules.Texts{Subject: whole.Texts.Subject, Project: whole.Texts.Project}, a.Texts)
	}

	show(t, s, team)
	states = read(store.StateQuery{Project: project})
	require.True(t, states.Shown("whole"))
	got, _, err = states.Of(whole.Rule, whole.Subject)
	require.NoError(t, err)
	require.Equal(t, whole, got)

	got.Doubted, got.Texts = false, rules.Texts{}
	decide(t, s, store.Commit{Decision: store.Decision{States: alerts(got)}})
	whole.Doubted = false
	current, err := s.OpenAlerts(ctx, project)
	require.NoError(t, err)
	require.Equal(t, whole, current[1], "the texts stay")

	texts, err := s.Texts(ctx, []string{"whole", "none", "bare"})
	require.NoError(t, err)
	require.Equal(t, map[string]rules.Texts{"whole": whole.Texts, "bare": bare.Texts}, texts)

	over := resolved(whole, noon)
	over.Texts = rules.Texts{}
	next := whole
	next.ID = "next"
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(next), States: alerts(over)}})
	all, err := s.Alerts(ctx, store.AlertFilter{Match: muting.Match{Alert: "whole"}})
	require.NoError(t, err)
	over.Texts = whole.Texts
	require.Equal(t, over, all[0])
	lease := claim(t, s, work.Poll, project)
	require.ErrorIs(t, s.Commit(ctx, lease, store.Commit{
		Project: store.Project{UID: project}, Decision: store.Decision{States: alerts(whole), Now: noon},
	}), store.ErrConflict, "it has ended meanwhile")
}
