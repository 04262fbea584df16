package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

var nan = math.NaN()

func on(year int, month time.Month, day int) rules.Day {
	return rules.DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func TestDay(t *testing.T) {
	at := time.Date(2026, 6, 1, 23, 59, 59, 0, time.FixedZone("", -7200))
	require.Equal(t, "2026-06-02", rules.DayOf(at).String())
	require.Equal(t, "1969-12-31", rules.DayOf(time.Unix(-1, 0)).String())
	require.Equal(t, rules.DayOf(at).End(), (rules.DayOf(at) + 1).Start())
}

func TestPeriodBounds(t *testing.T) {
	tests := map[string]struct {
		spec             rules.PeriodSpec
		day, first, next rules.Day
	}{
		"month":                        {rules.PeriodSpec{}, on(2026, 2, 10), on(2026, 2, 1), on(2026, 3, 1)},
		"the last day of the year":     {rules.PeriodSpec{Every: "month"}, on(2026, 12, 31), on(2026, 12, 1), on(2027, 1, 1)},
		"month from the 31st":          {rules.PeriodSpec{Every: "month", MonthDay: 31}, on(2026, 2, 3), on(2026, 1, 31), on(2026, 2, 28)},
		"short month from the 31st":    {rules.PeriodSpec{Every: "month", MonthDay: 31}, on(2026, 2, 28), on(2026, 2, 28), on(2026, 3, 31)},
		"leap year from the 31st":      {rules.PeriodSpec{Every: "month", MonthDay: 31}, on(2028, 2, 29), on(2028, 2, 29), on(2028, 3, 31)},
		"30 days from the 31st":        {rules.PeriodSpec{Every: "month", MonthDay: 31}, on(2026, 4, 29), on(2026, 3, 31), on(2026, 4, 30)},
		"January from the 31st":        {rules.PeriodSpec{Every: "month", MonthDay: 31}, on(2026, 1, 30), on(2025, 12, 31), on(2026, 1, 31)},
		"month from the 29th":          {rules.PeriodSpec{Every: "month", MonthDay: 29}, on(2026, 3, 1), on(2026, 2, 28), on(2026, 3, 29)},
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
		{Every: "fortnight"}, {Every: "month", MonthDay: 32}, {Every: "week", MonthDay: 3}, {Days: 400}, {Days: -1}, {Every: "day", Days: 3},
	} {
		require.Error(t, spec.Validate(), "%+v", spec)
	}
}

// Every day lies in exactly one period of 28 to 31 days.
func TestMonthsFromAnyDay(t *testing.T) {
	for begin := range 32 {
		spec := rules.PeriodSpec{Every: "month", MonthDay: begin}
		require.NoError(t, spec.Validate())
		first, next := spec.Bounds(rules.DayOf(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)))
		for day, last := first, first+1500; day < last; day++ {
			if day == next {
				first = next
				_, next = spec.Bounds(day)
			}
			from, to := spec.Bounds(day)
			if from != first || to != next || to-from < 28 || to-from > 31 {
				t.Fatalf("day %d, months from %d: a period from %d to %d", day, begin, from, to)
			}
		}
	}
}
