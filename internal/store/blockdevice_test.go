package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// testPlaces lists devices of which one is new and one is gone, in fleets whose UIDs resemble each other.
func testPlaces(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	old, fresh := noon.AddDate(-1, 0, 0), noon.Add(-time.Hour)
	device := func(uid string, provisioned time.Time, fleets ...string) usage.Device {
		return usage.Device{UID: uid, Name: "name of " + uid, Provisioned: provisioned, Fleets: fleets}
	}
	list := []usage.Device{
		device("dev:1", old, "fleet:1"), device("dev:2", old, "fleet:12", "fleet:1"), device("dev:3", old), device("dev:4", fresh, `a","fleet:1`),
	}
	storetest.SaveDevices(t, s, project, list, noon)
	storetest.SaveDevices(t, s, project, []usage.Device{list[0], list[1], list[3]}, noon)
	storetest.SaveDevices(t, s, "app:other", []usage.Device{device("dev:9", old, "fleet:1")}, noon)
	places := []usage.Place{
		{Ordinal: 1, Listed: true, Provisioned: old}, {Ordinal: 2, Listed: true, Provisioned: old},
		{Ordinal: 3, Provisioned: old, UnlistedOn: rules.DayOf(noon)}, {Ordinal: 4, Listed: true, Provisioned: fresh},
	}

	blocks, err := s.Usage.Blocks(ctx, project)
	require.NoError(t, err)
	require.Equal(t, 1, blocks)
	all, err := s.Usage.BlockDevices(ctx, project, 0)
	require.NoError(t, err)
	require.Len(t, all, len(list))
	for i, d := range all {
		require.Equal(t, usage.BlockDevice{Place: places[i], UID: list[i].UID, Name: list[i].Name}, d)
	}
	all, err = s.Usage.BlockDevices(ctx, project, 1)
	require.NoError(t, err)
	require.Empty(t, all)
	changed, err := s.Usage.ChangedPlaces(ctx, project, 0, fresh)
	require.NoError(t, err)
	require.Equal(t, places[2:], changed)
	gone, ok, err := s.Usage.DeviceAt(ctx, project, 3)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "dev:3", gone.UID)
	_, ok, err = s.Usage.DeviceAt(ctx, project, 0)
	require.NoError(t, err)
	require.False(t, ok, "the project itself")

	for fleet, want := range map[string][]usage.Place{
		"fleet:1": places[:2], "fleet:12": places[1:2], "fleet:": nil, "": nil, `a","fleet:1`: places[3:], `"fleet:1`: nil,
	} {
		members, err := s.Usage.FleetPlaces(ctx, project, fleet)
		require.NoError(t, err)
		require.Equal(t, want, members, fleet)
	}
}

// testBlocksOfMany lists one device more than a block has room for beside the project.
func testBlocksOfMany(t *testing.T, open opening) {
	s := open()
	list := make([]usage.Device, history.BlockSize)
	for i := range list {
		list[i].UID = string(rune(0x4e00 + i))
	}
	for i, count := range []int{history.BlockSize - 1, history.BlockSize} {
		storetest.SaveDevices(t, s, project, list[:count], noon)
		blocks, err := s.Usage.Blocks(t.Context(), project)
		require.NoError(t, err)
		require.Equal(t, i+1, blocks, "%d devices", count)
	}
	none, err := s.Usage.Blocks(t.Context(), "app:other")
	require.NoError(t, err)
	require.Zero(t, none)
}
