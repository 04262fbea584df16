package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

func silence(id string, start, end time.Time) muting.Silence {
	return muting.Silence{ID: id, Start: start, End: end, By: "amy", Because: "moving"}
}

func testSilences(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	silences := func(after time.Time) ([]muting.Silence, int64) {
		t.Helper()
		all, seq, err := s.Silences(ctx, after)
		require.NoError(t, err)
		return all, seq
	}
	none, seq := silences(noon)
	require.Empty(t, none)
	require.Zero(t, seq)

	whole := filled[muting.Silence]()
	whole.ID, whole.Start, whole.End, whole.EndedBy, whole.EndedAt = "whole", noon, noon.Add(2*time.Hour), "", time.Time{}
	whole.Match.Subject, whole.Match.Fleet, whole.Match.Route = "", "fleet:prod", "" // a silence has a subject, a fleet or a route
	early, twin := silence("early", noon, noon.Add(time.Hour)), silence("twin", noon.Add(minute), whole.End)
	early.Match.Route, twin.Match.Subject = "route:orders", "dev:1"
	for i, add := range []muting.Silence{twin, whole, early} {
		require.NoError(t, s.AddSilence(ctx, add, noon.Add(time.Duration(i)*minute)))
		require.Equal(t, noon, due(t, s, work.Mute, ""), "it has to be applied")
		_, now := silences(noon)
		require.Greater(t, now, seq)
		seq = now
	}
	all, _ := silences(noon)
	require.Equal(t, []muting.Silence{early, twin, whole}, all, "the first to end first")
	all, same := silences(early.End)
	require.Equal(t, []muting.Silence{twin, whole}, all, "what is over is left out")
	require.Equal(t, seq, same, "but still counts")

	require.ErrorContains(t, s.AddSilence(ctx, whole, noon), "storing a silence: ")
	require.EqualError(t, s.AddSilence(ctx, muting.Silence{ID: "all", Match: muting.Match{Rule: "rule"}}, noon),
		"storing a silence: one without an end must name an alert")
	lease := claim(t, s, work.Mute, "")
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	for name, c := range map[string]struct {
		id string
		at time.Time
	}{"unknown": {"nothing", noon}, "over": {"early", early.End}} {
		ok, err := s.EndSilence(ctx, c.id, "ben", c.at)
		require.NoError(t, err)
		require.False(t, ok, name)
		_, now := silences(noon)
		require.Equal(t, seq, now, name)
		require.True(t, due(t, s, work.Mute, "").IsZero(), name)
	}

	ok, err := s.EndSilence(ctx, "whole", "ben", noon.Add(minute))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, noon.Add(minute), due(t, s, work.Mute, ""))
	whole.EndedBy, whole.EndedAt = "ben", noon.Add(minute)
	all, now := silences(noon)
	require.Equal(t, []muting.Silence{whole, early, twin}, all, "it is known until when it was to last")
	require.Greater(t, now, seq)
	ok, err = s.EndSilence(ctx, "whole", "amy", noon.Add(minute))
	require.NoError(t, err)
	require.False(t, ok, "it is over")
	all, _ = silences(whole.EndedAt)
	require.Equal(t, []muting.Silence{early, twin}, all)

	for name, c := range map[string]struct {
		since time.Time
		want  []muting.Silence
	}{
		"begun": {noon, []muting.Silence{twin, early, whole}},
		"ended": {noon.Add(minute), []muting.Silence{twin, whole}},
		"later": {noon.Add(2 * minute), nil},
	} {
		since, err := s.SilencesSince(ctx, c.since)
		require.NoError(t, err)
		require.Equal(t, c.want, since, name)
	}
}

// A silence without an end lasts as long as its alert.
func testEndlessSilences(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	endless := func(id, alert string) muting.Silence {
		return muting.Silence{ID: id, Match: muting.Match{Alert: alert}, Start: noon, By: "amy"}
	}
	silences := func(after time.Time) (ids []string) {
		t.Helper()
		all, _, err := s.Silences(ctx, after)
		require.NoError(t, err)
		for _, s := range all {
			ids = append(ids, s.ID)
		}
		return ids
	}
	a := firing("a", "dev:1")
	decideNow(t, s, store.Decision{Alerts: alerts(a, firing("b", "dev:2"))})
	for _, add := range []muting.Silence{endless("of-a", "a"), endless("of-b", "b"), endless("of-none", "none"), silence("timed", noon, noon.Add(time.Hour))} {
		require.NoError(t, s.AddSilence(ctx, add, noon))
	}
	require.Equal(t, []string{"timed", "of-a", "of-b"}, silences(noon))
	require.Equal(t, []string{"of-a", "of-b"}, silences(noon.AddDate(1, 0, 0)))

	ok, err := s.EndSilence(ctx, "of-b", "ben", noon.Add(minute))
	require.NoError(t, err)
	require.True(t, ok)
	_, seq, err := s.Silences(ctx, noon)
	require.NoError(t, err)
	a, _ = a.Resolve(noon.Add(minute))
	decideNow(t, s, store.Decision{Alerts: alerts(a), Silences: seq})
	require.Equal(t, []string{"timed"}, silences(noon.Add(minute)), "what is over needs no silence")
	ok, err = s.EndSilence(ctx, "of-a", "ben", noon.Add(minute))
	require.NoError(t, err)
	require.False(t, ok)

	require.NoError(t, s.Prune(ctx, today+2))
	var left int
	require.NoError(t, s.DB().QueryRowContext(ctx, "SELECT count(*) FROM silence").Scan(&left))
	require.Equal(t, 1, left, "the newest change stays, and nothing else of this is wanted any more")
}

// What people did is known as long of a silence without an end whose alert came to nothing as of any other.
// Silences that were decided upon the same state are not stored twice.
func testAddSilences(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	two := []muting.Silence{silence("a", noon, noon.Add(time.Hour)), silence("b", noon, noon.Add(time.Hour))}
	require.NoError(t, s.AddSilences(ctx, two, 0, noon))
	require.Equal(t, noon, due(t, s, work.Mute, ""))
	all, seq, err := s.Silences(ctx, noon)
	require.NoError(t, err)
	require.Equal(t, two, all)
	require.Equal(t, int64(2), seq)
	two[0].ID, two[1].ID = "c", "d"
	require.ErrorIs(t, s.AddSilences(ctx, two, 0, noon), store.ErrConflict)
	endless := two[1]
	endless.End = never
	require.ErrorContains(t, s.AddSilences(ctx, []muting.Silence{two[0], endless}, seq, noon), "without an end")
	all, _, err = s.Silences(ctx, noon)
	require.NoError(t, err)
	require.Len(t, all, 2, "all or nothing")
}

func testSilencesOfWhatCameToNothing(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	brief := rules.Key{Rule: "data-budget", Project: project, Subject: "dev:1"}.Inactive()
	brief.ID, brief.State, brief.Since = "brief", rules.Pending, noon
	decideNow(t, s, store.Decision{Alerts: alerts(brief)})
	endless := muting.Silence{ID: "endless", Match: muting.Match{Alert: "brief"}, Start: noon, By: "amy"}
	for _, add := range []muting.Silence{endless, silence("timed", noon, noon.Add(time.Hour)), silence("newest", noon, noon.Add(time.Hour))} {
		require.NoError(t, s.AddSilence(ctx, add, noon))
	}
	_, seq, err := s.Silences(ctx, noon)
	require.NoError(t, err)
	decideNow(t, s, store.Decision{Dropped: []string{"brief"}, Silences: seq})
	for i, want := range []int{3, 1} { // the newest change stays in any case
		require.NoError(t, s.Prune(ctx, today+rules.Day(i)))
		kept, err := s.SilencesSince(ctx, noon)
		require.NoError(t, err)
		require.Len(t, kept, want)
	}
}

// The state of all silences never comes back, whatever was forgotten.
func testForgottenSilences(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	cut, longAgo := today.Start(), noon.AddDate(-1, 0, 0)
	require.NoError(t, s.AddSilence(ctx, silence("older", cut.Add(-2*time.Hour), cut.Add(-time.Hour)), noon))
	require.NoError(t, s.AddSilence(ctx, silence("lately", cut.Add(-time.Hour), cut), noon))
	require.NoError(t, s.AddSilence(ctx, silence("old", cut.Add(-2*time.Hour), cut.Add(-time.Hour)), noon))
	_, before, err := s.Silences(ctx, longAgo)
	require.NoError(t, err)
	require.NoError(t, s.Prune(ctx, today))
	left, seq, err := s.Silences(ctx, longAgo)
	require.NoError(t, err)
	require.Equal(t, before, seq, "nothing changed that anybody decides by")
	for _, s := range left {
		require.NotEqual(t, "older", s.ID)
	}
	require.NoError(t, s.AddSilence(ctx, silence("new", noon, noon.Add(time.Hour)), noon))
	_, after, err := s.Silences(ctx, longAgo)
	require.NoError(t, err)
	require.Greater(t, after, before)
	require.NoError(t, s.Prune(ctx, today))
	left, _, err = s.Silences(ctx, longAgo)
	require.NoError(t, err)
	require.Len(t, left, 2, "what is not older stays")
}
