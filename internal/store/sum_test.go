package store_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/rules"
)

func testSums(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	closed := func(device string, figure rules.Figure, asOf, start rules.Day, d7 float64) store.Closed {
		return store.Closed{Device: device, Figure: figure, AsOf: asOf, PeriodStart: start, Closed: rules.Closed{Used: 9, D7: d7, D30: 30}}
	}
	require.NoError(t, s.SaveClosed(ctx, project, []store.Closed{
		closed("", rules.Events, today, today-9, 1000), closed("dev:3", rules.Events, today, today-9, 3),
		closed("dev:1", rules.Events, today, today-9, math.NaN()), closed("dev:2", rules.Events, today, today-2, 2),
		closed("dev:4", rules.Events, today-1, today-9, 4), closed("dev:5", rules.Bytes, today, today-9, 5),
	}))
	require.NoError(t, s.SaveClosed(ctx, "app:other", []store.Closed{closed("dev:6", rules.Events, today, today-9, 6)}))
	for name, c := range map[string]struct {
		devices []string
		want    []store.Sum
	}{
		"all":  {nil, []store.Sum{{"dev:1", 9, math.NaN(), 30}, {"dev:2", math.NaN(), 2, 30}, {"dev:3", 9, 3, 30}}},
		"some": {[]string{"dev:3", "dev:4", "dev:9", "dev:3"}, []store.Sum{{"dev:3", 9, 3, 30}}},
		"none": {[]string{}, nil},
	} {
		sums, err := s.Sums(ctx, project, rules.Events, today, today-9, c.devices)
		require.NoError(t, err, name)
		same(t, c.want, sums)
	}
}

func testUsageOn(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	row := func(device string, day rules.Day, events float64) store.Usage {
		return store.Usage{Device: device, Day: day, Figures: figures(map[rules.Figure]float64{rules.Events: events})}
	}
	require.NoError(t, s.SaveUsage(ctx, project, polled, []store.Usage{
		row("", today, 1000), row("dev:1", today, 1), row("dev:2", today, 0), row("dev:3", today, math.NaN()), row("dev:4", today-1, 4),
	}, today))
	require.NoError(t, s.SaveUsage(ctx, "app:other", polled, []store.Usage{row("dev:5", today, 5)}, today))
	usage, err := s.UsageOn(ctx, project, rules.Events, today, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]float64{"dev:1": 1, "dev:2": 0}, usage)
	usage, err = s.UsageOn(ctx, project, rules.Events, today, []string{"dev:2", "dev:3", "dev:4"})
	require.NoError(t, err)
	require.Equal(t, map[string]float64{"dev:2": 0}, usage)
	usage, err = s.UsageOn(ctx, project, rules.Bytes, today, nil)
	require.NoError(t, err)
	require.Empty(t, usage)
}

func testDayTotals(t *testing.T, open database) {
	ctx, s := t.Context(), open()
	row := func(device string, day rules.Day, bytes, events float64) store.Usage {
		return store.Usage{Device: device, Day: day, Figures: figures(map[rules.Figure]float64{rules.Bytes: bytes, rules.Events: events})}
	}
	require.NoError(t, s.SaveUsage(ctx, project, polled, []store.Usage{
		row("", today, 5000, 5000), row("dev:1", today, 1, 10), row("dev:2", today, 2, math.NaN()), row("dev:3", today, 400, 400),
		row("dev:1", today-2, 3, 30),
	}, today))
	totals, err := s.DayTotals(ctx, project, polled, []string{"dev:1", "dev:2", "dev:9"}, today-3, today)
	require.NoError(t, err)
	same(t, []store.Usage{row("", today-2, 3, 30), row("", today, 3, math.NaN())}, totals)
	totals, err = s.DayTotals(ctx, project, []rules.Figure{rules.Events}, []string{"dev:1"}, today, today)
	require.NoError(t, err)
	same(t, []store.Usage{row("", today, math.NaN(), 10)}, totals)
}
