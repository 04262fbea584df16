package store_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

// figures are known as given, and not otherwise.
func figures(known map[rules.Figure]float64) rules.Figures {
	all := rules.Unknown()
	for figure, value := range known {
		all[figure] = value
	}
	return all
}

func everyFigure() []rules.Figure {
	all := make([]rules.Figure, rules.FigureCount)
	for i := range all {
		all[i] = rules.Figure(i)
	}
	return all
}

func testDevices(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	devices, at, err := s.Devices(ctx, project)
	require.NoError(t, err)
	require.Empty(t, devices)
	require.True(t, at.IsZero(), "never read")

	whole := filled[store.Device]()
	whole.UID = "dev:2"
	bare := store.Device{UID: "dev:1", Voltage: math.NaN()}
	require.NoError(t, s.SaveDevices(ctx, project, []store.Device{whole, bare}, noon))
	require.NoError(t, s.SaveDevices(ctx, "app:other", []store.Device{{UID: "dev:3"}}, noon.Add(minute)))
	devices, at, err = s.Devices(ctx, project)
	require.NoError(t, err)
	require.Equal(t, noon, at)
	same(t, []store.Device{bare, whole}, devices)

	whole.Name = "renamed"
	require.NoError(t, s.SaveDevices(ctx, project, []store.Device{whole}, noon.Add(minute)))
	devices, at, err = s.Devices(ctx, project)
	require.NoError(t, err)
	require.Equal(t, noon.Add(minute), at)
	require.Equal(t, []store.Device{whole}, devices, "who is not listed any more is gone")

	require.NoError(t, s.SaveDevices(ctx, project, nil, noon.Add(2*minute)))
	devices, at, err = s.Devices(ctx, project)
	require.NoError(t, err)
	require.Empty(t, devices)
	require.Equal(t, noon.Add(2*minute), at, "an empty list was read all the same")
}

func testUsage(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	all := everyFigure()
	save := func(which []rules.Figure, rows ...store.Usage) {
		t.Helper()
		require.NoError(t, s.SaveUsage(ctx, project, which, rows, today))
	}
	usage := func(devices []string, from, to rules.Day) []store.Usage {
		t.Helper()
		rows, err := s.Usage(ctx, project, devices, from, to)
		require.NoError(t, err)
		return rows
	}
	whole := store.Usage{Device: "dev:2", Day: today, Figures: filled[rules.Figures]()}
	total := store.Usage{Device: "", Day: today, Figures: figures(map[rules.Figure]float64{rules.Events: 0})}
	old := store.Usage{Device: "dev:2", Day: today - 1, Figures: figures(map[rules.Figure]float64{rules.Bytes: 1e12})}
	save(all, whole, total, old)
	require.NoError(t, s.SaveUsage(ctx, "app:other", all, []store.Usage{{Device: "dev:2", Day: today}}, today))

	same(t, []store.Usage{total, old, whole}, usage(nil, today-1, today))
	same(t, []store.Usage{total, whole}, usage(nil, today, today))
	same(t, []store.Usage{old, whole}, usage([]string{"dev:2", "dev:9", "dev:2"}, 0, today+100))
	same(t, []store.Usage{total}, usage([]string{""}, today-1, today))
	require.Empty(t, usage([]string{}, today-1, today), "no devices are not all devices")
	require.Empty(t, usage(nil, today, today-1))
	require.Empty(t, usage(nil, today+1, today+9))

	changed := whole
	changed.Figures[rules.Bytes], changed.Figures[rules.Sessions] = 777, math.NaN()
	unnamed := changed
	unnamed.Figures[rules.Events] = 888
	save([]rules.Figure{rules.Bytes, rules.Sessions}, unnamed)
	same(t, []store.Usage{changed}, usage([]string{"dev:2"}, today, today))

	absurd := changed
	absurd.Figures[rules.Bytes], absurd.Figures[rules.Events] = math.Inf(1), -1e300
	save(all, absurd)
	changed.Figures[rules.Bytes], changed.Figures[rules.Events] = math.NaN(), math.NaN()
	same(t, []store.Usage{changed}, usage([]string{"dev:2"}, today, today))
}

// Only what differs is written, and only days that are over are changes.
func testChanges(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	which := []rules.Figure{rules.Bytes, rules.Events}
	row := func(device string, day rules.Day, bytes, events float64) store.Usage {
		return store.Usage{Device: device, Day: day, Figures: figures(map[rules.Figure]float64{rules.Bytes: bytes, rules.Events: events})}
	}
	save := func(which []rules.Figure, open rules.Day, rows ...store.Usage) {
		t.Helper()
		require.NoError(t, s.SaveUsage(ctx, project, which, rows, open))
	}
	changed := func() []store.DeviceDay {
		t.Helper()
		days, err := s.Changed(ctx, project)
		require.NoError(t, err)
		return days
	}
	first := []store.Usage{row("b", today-1, 10, math.NaN()), row("a", today-1, 20, 2), row("a", today, 30, 3), row("a", today-30, 1, 1)}
	save(which, today-30, first...)
	require.Empty(t, changed(), "history that was never read is no news")

	before := writes(t, s)
	save(which, today, first...)
	require.Equal(t, before, writes(t, s), "what does not differ is not written")
	require.Empty(t, changed())

	save(which, today, row("b", today-1, 11, math.NaN()), row("a", today-1, 20, 2), row("a", today, 31, 3), row("c", today-2, 5, 5))
	require.Equal(t, []store.DeviceDay{{"b", today - 1}, {"c", today - 2}}, changed())
	require.Equal(t, before+3+2, writes(t, s), "three rows of usage and two changes")

	save(which[1:], today, row("a", today-1, 999, 2))
	require.Len(t, changed(), 2, "a figure that is not named does not count")
	save(which, today, row("a", today-30, math.NaN(), 1), row("b", today-1, 12, 4))
	require.Equal(t, []store.DeviceDay{{"a", today - 30}, {"b", today - 1}, {"c", today - 2}}, changed())

	decide(t, s, store.Commit{Seen: []store.DeviceDay{{"b", today - 1}, {"c", today - 2}, {"x", today}}})
	require.Equal(t, []store.DeviceDay{{"a", today - 30}}, changed(), "the others were judged")
	others, err := s.Changed(ctx, "app:other")
	require.NoError(t, err)
	require.Empty(t, others)
}

// writes returns how many rows were ever written over the connection that writes.
func writes(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	require.NoError(t, s.DB().QueryRowContext(t.Context(), "SELECT total_changes()").Scan(&n))
	return n
}

// More rows than one transaction or one statement takes come back whole and in order.
func testManyRows(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	const n = 10_007
	rows := make([]store.Usage, n)
	closed := make([]store.Closed, n)
	devices := make([]store.Device, n)
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("dev:%06d", i)
		rows[i] = store.Usage{Device: names[i], Day: today, Figures: rules.Figures{rules.Bytes: float64(i)}}
		closed[i] = store.Closed{Device: names[i], Figure: rules.Bytes, AsOf: today, Closed: rules.Closed{Used: float64(i)}}
		devices[i] = store.Device{UID: names[i]}
	}
	require.NoError(t, s.SaveUsage(ctx, project, everyFigure(), rows, today))
	require.NoError(t, s.SaveClosed(ctx, project, closed))
	require.NoError(t, s.SaveDevices(ctx, project, devices, noon))

	for _, some := range [][]string{nil, names} {
		found, err := s.Usage(ctx, project, some, today, today)
		require.NoError(t, err)
		require.Equal(t, rows, found)
	}
	summaries, err := s.Closed(ctx, project, today)
	require.NoError(t, err)
	require.Equal(t, closed, summaries)
	list, _, err := s.Devices(ctx, project)
	require.NoError(t, err)
	require.Equal(t, devices, list)
}

func testClosed(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	whole := filled[store.Closed]()
	whole.Device, whole.Figure = "dev:1", rules.Sessions
	unknown := whole
	unknown.Figure = rules.Bytes
	blank(reflect.ValueOf(&unknown).Elem())
	total := whole
	total.Device = ""
	require.NoError(t, s.SaveClosed(ctx, project, []store.Closed{whole, unknown, total}))
	require.NoError(t, s.SaveClosed(ctx, "app:other", []store.Closed{whole}))
	closed, err := s.Closed(ctx, project, whole.AsOf)
	require.NoError(t, err)
	same(t, []store.Closed{unknown, total, whole}, closed)

	before := writes(t, s)
	require.NoError(t, s.SaveClosed(ctx, project, []store.Closed{whole, unknown}))
	require.Equal(t, before, writes(t, s))
	changed := whole
	changed.Median = 0.5
	require.NoError(t, s.SaveClosed(ctx, project, []store.Closed{changed}))
	next := changed
	next.AsOf++
	require.NoError(t, s.SaveClosed(ctx, project, []store.Closed{next}))
	closed, err = s.Closed(ctx, project, changed.AsOf)
	require.NoError(t, err)
	same(t, []store.Closed{unknown, total, changed}, closed)
	closed, err = s.Closed(ctx, project, next.AsOf)
	require.NoError(t, err)
	same(t, []store.Closed{next}, closed)
	later := next
	later.AsOf++
	require.NoError(t, s.SaveClosed(ctx, project, []store.Closed{later}))
	closed, err = s.Closed(ctx, project, changed.AsOf)
	require.NoError(t, err)
	same(t, []store.Closed{unknown, total}, closed)
}

func testPrune(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	which := []rules.Figure{rules.Bytes}
	var rows []store.Usage
	for day := today - 400; day <= today; day += 100 {
		rows = append(rows, store.Usage{Device: "dev:1", Day: day})
	}
	require.NoError(t, s.SaveUsage(ctx, project, which, rows, today))

	cut := today - 200
	ended := resolved(firing("ended", "dev:1"), cut.Start().Add(-time.Hour))
	lately := resolved(firing("lately", "dev:1"), cut.Start())
	lasting := firing("open", "dev:1")
	lasting.Since, lasting.FiredAt = cut.Start().Add(-time.Hour), cut.Start().Add(-time.Hour)
	decide(t, s, store.Commit{
		Decision: store.Decision{Alerts: alerts(ended, lately, lasting), Show: map[string][]string{"ended": {team}, "lately": {team}, "open": {team}}},
	})
	lease := claim(t, s, store.Receiver, team)
	waiting, err := s.Undelivered(ctx, team)
	require.NoError(t, err)
	for _, d := range waiting {
		started := cut.Start().Add(-minute)
		if d.Alert.ID == "lately" {
			started = noon
		}
		_, err := beginOne(ctx, s, lease, store.Message{ID: "m-" + d.Alert.ID, Receiver: team}, []store.Delivery{d}, started)
		require.NoError(t, err)
	}

	require.NoError(t, s.Prune(ctx, cut))
	left, err := s.Usage(ctx, project, nil, 0, today)
	require.NoError(t, err)
	require.Len(t, left, 3)
	require.Equal(t, cut, left[0].Day)
	changed, err := s.Changed(ctx, project)
	require.NoError(t, err)
	require.Equal(t, []store.DeviceDay{{"dev:1", cut}, {"dev:1", cut + 100}}, changed)

	all, err := s.Alerts(ctx, store.AlertFilter{Limit: 10})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"lately", "open"}, ids(all))
	for id, want := range map[string]int{"ended": 0, "lately": 1, "open": 1} {
		transitions, err := s.Transitions(ctx, id)
		require.NoError(t, err)
		require.Len(t, transitions, want, "history goes with its alert: %s", id)
	}
	deliveries := storetest.Deliveries(t, s, team)
	require.Len(t, deliveries, 2, "deliveries go with their alerts")
	attempts, err := s.Attempts(ctx, "")
	require.NoError(t, err)
	require.Len(t, attempts, 1)
	_, _, err = s.Members(ctx, "m-ended")
	require.ErrorIs(t, err, store.ErrNoMessage)
	require.ErrorContains(t, err, `reading message "m-ended": `)
	_, members, err := s.Members(ctx, "m-open")
	require.NoError(t, err, "a message stays as long as it shows something")
	require.Len(t, members, 1)
}

func ids(all []rules.Alert) (ids []string) {
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	return ids
}

func alerts(all ...rules.Alert) []rules.Alert { return all }
