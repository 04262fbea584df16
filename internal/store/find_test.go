package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

func testFind(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	first := usage.Device{UID: "dev:1", Name: "Freezer", Fleets: []string{"fleet:1", "fleet:10"}, Voltage: 4}
	second := usage.Device{UID: "dev:2", Name: "boiler", Fleets: []string{"fleet:10"}}
	storetest.SaveDevices(t, s, project, []usage.Device{first, second}, noon)
	storetest.SaveDevices(t, s, "app:other", []usage.Device{{UID: "dev:3", Name: "FREEZER"}}, noon)

	device, ok, err := s.Usage.Device(ctx, project, "dev:1")
	require.NoError(t, err)
	require.True(t, ok)
	first.Ordinal = 1
	require.Equal(t, first, device)
	_, ok, err = s.Usage.Device(ctx, project, "dev:3")
	require.NoError(t, err)
	require.False(t, ok, "it is in another project")

	called, err := s.Usage.DevicesCalled(ctx, "freezer")
	require.NoError(t, err)
	freezers := []usage.DeviceName{
		{Project: "app:2606f411-dea6-44a0-9743-1130f57d77d8", UID: "dev:1", Name: "Freezer"}, {Project: "app:other", UID: "dev:3", Name: "FREEZER"},
	}
	require.Equal(t, freezers, called)
	called, err = s.Usage.DevicesCalled(ctx, "freez")
	require.NoError(t, err)
	require.Empty(t, called)

	for _, odd := range []string{"\x00", "\xff", "dev:\x00"} {
		_, _, err := s.Usage.Device(ctx, project, odd)
		require.NoError(t, err)
		_, _, err = s.Usage.Ordinal(ctx, project, odd)
		require.NoError(t, err)
		called, err = s.Usage.DevicesCalled(ctx, odd)
		require.NoError(t, err)
		require.Empty(t, called)
		some, err := s.Usage.DevicesOf(ctx, project, []string{"dev:1", odd})
		require.NoError(t, err)
		require.Len(t, some, 1)
		called, err = s.Usage.DevicesNamed(ctx, []string{project}, odd, 9)
		require.NoError(t, err)
		require.Empty(t, called)
	}

	names, err := s.Usage.DeviceNames(ctx)
	require.NoError(t, err)
	require.Equal(t, append([]usage.DeviceName{{Project: project, UID: "dev:2", Name: "boiler"}}, freezers...), names)

	both := []string{project, "app:other"}
	for _, c := range []struct {
		projects []string
		prefix   string
		limit    int
		want     []usage.DeviceName
	}{
		{both, "", 9, names},
		{both, "", 2, names[:2]},
		{both, "fReEz", 9, freezers},
		{both[1:], "freez", 1, freezers[1:]},
		{both, "reez", 9, nil},
		{both, "%", 9, nil},
		{[]string{}, "", 9, nil},
	} {
		found, err := s.Usage.DevicesNamed(ctx, c.projects, c.prefix, c.limit)
		require.NoError(t, err)
		require.Equal(t, c.want, found, c)
	}
	found, err := s.Usage.DevicesFrom(ctx, project, "dev:", 9)
	require.NoError(t, err)
	require.Equal(t, []usage.DeviceName{freezers[0], names[0]}, found)
	found, err = s.Usage.DevicesFrom(ctx, project, "dev:", 1)
	require.NoError(t, err)
	require.Equal(t, freezers[:1], found)
	found, err = s.Usage.DevicesFrom(ctx, project, "dev:3", 9)
	require.NoError(t, err)
	require.Empty(t, found, "it is in another project")

	count, read, err := s.Usage.DeviceCount(ctx, project)
	require.NoError(t, err)
	require.Equal(t, 2, count)
	require.Equal(t, noon, read)
	count, read, err = s.Usage.DeviceCount(ctx, "app:new")
	require.NoError(t, err)
	require.Zero(t, count)
	require.Zero(t, read)
}

func testGoneDevices(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	storetest.SaveDevices(t, s, project, []usage.Device{{UID: "dev:here", Name: "here"}}, noon)
	ended := func(id, subject, name string, at time.Time) rules.Alert {
		a := resolved(firing(id, subject), at)
		a.Texts.Subject = name
		return a
	}
	report := ended("r", "week", "week", noon)
	report.Project = ""
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(
		ended("a", "dev:gone", "old name", noon.Add(-time.Hour)), ended("b", "dev:gone", "last name", noon.Add(-minute)),
		ended("c", "dev:here", "here", noon), ended("d", "dev:long", "long gone", noon.Add(-24*time.Hour)), ended("e", "", "project", noon),
		report, firing("f", "dev:fires"),
	)}})
	gone, err := s.GoneDevices(ctx, 100)
	require.NoError(t, err)
	require.Equal(t, []usage.DeviceName{
		{Project: project, UID: "dev:gone", Name: "last name"}, {Project: project, UID: "dev:long", Name: "long gone"},
	}, gone)
	gone, err = s.GoneDevices(ctx, 5)
	require.NoError(t, err)
	require.Len(t, gone, 1)
}

func testAlertsOf(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	worst, newest, pending, over := firing("b", "dev:1"), firing("c", "dev:2"), firing("d", "dev:1"), resolved(firing("e", "dev:1"), noon)
	worst.Level, worst.Rule = rules.Critical, "spike"
	newest.Since = noon
	pending.State, pending.Level, pending.Rule = rules.Pending, rules.Inactive, "quiet"
	elsewhere := firing("f", "dev:1")
	elsewhere.Project = "app:other"
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1"), worst, newest, pending, over, elsewhere)}})
	for name, c := range map[string]struct {
		project, subject string
		limit, count     int
		want             []string
	}{
		"all":         {"", "", 9, 5, []string{"b", "c", "a", "f", "d"}},
		"the worst":   {"", "", 1, 5, []string{"b"}},
		"project":     {project, "", 9, 4, []string{"b", "c", "a", "d"}},
		"device":      {project, "dev:1", 9, 3, []string{"b", "a", "d"}},
		"every dev:1": {"", "dev:1", 9, 4, []string{"b", "a", "f", "d"}},
		"nothing":     {project, "dev:9", 9, 0, nil},
	} {
		found, count, err := s.AlertsOf(ctx, c.project, c.subject, c.limit)
		require.NoError(t, err, name)
		require.Equal(t, c.want, ids(found), name)
		require.Equal(t, c.count, count, name)
	}
	storetest.SaveDevices(t, s, project, []usage.Device{{UID: "dev:1"}, {UID: "dev:2", Fleets: []string{"fleet:1"}}, {UID: "dev:3", Fleets: []string{"fleet:1"}}}, noon)
	found, count, err := s.AlertsOfFleet(ctx, project, "fleet:1", 9)
	require.NoError(t, err)
	require.Equal(t, []string{"c"}, ids(found))
	require.Equal(t, 1, count)

	some, err := s.AlertIDs(ctx, "", 3)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, some)
	some, err = s.AlertIDs(ctx, "e", 3)
	require.NoError(t, err)
	require.Equal(t, []string{"e"}, some)
}

func testHushed(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	muted, taken, both, drill, over := firing("a", "dev:1"), firing("b", "dev:2"), firing("c", "dev:3"), firing("d", "dev:4"), firing("e", "dev:5")
	mute, ack := rules.Mute{Kind: rules.BySilence}, rules.Ack{By: "amy", At: noon}
	muted.Mute, taken.Ack, both.Mute, both.Ack = mute, ack, mute, ack
	drill.Drill, drill.Ack, over.Mute = true, ack, mute
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(muted, taken, both, drill, resolved(over, noon), firing("f", "dev:6"))}})
	hushed, acknowledged, err := s.CountMutedAndAcknowledged(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, hushed)
	require.Equal(t, 2, acknowledged)
}
