package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

var nan = math.NaN()

// upTo returns the days 1, 2, … n.
func upTo(n int) []float64 {
	days := make([]float64, n)
	for i := range days {
		days[i] = float64(i + 1)
	}
	return days
}

func TestClose(t *testing.T) {
	tests := map[string]struct {
		days []float64
		used int
		want rules.Closed
	}{
		"a full history": {
			upTo(35), 3,
			rules.Closed{Yesterday: 35, Used: 33 + 34 + 35, D7: 29 + 30 + 31 + 32 + 33 + 34 + 35, D30: 615, Median: 28.5, Days: 35},
		},
		"a subject of three days": {
			[]float64{1, 5, 3}, 10,
			rules.Closed{Yesterday: 3, Used: 9, D7: 9, D30: 9, Median: 3, Days: 3},
		},
		"before the first complete day only used is known": {
			nil, 4,
			rules.Closed{Yesterday: nan, Used: 0, D7: nan, D30: nan, Median: nan, Days: 0},
		},
		"a hole makes no data of the windows that reach it": {
			append([]float64{1, nan}, upTo(10)...), 10,
			rules.Closed{Yesterday: 10, Used: 55, D7: 4 + 5 + 6 + 7 + 8 + 9 + 10, D30: nan, Median: nan, Days: 11},
		},
		"yesterday not known": {
			[]float64{1, 2, nan}, 1,
			rules.Closed{Yesterday: nan, Used: nan, D7: nan, D30: nan, Median: nan, Days: 2},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := rules.Close(test.days, test.used)
			for _, pair := range [][2]float64{
				{test.want.Yesterday, got.Yesterday}, {test.want.Used, got.Used}, {test.want.D7, got.D7},
				{test.want.D30, got.D30}, {test.want.Median, got.Median}, {test.want.Days, got.Days},
			} {
				require.Equal(t, math.IsNaN(pair[0]), math.IsNaN(pair[1]), "%+v", got)
				if !math.IsNaN(pair[0]) {
					require.InDelta(t, pair[0], pair[1], 0, "%+v", got)
				}
			}
		})
	}
}

func TestMetricAddsToday(t *testing.T) {
	closed := rules.Close(upTo(3), 2)
	require.InDelta(t, 2+3+4, closed.Metric(4, nil).Used, 0)
	require.True(t, math.IsNaN(closed.Metric(nan, nil).Used), "what is used today is not known, so what is used is not")
}

func TestSeriesBeginsWithWhatIsKnown(t *testing.T) {
	require.Equal(t, []float64{1, 2}, rules.Series([]float64{nan, nan, 1, 2}))
	require.Empty(t, rules.Series([]float64{nan}))
}

func TestDay(t *testing.T) {
	at := time.Date(2026, 6, 1, 23, 59, 59, 0, time.FixedZone("", -7200))
	require.Equal(t, "2026-06-02", rules.DayOf(at).String())
	require.Equal(t, "1969-12-31", rules.DayOf(time.Unix(-1, 0)).String())
	require.Equal(t, rules.DayOf(at).End(), (rules.DayOf(at) + 1).Start())
}

func TestPeriodBounds(t *testing.T) {
	on := func(year int, month time.Month, day int) rules.Day {
		return rules.DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
	}
	tests := map[string]struct {
		spec             rules.PeriodSpec
		day, first, next rules.Day
	}{
		"month":                        {rules.PeriodSpec{}, on(2026, 2, 10), on(2026, 2, 1), on(2026, 3, 1)},
		"the last day of the year":     {rules.PeriodSpec{Every: "month"}, on(2026, 12, 31), on(2026, 12, 1), on(2027, 1, 1)},
		"month from the 14th, before":  {rules.PeriodSpec{Every: "month", MonthDay: 14}, on(2026, 1, 13), on(2025, 12, 14), on(2026, 1, 14)},
		"month from the 14th, on it":   {rules.PeriodSpec{Every: "month", MonthDay: 14}, on(2026, 1, 14), on(2026, 1, 14), on(2026, 2, 14)},
		"week from Monday, on Sunday":  {rules.PeriodSpec{Every: "week"}, on(2026, 6, 7), on(2026, 6, 1), on(2026, 6, 8)},
		"week from Monday, on Monday":  {rules.PeriodSpec{Every: "week"}, on(2026, 6, 8), on(2026, 6, 8), on(2026, 6, 15)},
		"day":                          {rules.PeriodSpec{Every: "day"}, on(2026, 6, 7), on(2026, 6, 7), on(2026, 6, 8)},
		"30 days":                      {rules.PeriodSpec{Days: 30, From: on(2026, 1, 14)}, on(2026, 2, 13), on(2026, 2, 13), on(2026, 3, 15)},
		"30 days, before their origin": {rules.PeriodSpec{Days: 30, From: on(2026, 1, 14)}, on(2026, 1, 13), on(2025, 12, 15), on(2026, 1, 14)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, test.spec.Validate())
			first, next := test.spec.Bounds(test.day)
			require.Equal(t, test.first.String(), first.String())
			require.Equal(t, test.next.String(), next.String())
		})
	}
}

func TestPeriodElapsed(t *testing.T) {
	at := time.Date(2026, 6, 16, 0, 0, 0, 0, time.UTC)
	period := rules.PeriodSpec{}.Period(rules.DayOf(at), at)
	require.InDelta(t, 50, period.ElapsedPct, 1e-9)
	require.InDelta(t, 15, period.DaysLeft, 1e-9)
	ended := rules.PeriodSpec{}.Period(rules.DayOf(at)-1, at.Add(15*24*time.Hour))
	require.InDelta(t, 100, ended.ElapsedPct, 1e-9)
}

func TestPeriodValidate(t *testing.T) {
	for _, spec := range []rules.PeriodSpec{
		{Every: "fortnight"}, {Every: "month", MonthDay: 29}, {Every: "week", MonthDay: 3}, {Days: 400}, {Days: -1}, {Every: "day", Days: 3},
	} {
		require.Error(t, spec.Validate(), "%+v", spec)
	}
}
