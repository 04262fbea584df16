package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// Each time that only a clock that was ahead can have written is enough to notice that, and afterwards none is left.
func testSetBack(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	longest := store.Pauses{
		Work: map[work.Kind]time.Duration{work.Poll: 15 * minute, work.Receiver: time.Hour, work.Summary: 8 * 24 * time.Hour},
		Hold: 24 * time.Hour,
	}
	summary := noon.AddDate(0, 0, 3)
	a := firing("a", "dev:1")
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, noon))
	require.NoError(t, s.Work.AddWork(ctx, work.Mute, []string{""}, noon.AddDate(5, 0, 0))) // a silence may end whenever people want
	require.NoError(t, s.Work.AddWork(ctx, work.Summary, []string{""}, summary))
	storetest.SaveDevices(t, s, project, []usage.Device{{UID: "dev:1"}}, noon)
	_, err := s.RefuseRequest(ctx, "acme", noon, noon, noon)
	require.NoError(t, err)
	storetest.SaveUsage(t, s, project, []storetest.Usage{{Day: rules.DayOf(noon)}}, rules.Events)
	decide(t, s, store.Commit{
		Decision: store.Decision{Alerts: []*rules.Alert{&a}, Show: shown("a", team), Now: noon},
		Project:  store.Project{UID: project, PolledAt: noon, RereadOn: rules.DayOf(noon)}, Meanings: judged("rule", "hash"),
	})
	atSummary := func(time.Time) time.Time { return summary }
	ahead, err := s.SetBack(ctx, times(noon), atSummary, longest)
	require.NoError(t, err)
	require.Zero(t, ahead, "what waits for as long as it may is in order")

	for column, longest := range map[string]time.Duration{
		"work.due_at": 15 * minute, "account.held_until": 24 * time.Hour, "account.halved_at": 0,
		"device_list.read_at": 0, "project.polled_at": 0,
	} {
		require.Zero(t, setAhead(t, s, column, noon.Add(longest+minute)), column)
		require.NotZero(t, setAhead(t, s, column, noon.Add(longest+2*minute)), column)
	}

	later := noon.AddDate(2, 0, 0)
	storetest.SaveUsage(t, s, project, []storetest.Usage{{Day: rules.DayOf(later) - 1}, {Day: rules.DayOf(later)}}, rules.Events)
	storetest.SaveUsage(t, s, project, []storetest.Usage{
		{Day: rules.DayOf(later) - 1, Figures: storetest.Figures{rules.Events: 1}}, {Day: rules.DayOf(later)},
	}, rules.Events)
	storetest.SaveUsage(t, s, "app:other", []storetest.Usage{{Day: rules.DayOf(noon)}, {Day: rules.DayOf(noon) + 1}}, rules.Events)
	changed, err := s.Usage.Changed(ctx, project)
	require.NoError(t, err)
	require.Len(t, changed, 1)
	for _, column := range append(aheadColumns, "work.due_at") {
		table, name := split(column)
		_, err := s.DB().ExecContext(ctx, `UPDATE `+table+` SET `+name+` = $1`, later.UnixMilli())
		require.NoError(t, err, column)
	}
	ahead, err = s.SetBack(ctx, times(noon, later), atSummary, longest)
	require.NoError(t, err)
	require.Zero(t, ahead, "a process stood still when it had read the clock")
	require.Equal(t, later, due(t, s, work.Poll, project))
	ahead, err = s.SetBack(ctx, times(noon), atSummary, longest)
	require.NoError(t, err)
	require.Equal(t, later, ahead)
	for _, column := range aheadColumns {
		table, name := split(column)
		var left int
		require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE `+name+` > $1`, noon.UnixMilli()).Scan(&left))
		require.Zero(t, left, column)
	}
	require.Equal(t, noon, due(t, s, work.Poll, project))
	require.Equal(t, noon, due(t, s, work.Mute, ""))
	require.Equal(t, summary, due(t, s, work.Summary, ""), "nobody gets a weekly summary out of turn")
	days := storetest.ReadUsage(t, s, project, []string{""}, 0, rules.DayOf(later))
	require.Len(t, days, 1, "days to come are forgotten")
	changed, err = s.Usage.Changed(ctx, project)
	require.NoError(t, err)
	require.Empty(t, changed)
	for uid, want := range map[string]map[rules.Figure]usage.Span{
		project: {}, "app:other": {rules.Events: {First: rules.DayOf(noon), Last: rules.DayOf(noon)}},
	} {
		spans, err := s.Usage.Coverage(ctx, uid)
		require.NoError(t, err)
		require.Equal(t, want, spans, uid)
	}
}

// aheadColumns are the columns that must not lie ahead of the clock.
var aheadColumns = []string{
	"account.held_until", "account.halved_at", "device_list.read_at", "project.polled_at", "judged.since", "alert.since", "alert.fired_at",
	"alert.raised_at", "alert.notified_at", "alert.changed_at", "alert.as_of", "delivery.waiting_since", "transition.at",
}

// times returns a clock that shows one time after the other, and then the last one.
func times(all ...time.Time) func() time.Time {
	return func() time.Time {
		now := all[0]
		if len(all) > 1 {
			all = all[1:]
		}
		return now
	}
}

func split(column string) (table, name string) {
	for i := range column {
		if column[i] == '.' {
			return column[:i], column[i+1:]
		}
	}
	return "", column
}

// setAhead moves a time, returns what SetBack finds, and leaves all as it was before.
func setAhead(t *testing.T, s *store.Store, column string, ahead time.Time) (found time.Time) {
	t.Helper()
	ctx := t.Context()
	table, name := split(column)
	only := ""
	if table == "work" {
		only = ` WHERE kind = 'poll'`
	}
	var before any
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT `+name+` FROM `+table+only).Scan(&before))
	_, err := s.DB().ExecContext(ctx, `UPDATE `+table+` SET `+name+` = $1`+only, ahead.UnixMilli())
	require.NoError(t, err)
	found, err = s.SetBack(ctx, times(noon), func(now time.Time) time.Time { return now.AddDate(0, 0, 3) }, store.Pauses{
		Work: map[work.Kind]time.Duration{work.Poll: 15 * minute}, Hold: 24 * time.Hour,
	})
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE `+table+` SET `+name+` = $1`+only, before)
	require.NoError(t, err)
	return found
}

// What was leased before a clock was set back does not count. A request that was sent then counts like one that is sent now.
func testSetBackLeases(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	take(t, s, "acme", noon.Add(2*time.Hour), 1)
	require.Equal(t, noon.Add(61*time.Second), take(t, s, "acme", noon, 1))
	require.Equal(t, noon.Add(61*time.Second), take(t, s, "acme", noon.Add(61*time.Second), 1))

	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, noon))
	_, ok, err := s.Work.Claim(ctx, work.Poll, project, noon, machine.Add(2*time.Hour))
	require.NoError(t, err)
	require.True(t, ok)
	_, held, err := s.Work.WorkState(ctx, work.Poll, project, machine)
	require.NoError(t, err)
	require.False(t, held)
	_, ok, err = s.Work.Claim(ctx, work.Poll, project, noon, machine)
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = s.Work.Claim(ctx, work.Poll, project, noon, machine)
	require.NoError(t, err)
	require.False(t, ok)
}
