package store_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// listed returns the device list of a project.
func listed(t *testing.T, s *store.Store, project string) *usage.DeviceList {
	t.Helper()
	stored, err := s.Usage.DeviceList(t.Context(), project)
	require.NoError(t, err)
	return stored
}

// withOrdinals returns devices with ordinals from first on.
func withOrdinals(first int, devices ...usage.Device) []usage.Device {
	for i := range devices {
		devices[i].Ordinal = first + i
	}
	return devices
}

func testDevices(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	never := listed(t, s, project)
	require.Zero(t, never.Len())
	require.Zero(t, never.Read)
	require.Zero(t, never.Version)

	whole := filled[usage.Device]()
	whole.UID = "dev:2"
	bare := usage.Device{UID: "dev:1", Voltage: math.NaN()}
	storetest.SaveDevices(t, s, project, []usage.Device{whole, bare}, noon)
	storetest.SaveDevices(t, s, "app:other", []usage.Device{{UID: "dev:3"}}, noon.Add(minute))
	devices, at, err := s.Usage.Devices(ctx, project)
	require.NoError(t, err)
	require.Equal(t, noon, at)
	same(t, withOrdinals(1, whole, bare), devices)
	version, at, err := s.Usage.ListVersion(ctx, project)
	require.NoError(t, err)
	require.Equal(t, noon, at)
	require.Equal(t, int64(1), version)

	whole.Name, whole.Ordinal = "renamed", 1
	storetest.SaveDevices(t, s, project, []usage.Device{whole}, noon.Add(minute))
	stored := listed(t, s, project)
	require.Equal(t, []usage.Device{whole}, slices.Collect(stored.All()))
	require.Equal(t, noon.Add(minute), stored.Read)
	require.Equal(t, int64(2), stored.Version)
	_, ok, err := s.Usage.Device(ctx, project, "dev:1")
	require.NoError(t, err)
	require.False(t, ok, "it is no longer listed")
	some, err := s.Usage.DevicesOf(ctx, project, []string{"dev:3", "dev:2", "dev:1"})
	require.NoError(t, err)
	require.Equal(t, []usage.Device{whole}, some)

	storetest.SaveDevices(t, s, project, nil, noon.Add(2*minute))
	empty := listed(t, s, project)
	require.Zero(t, empty.Len())
	require.Equal(t, noon.Add(2*minute), empty.Read, "an empty list was read all the same")
	require.Equal(t, int64(3), empty.Version)
}

// A device keeps its ordinal, and no other device gets it.
func testOrdinals(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	save := func(uids ...string) map[string]int {
		t.Helper()
		var devices []usage.Device
		for _, uid := range uids {
			devices = append(devices, usage.Device{UID: uid})
		}
		storetest.SaveDevices(t, s, project, devices, noon)
		stored := slices.Collect(listed(t, s, project).All())
		require.True(t, slices.IsSortedFunc(stored, func(a, b usage.Device) int { return a.Ordinal - b.Ordinal }))
		ordinals := map[string]int{}
		for _, d := range stored {
			ordinals[d.UID] = d.Ordinal
		}
		return ordinals
	}
	require.Equal(t, map[string]int{"c": 1, "a": 2, "b": 3}, save("c", "a", "b"), "in the order of the list")
	require.Equal(t, map[string]int{"a": 2, "b": 3, "c": 1}, save("a", "b", "c"))
	require.Equal(t, map[string]int{"c": 1}, save("c"))
	require.Equal(t, map[string]int{"c": 1, "d": 4}, save("d", "c"), "what was given is not given again")
	require.Equal(t, map[string]int{"b": 3, "d": 4, "e": 5}, save("e", "b", "d"), "a device that returns has its own")
	for uid, want := range map[string]int{"a": 2, "b": 3, "c": 1, "d": 4, "e": 5, "f": 0} {
		ordinal, ok, err := s.Usage.Ordinal(ctx, project, uid)
		require.NoError(t, err)
		require.Equal(t, want, ordinal, uid)
		require.Equal(t, want > 0, ok, uid)
	}
	storetest.SaveDevices(t, s, "app:other", []usage.Device{{UID: "e"}}, noon)
	ordinal, _, err := s.Usage.Ordinal(ctx, "app:other", "e")
	require.NoError(t, err)
	require.Equal(t, 1, ordinal, "each project counts for itself")
}

// Whatever a list says, it can be stored.
func testOddDevices(t *testing.T, open opening) {
	for name, c := range map[string]struct{ listed, want []usage.Device }{
		"twice": {
			[]usage.Device{{UID: "a", Name: "first"}, {UID: "b"}, {UID: "a", Name: "last"}},
			[]usage.Device{{UID: "a", Name: "last"}, {UID: "b"}},
		},
		"no text": {
			[]usage.Device{{UID: "a\x00b", Name: "\xff\xfe", SKU: "x\x00", Fleets: []string{"f\xc3", "g"}}},
			[]usage.Device{{UID: "a�b", Name: "�", SKU: "x�", Fleets: []string{"f�", "g"}}},
		},
		"no voltage": {
			[]usage.Device{{UID: "a", Voltage: -1}, {UID: "b", Voltage: math.Inf(1)}, {UID: "c", Voltage: 1e300}, {UID: "d", Voltage: 4.1234567}},
			[]usage.Device{{UID: "a", Voltage: math.NaN()}, {UID: "b", Voltage: math.NaN()}, {UID: "c", Voltage: math.NaN()}, {UID: "d", Voltage: 4.123457}},
		},
		"no time": {
			[]usage.Device{{UID: "a", LastActivity: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)}, {UID: "b", LastActivity: noon.Add(1500 * time.Microsecond)}},
			[]usage.Device{{UID: "a"}, {UID: "b", LastActivity: noon.Add(time.Millisecond)}},
		},
		"long": {
			[]usage.Device{{UID: strings.Repeat("x", 100_000)}},
			[]usage.Device{{UID: strings.Repeat("x", 100_000)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open()
			storetest.SaveDevices(t, s, "app:"+name, c.listed, noon)
			same(t, withOrdinals(1, c.want...), slices.Collect(listed(t, s, "app:"+name).All()))
		})
	}
}

// Of two processes that save the list of one project, the one that lost its lease changes nothing.
func testDeviceListNeedsALease(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, noon))
	lost := claim(t, s, work.Poll, project)
	lease := steal(t, s, lost)
	require.NoError(t, s.Usage.SaveDevices(ctx, lease, usage.NewDeviceList(usage.Device{UID: "a"}), noon, nil))
	before := dump(t, s)
	err := s.Usage.SaveDevices(ctx, lost, usage.NewDeviceList(usage.Device{UID: "b"}), noon, nil)
	require.ErrorIs(t, err, work.ErrLeaseLost)
	require.ErrorContains(t, err, "saving the devices of project ")
	require.Equal(t, before, dump(t, s))
}

// A list that the caller has kept counts only as long as it is the one that is stored.
func testStoredDeviceList(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	require.NoError(t, s.Work.AddWork(ctx, work.Poll, []string{project}, noon))
	lease := claim(t, s, work.Poll, project)
	save := func(stored *usage.DeviceList, devices ...usage.Device) *usage.DeviceList {
		t.Helper()
		saved := usage.NewDeviceList(devices...)
		require.NoError(t, s.Usage.SaveDevices(ctx, lease, saved, noon, stored))
		now := listed(t, s, project)
		require.Equal(t, now.Version, saved.Version)
		require.Equal(t, now.Read, saved.Read)
		same(t, slices.Collect(now.All()), slices.Collect(saved.All()))
		for place := range saved.Len() {
			found, ok := saved.Find(saved.UID(place))
			require.True(t, ok)
			require.Equal(t, place, found, "whatever order it was read in")
		}
		return saved
	}
	a, b, c := usage.Device{UID: "a", Fleets: []string{"f"}}, usage.Device{UID: "b", LastActivity: noon}, usage.Device{UID: "c", Voltage: 4}
	first := save(nil, a, b)
	second := save(first, b, c)
	third := save(first, a, c)
	require.Equal(t, int64(3), third.Version)
	same(t, []usage.Device{{Ordinal: 1, UID: "a", Fleets: []string{"f"}}, {Ordinal: 3, UID: "c", Voltage: 4}}, slices.Collect(third.All()))
	same(t, []usage.Device{{Ordinal: 2, UID: "b", LastActivity: noon}, {Ordinal: 3, UID: "c", Voltage: 4}}, slices.Collect(second.All()))
	a.Name = "renamed"
	save(third, c, a)
}

// A list in which only last activity and voltage have moved writes two columns of each block.
func testDeviceListWritesLittle(t *testing.T, open opening) {
	s := open()
	devices := manyDevices(history.BlockSize + 10)
	for i := range devices {
		devices[i].LastActivity, devices[i].Voltage, devices[i].Temperature = noon, 3, math.NaN()
	}
	storetest.SaveDevices(t, s, project, devices, noon)
	cost := func() int {
		before := writes(t, s)
		storetest.SaveDevices(t, s, project, devices, noon)
		return writes(t, s) - before
	}
	same := cost()
	for i := range devices {
		devices[i].LastActivity, devices[i].Voltage = noon.Add(time.Duration(i)*time.Second), float64(i)
	}
	require.Equal(t, same+2*2, cost())
	devices[7].Name, devices[8].Disabled, devices[9].Provisioned = "renamed", true, noon
	require.Equal(t, same+3, cost())
	require.Equal(t, same+len(devices)-100, func() int {
		devices = devices[:100]
		return cost() - 4 // the columns: two are shorter, two are gone
	}())
	stored := slices.Collect(listed(t, s, project).All())
	require.Len(t, stored, 100)
	require.Equal(t, noon.Add(99*time.Second), stored[99].LastActivity)
	_, ok, err := s.Usage.Device(t.Context(), project, "dev:000500")
	require.NoError(t, err)
	require.False(t, ok)
}

// A list says of a SIM what it says, in columns; of devices with several it says that of each. What the next list does not say is gone.
func testPlans(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	one := usage.Device{UID: "dev:1", Temperature: -12.5, Updating: rules.False, Plan: &usage.Plan{Used: 402e6, Limit: 500e6, Updated: noon, SIMs: 1}}
	two := usage.Device{UID: "dev:2", Temperature: math.NaN(), Updating: rules.True, Plan: &usage.Plan{
		Used: 7, Limit: math.NaN(), SIMs: 2, Cards: []usage.SIM{
			{ICCID: "8901", Used: 7, Limit: math.NaN(), LifetimeUsed: 9, Choice: usage.ByBytes, Bytes: map[rules.Day]float64{20000: 5, 20001: 0}},
			{ICCID: "8902", Used: math.NaN(), Limit: 500e6, LifetimeUsed: math.NaN(), Updated: noon},
		},
	}}
	none := usage.Device{UID: "dev:3", Temperature: math.NaN()}
	text := func(d usage.Device) string {
		if d.Plan == nil {
			return fmt.Sprintf("%g %d no plan", d.Temperature, d.Updating)
		}
		return fmt.Sprintf("%g %d %+v", d.Temperature, d.Updating, *d.Plan)
	}
	check := func(want ...usage.Device) {
		t.Helper()
		storetest.SaveDevices(t, s, project, want, noon)
		for i, got := range slices.Collect(listed(t, s, project).All()) {
			require.Equal(t, text(want[i]), text(got))
			alone, _, err := s.Usage.Device(ctx, project, got.UID)
			require.NoError(t, err)
			require.Equal(t, text(want[i]), text(alone))
		}
	}
	check(one, two, none)
	before := writes(t, s)
	storetest.SaveDevices(t, s, project, []usage.Device{one, two, none}, noon)
	same := writes(t, s) - before
	before = writes(t, s)
	two.Plan = &usage.Plan{Used: 8, Limit: math.NaN(), SIMs: 2, Cards: slices.Clone(two.Plan.Cards)}
	two.Plan.Cards[0].Used = 8
	check(one, two, none)
	require.Equal(t, same+2, writes(t, s)-before, "the column and the SIM")
	two.Plan = &usage.Plan{Used: 7, Limit: 8, SIMs: 1}
	check(one, two, none)
	one.Plan, two.Plan, one.Temperature, one.Updating, two.Updating = nil, nil, math.NaN(), rules.NoData, rules.NoData
	check(one, two, none)
	var listings, sims int
	require.NoError(t, s.DB().QueryRowContext(ctx, "SELECT (SELECT count(*) FROM listing), (SELECT count(*) FROM sim)").Scan(&listings, &sims))
	require.Equal(t, 1, listings, "the voltage alone")
	require.Zero(t, sims)
}

// testUnread lists devices that were there before: which of them have days to read that no poll reads by itself.
func testUnread(t *testing.T, open opening) {
	ctx, s := t.Context(), open()
	old, yesterday := noon.AddDate(-1, 0, 0), noon.AddDate(0, 0, -1)
	list := func(at time.Time, devices ...usage.Device) (unread []int) {
		storetest.SaveDevices(t, s, project, devices, at)
		unread, err := s.Usage.Unread(ctx, project)
		require.NoError(t, err)
		return unread
	}
	a, b, c := usage.Device{UID: "dev:a", Provisioned: old}, usage.Device{UID: "dev:b", Provisioned: yesterday}, usage.Device{UID: "dev:c", Provisioned: old}
	require.Empty(t, list(noon, a), "the first list is read as a whole")
	require.Empty(t, list(noon, a, b), "a new device has no past")
	require.Equal(t, []int{3}, list(noon, a, b, c))
	require.Equal(t, []int{3}, list(noon, a, b, c))

	lease, _, err := s.Work.Claim(ctx, work.Poll, project, noon.AddDate(1, 0, 0), noon)
	require.NoError(t, err)
	stolen := lease
	stolen.Token = "another"
	require.ErrorIs(t, s.Usage.MarkRead(ctx, stolen, []int{3}), work.ErrLeaseLost)
	require.NoError(t, s.Usage.MarkRead(ctx, lease, []int{3}))
	require.NoError(t, s.Work.Complete(ctx, lease, noon, noon, 0))
	require.Empty(t, list(noon, b, c))
	require.Equal(t, []int{1}, list(noon, a, b, c), "a returns")
}
