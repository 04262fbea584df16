package store_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// decideNow stores a decision that no poll made.
func decideNow(t *testing.T, s *store.Store, d store.Decision) {
	t.Helper()
	d.Now = noon
	require.NoError(t, s.Decide(t.Context(), d))
}

func testDecide(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	a.Project = ""
	decideNow(t, s, store.Decision{Alerts: alerts(a), Show: shown("a", team)})
	require.Equal(t, waits(a), undelivered(t, s, team))
	require.Equal(t, noon, due(t, s, work.Receiver, team))

	show(t, s, team)
	decideNow(t, s, store.Decision{Alerts: alerts(resolved(a, noon)), Show: shown("a")})
	require.Equal(t, noon, due(t, s, work.Receiver, team), "who was told hears the end")
	require.Equal(t, int64(2), undelivered(t, s, team).Alert.Version)
	require.Zero(t, due(t, s, work.Mute, ""))

	before := dump(t, s)
	b, twin := firing("b", "dev:2"), firing("twin", "dev:2")
	d := store.Decision{Alerts: alerts(b, twin), Show: shown("b", "on-call"), Mute: true, Now: noon}
	require.ErrorContains(t, s.Decide(ctx, d), "storing what was decided about 2 alerts: ")
	require.Equal(t, before, dump(t, s), "two open episodes of one rule and subject")

	d.Alerts = alerts(b, firing("c", "dev:3"))
	for uses := int32(1); ; uses++ {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Decide(&fuse{Context: ctx, cancel: cancel, uses: uses}, d)
		cancel()
		if err == nil {
			require.Greater(t, uses, int32(10), "it was cancelled at many points before")
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, dump(t, s))
	}
	require.Equal(t, b, undelivered(t, s, "on-call").Alert)
	require.Equal(t, noon, due(t, s, work.Mute, ""))
}

// What Notehub and people say may be any bytes. It is no reason that a decision cannot be stored.
func testOddTexts(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	a.Why, a.Texts.Subject, a.Ack.By = "\x00", "line\\u0000 \x00", "amy\xff"
	decideNow(t, s, store.Decision{Alerts: alerts(a), Show: shown("a", team)})
	stored := undelivered(t, s, team).Alert
	require.Equal(t, "line\\u0000 \uFFFD", stored.Texts.Subject)
	_, err := s.DevicesInAlerts(ctx, "line\x00")
	require.NoError(t, err)
	require.NoError(t, s.AddSilence(ctx, muting.Silence{ID: "s-a", Start: noon, End: noon.Add(time.Hour), By: "amy\x00", Because: "\xff"}, noon))
	ended, err := s.EndSilence(ctx, "s-a", "\x00", noon)
	require.NoError(t, err)
	require.True(t, ended)
}

// Rules about polling are evaluated beside the polls: what one of the two decides stays when the other commits.
func testPollRules(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	state := filled[store.Project]()
	decide(t, s, store.Commit{Project: state, Meanings: judged("budget", "1"), Others: []string{"blind"}})
	require.Equal(t, noon, due(t, s, work.PollRules, project), "a poll makes them due")

	lease := claim(t, s, work.PollRules, project)
	blind := firing("blind", "")
	c := store.Commit{
		Decision: store.Decision{Alerts: alerts(blind), Show: shown("blind", team), Now: noon},
		Meanings: judged("blind", "2"), Due: noon.Add(time.Hour),
	}
	require.NoError(t, s.CommitPollRules(ctx, lease, c))
	require.Equal(t, noon.Add(time.Hour), due(t, s, work.PollRules, project))
	require.Equal(t, blind, undelivered(t, s, team).Alert)
	after, err := s.Project(ctx, project)
	require.NoError(t, err)
	state.UID = project
	require.Equal(t, state, after)
	known, err := s.Meanings(ctx, project)
	require.NoError(t, err)
	require.Equal(t, judged("budget", "1", "blind", "2"), known)

	decide(t, s, store.Commit{Project: state, Meanings: judged("budget", "3"), Others: []string{"blind"}})
	known, err = s.Meanings(ctx, project)
	require.NoError(t, err)
	require.Equal(t, judged("budget", "3", "blind", "2"), known)
	before := dump(t, s)
	require.ErrorIs(t, s.CommitPollRules(ctx, lease, c), work.ErrLeaseLost)
	require.Equal(t, before, dump(t, s))
}

// Of two that open an alert of one rule and subject, the second has to decide again.
func testTwin(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	decideNow(t, s, store.Decision{Alerts: alerts(firing("first", "dev:1")), Show: shown("first", team)})
	before := dump(t, s)
	second := store.Decision{Alerts: alerts(firing("second", "dev:1")), Show: shown("second", team), Now: noon}
	require.ErrorIs(t, s.Decide(ctx, second), store.ErrConflict)
	require.Equal(t, before, dump(t, s))
}

// A decision that rests on something that has changed since leaves nothing behind.
// A poll may store new values while somebody else decides about an alert as it was before that poll. Neither takes anything from the other.
func testVersions(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	a.Value, a.Peak, a.Texts.Summary = 613, 613, "pump-1: events 613 today"
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)}})
	show(t, s, team)
	muted, event := a.Muted(rules.Mute{Kind: rules.BySilence, By: "amy"}, "", noon)
	require.Equal(t, rules.Muted, event)

	a.Value, a.Peak, a.AsOf, a.Doubted, a.Texts.Summary = 614, 614, noon, true, "pump-1: events 614 today"
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a)}})
	decideNow(t, s, store.Decision{Versions: alerts(muted), Show: shown("a")})

	want := a
	want.Version, want.Reason, want.ChangedAt, want.Mute, want.By = muted.Version, muted.Reason, muted.ChangedAt, muted.Mute, muted.By
	require.Equal(t, want, undelivered(t, s, team).Alert)
	transitions, err := s.Transitions(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, rules.Muted, transitions[1].Reason)

	over, _ := muted.Resolve(noon.Add(minute))
	decideNow(t, s, store.Decision{Versions: alerts(over)})
	left, err := s.OpenAlerts(ctx, project)
	require.NoError(t, err)
	require.Empty(t, left)
	require.ErrorIs(t, s.Decide(ctx, store.Decision{Versions: alerts(muted), Now: noon}), store.ErrConflict, "it has ended meanwhile")
}

func testMoved(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	a.ChangedAt = noon.Add(1500 * time.Microsecond)
	over := resolved(firing("over", "dev:2"), noon)
	over.ChangedAt = noon
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a, firing("over", "dev:2")), Show: shown("a", team)}})
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(over)}})
	require.NoError(t, s.AddSilence(ctx, silence("s", noon, noon.Add(time.Hour)), noon))
	_, seq, err := s.Silences(ctx, noon)
	require.NoError(t, err)
	version := func(alert rules.Alert, version int64, reason rules.Event, at time.Time) rules.Alert {
		alert.Version, alert.Reason, alert.ChangedAt = version, reason, at
		return alert
	}
	acknowledged := version(a, 2, rules.Acknowledged, noon.Add(minute))
	acknowledged.Ack = rules.Ack{By: "amy", At: noon.Add(minute)}
	byAnother := acknowledged
	byAnother.Ack.By = "bob"
	decideNow(t, s, store.Decision{Alerts: alerts(acknowledged), Silences: seq})

	poll := claim(t, s, work.Poll, project)
	before := dump(t, s)
	for name, d := range map[string]store.Decision{
		"a newer version":            {Alerts: alerts(version(a, 1, a.Reason, a.ChangedAt)), Silences: seq},
		"another event":              {Alerts: alerts(version(a, 2, rules.Escalated, acknowledged.ChangedAt)), Silences: seq},
		"the same event later":       {Alerts: alerts(version(a, 2, rules.Acknowledged, noon.Add(2*minute))), Silences: seq},
		"by another at once":         {Alerts: alerts(byAnother), Silences: seq},
		"over meanwhile":             {Alerts: alerts(version(firing("over", "dev:2"), 2, rules.Acknowledged, noon.Add(minute))), Silences: seq},
		"over, and no event of ours": {Alerts: alerts(firing("over", "dev:2")), Silences: seq},
		"one of several":             {Alerts: alerts(firing("b", "dev:3"), a), Silences: seq},
		"silences":                   {Alerts: alerts(version(acknowledged, 3, rules.Escalated, noon.Add(2*minute))), Silences: seq - 1},
		"silences, and no alerts":    {Silences: seq + 1},
	} {
		d.Show, d.Now = map[string][]string{"a": {"on-call"}, "b": {team}}, noon
		require.ErrorIs(t, s.Decide(ctx, d), store.ErrConflict, name)
		require.ErrorIs(t, s.Commit(ctx, poll, store.Commit{Decision: d, Project: store.Project{UID: project, Failures: 9}}), store.ErrConflict, name)
		require.Equal(t, before, dump(t, s), name)
	}

	acknowledged.Value = 43
	require.NoError(t, s.Commit(ctx, poll, store.Commit{
		Decision: store.Decision{Alerts: alerts(acknowledged, over), Silences: seq, Now: noon}, Project: store.Project{UID: project}, Due: noon,
	}), "the lease is still held, and nothing of this is news")
	require.Equal(t, acknowledged, undelivered(t, s, team).Alert)
	a = version(acknowledged, 4, rules.Escalated, noon.Add(2*minute))
	decideNow(t, s, store.Decision{Alerts: alerts(a), Silences: seq})
	require.Equal(t, int64(4), undelivered(t, s, team).Alert.Version, "several events may come at once")

	_, err = s.EndSilence(ctx, "s", "amy", noon)
	require.NoError(t, err)
	a.Version = 5
	d := store.Decision{Alerts: alerts(a), Silences: seq, Now: noon}
	require.ErrorIs(t, s.Decide(ctx, d), store.ErrConflict, "a silence that was ended is a change, too")
}

func testTransitions(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a := firing("a", "dev:1")
	a.State, a.Version, a.Level, a.Value = rules.Pending, 0, rules.Inactive, math.NaN()
	decideNow(t, s, store.Decision{Alerts: alerts(a)})
	none, err := s.Transitions(ctx, "a")
	require.NoError(t, err)
	require.Empty(t, none, "nothing has happened yet")

	a = firing("a", "dev:1")
	a.ChangedAt = noon
	versions := []rules.Alert{a}
	a.Version, a.Reason, a.ChangedAt, a.Value = 2, rules.Muted, noon.Add(minute), math.NaN()
	a.Mute = rules.Mute{Kind: rules.BySilence, Until: noon.Add(time.Hour), By: "amy", Because: "moving"}
	versions = append(versions, a)
	a.Version, a.Reason, a.ChangedAt, a.Level, a.Value = 3, rules.Escalated, noon.Add(2*minute), rules.Critical, 50
	versions = append(versions, a)
	a.Version, a.Reason, a.Mute, a.Ack = 4, rules.Acknowledged, rules.Mute{}, rules.Ack{By: "ben", At: noon}
	versions = append(versions, a, resolved(a, noon.Add(time.Hour)))
	for _, a := range versions {
		decideNow(t, s, store.Decision{Alerts: alerts(a, firing("b", "dev:2"))})
		a.Value = 99
		decideNow(t, s, store.Decision{Alerts: alerts(a)})
	}
	all, err := s.Transitions(ctx, "a")
	require.NoError(t, err)
	var want []store.Transition
	for _, a := range versions {
		want = append(want, store.Transition{
			Alert: "a", Version: a.Version, At: a.ChangedAt, Reason: a.Reason, State: a.State, Level: a.Level, Value: a.Value, Mute: a.Mute, Ack: a.Ack,
		})
	}
	same(t, want, all)
}
