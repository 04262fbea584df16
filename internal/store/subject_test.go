package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

func testListDoubt(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	storetest.SaveDevices(t, s, project, []store.Device{{UID: "dev:1"}, {UID: "dev:2"}}, noon)
	doubt, err := s.ListDoubt(ctx, project)
	require.NoError(t, err)
	require.Zero(t, doubt)

	want := store.ListDoubt{At: noon.Add(time.Hour), Kept: 1}
	require.NoError(t, s.DoubtList(ctx, project, want))
	doubt, err = s.ListDoubt(ctx, project)
	require.NoError(t, err)
	require.Equal(t, want, doubt)
	devices, read, err := s.Devices(ctx, project)
	require.NoError(t, err)
	require.Len(t, devices, 2)
	require.Equal(t, noon, read)

	storetest.SaveDevices(t, s, project, []store.Device{{UID: "dev:1"}}, noon.Add(2*time.Hour))
	doubt, err = s.ListDoubt(ctx, project)
	require.NoError(t, err)
	require.Zero(t, doubt, "a list that counts ends it")
}

func testCountDevices(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	none, err := s.CountDevices(ctx, project, time.Hour)
	require.NoError(t, err)
	require.Zero(t, none, "the list was never read")

	heard := func(uid string, ago time.Duration, disabled bool) store.Device {
		return store.Device{UID: uid, LastActivity: noon.Add(-ago), Disabled: disabled}
	}
	storetest.SaveDevices(t, s, project, []store.Device{
		heard("dev:1", 0, false), heard("dev:2", time.Hour, false), heard("dev:3", time.Hour+time.Millisecond, false),
		heard("dev:4", 0, true), heard("dev:5", 2*time.Hour, true), {UID: "dev:6"},
	}, noon)
	storetest.SaveDevices(t, s, "app:other", []store.Device{heard("dev:7", 0, false)}, noon)
	counts, err := s.CountDevices(ctx, project, time.Hour)
	require.NoError(t, err)
	require.Equal(t, store.DeviceCounts{ListedAt: noon, All: 6, Enabled: 4, Active: 2, Silent: 1}, counts)
}

func testWorkState(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	state := func(machine time.Time) (time.Time, bool) {
		t.Helper()
		due, held, err := s.WorkState(ctx, store.Poll, project, machine)
		require.NoError(t, err)
		return due, held
	}
	due, held := state(noon)
	require.Zero(t, due)
	require.False(t, held)
	require.NoError(t, s.AddWork(ctx, store.Poll, []string{project}, noon))
	due, held = state(noon)
	require.Equal(t, noon, due)
	require.False(t, held)
	before, err := s.Raised(ctx)
	require.NoError(t, err)
	lease, ok, err := s.Claim(ctx, store.Poll, project, noon, noon)
	require.NoError(t, err)
	require.True(t, ok)
	_, held = state(noon)
	require.True(t, held)
	_, held = state(noon.Add(store.LeaseTime))
	require.False(t, held, "the lease has run out")
	require.NoError(t, s.Complete(ctx, lease, noon, never, 0))
	due, held = state(noon)
	require.Zero(t, due)
	require.False(t, held)

	same, err := s.Raised(ctx)
	require.NoError(t, err)
	require.Equal(t, before, same, "nothing happened")
	require.NoError(t, s.Raise(ctx, store.Mute, "", noon))
	more, err := s.Raised(ctx)
	require.NoError(t, err)
	require.Greater(t, more, before)
}

func testOpenAlert(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	a, b := firing("a", "dev:1"), firing("b", "dev:2")
	b.Period = noon
	over, _ := firing("over", "dev:3").Clear(noon)
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
