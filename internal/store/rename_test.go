package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

// A rule that is renamed keeps its alerts, how it was last judged, and its silences. An open alert of the new name stays as it is.
func TestRenameRule(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := store.Open(ctx, storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	decide := func(rule, subject string) *rules.Alert {
		a := rules.Key{Rule: rule, Project: "app:1", Subject: subject}.Inactive()
		a.ID, a.State, a.Level, a.Version, a.Since, a.FiredAt, a.ChangedAt = rule+"/"+subject, rules.Firing, rules.Warning, 1, noon, noon, noon
		return &a
	}
	ended := decide("old", "dev:3")
	ended.State, ended.EndedAt = rules.Resolved, noon
	_, seq, err := s.Silences(ctx, noon)
	require.NoError(t, err)
	require.NoError(t, s.Decide(ctx, store.Decision{
		Alerts: []*rules.Alert{decide("old", "dev:1"), decide("old", "dev:2"), decide("new", "dev:2"), decide("other", "dev:1"), ended},
		Show:   map[string][]string{}, Silences: seq, Now: noon,
	}))
	muted := silence("mute", noon, noon.AddDate(0, 0, 1))
	muted.Match.Rule = "old"
	require.NoError(t, s.AddSilence(ctx, muted, noon))
	_, before, err := s.Silences(ctx, noon)
	require.NoError(t, err)

	for range 2 { // also after a process has died in between
		require.NoError(t, s.RenameRule(ctx, "old", "new", noon))
	}
	found := map[string]string{}
	all, err := s.Alerts(ctx, store.AlertFilter{})
	require.NoError(t, err)
	for _, a := range all {
		found[a.ID] = a.Rule
	}
	require.Equal(t, map[string]string{
		"old/dev:1": "new", "old/dev:2": "old", "new/dev:2": "new", "other/dev:1": "other", "old/dev:3": "new",
	}, found)
	silences, after, err := s.Silences(ctx, noon)
	require.NoError(t, err)
	require.Equal(t, "new", silences[0].Match.Rule)
	require.Greater(t, after, before, "what is muted is looked at again")
}
