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

func testListDoubt(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	storetest.SaveDevices(t, s, project, []usage.Device{{UID: "dev:1"}, {UID: "dev:2"}}, noon)
	doubt, err := s.Usage.ListDoubt(ctx, project)
	require.NoError(t, err)
	require.Zero(t, doubt)

	want := usage.ListDoubt{At: noon.Add(time.Hour), Kept: 1}
	require.NoError(t, s.Usage.DoubtList(ctx, project, want))
	doubt, err = s.Usage.ListDoubt(ctx, project)
	require.NoError(t, err)
	require.Equal(t, want, doubt)
	devices, read, err := s.Usage.Devices(ctx, project)
	require.NoError(t, err)
	require.Len(t, devices, 2)
	require.Equal(t, noon, read)

	storetest.SaveDevices(t, s, project, []usage.Device{{UID: "dev:1"}}, noon.Add(2*time.Hour))
	doubt, err = s.Usage.ListDoubt(ctx, project)
	require.NoError(t, err)
	require.Zero(t, doubt, "a list that counts ends it")
}

func testCountDevices(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	none, err := s.Usage.CountDevices(ctx, project, time.Hour)
	require.NoError(t, err)
	require.Zero(t, none, "the list was never read")

	heard := func(uid string, ago time.Duration, disabled bool) usage.Device {
		return usage.Device{UID: uid, LastActivity: noon.Add(-ago), Disabled: disabled}
	}
	storetest.SaveDevices(t, s, project, []usage.Device{
		heard("dev:1", 0, false), heard("dev:2", time.Hour, false), heard("dev:3", time.Hour+time.Millisecond, false),
		heard("dev:4", 0, true), heard("dev:5", 2*time.Hour, true), {UID: "dev:6"},
	}, noon)
	storetest.SaveDevices(t, s, "app:other", []usage.Device{heard("dev:7", 0, false)}, noon)
	counts, err := s.Usage.CountDevices(ctx, project, time.Hour)
	require.NoError(t, err)
	require.Equal(t, usage.DeviceCounts{ListedAt: noon, All: 6, Enabled: 4, Active: 2, Silent: 1}, counts)
}

func testWorkState(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	state := func(machine time.Time) (time.Time, bool) {
		t.Helper()
		due, held, err := s.Work.WorkState(ctx, work.Poll, project, machine)
		require.NoError(t, err)
		return due, held
	}
	due, held := state(noon)
	require.Zero(t, due)
	require.False(t, held)
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, noon))
	due, held = state(noon)
	require.Equal(t, noon, due)
	require.False(t, held)
	before, err := s.Work.TimesMadeDue(ctx)
	require.NoError(t, err)
	lease, ok, err := s.Work.Claim(ctx, work.Poll, project, noon, noon)
	require.NoError(t, err)
	require.True(t, ok)
	_, held = state(noon)
	require.True(t, held)
	_, held = state(noon.Add(work.LeaseTime))
	require.False(t, held, "the lease has run out")
	require.NoError(t, s.Work.Complete(ctx, lease, noon, never, 0))
	due, held = state(noon)
	require.Zero(t, due)
	require.False(t, held)

	same, err := s.Work.TimesMadeDue(ctx)
	require.NoError(t, err)
	require.Equal(t, before, same, "nothing happened")
	require.NoError(t, s.Work.MakeDue(ctx, work.Mute, "", noon))
	more, err := s.Work.TimesMadeDue(ctx)
	require.NoError(t, err)
	require.Greater(t, more, before)
}

func testOpenAlert(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b := firing("a", "dev:1"), firing("b", "dev:2")
	b.Period = noon
	over, _ := firing("over", "dev:3").Resolve(noon)
	decideNow(t, s, store.Decision{Alerts: alerts(a, b, over)})
	for _, want := range []rules.Alert{a, b} {
		found, ok, err := s.OpenAlert(ctx, want.Rule, project, want.Subject)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, found)
	}
	for _, key := range []rules.Key{
		{Rule: a.Rule, Project: project, Subject: "dev:3"}, {Rule: "other", Project: project, Subject: "dev:1"},
		{Rule: a.Rule, Project: "app:other", Subject: "dev:1"}, {Rule: a.Rule, Project: project},
	} {
		_, ok, err := s.OpenAlert(ctx, key.Rule, key.Project, key.Subject)
		require.NoError(t, err)
		require.False(t, ok, "%+v", key)
	}
	for id, want := range map[string]bool{"a": true, "over": false, "none": false} {
		open, err := s.IsOpen(ctx, id)
		require.NoError(t, err)
		require.Equal(t, want, open, id)
	}
}
