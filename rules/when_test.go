package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

func TestWhen(t *testing.T) {
	thursday := rules.DayOf(time.Date(2026, 6, 18, 0, 0, 0, 0, time.UTC))
	july, nextMonday := thursday+13, thursday+4
	month := rules.PeriodSpec{}
	tests := map[string]struct {
		period rules.PeriodSpec
		figure string
		day    rules.Day
		want   rules.When
	}{
		"today":             {month, "events.today", thursday, rules.When{Now: "today", Named: "on Thu 18 Jun", Until: thursday + 1}},
		"today, not known":  {month, "events.today", 0, rules.When{Now: "in one day"}},
		"yesterday":         {month, "events.yesterday", thursday, rules.When{Now: "yesterday", Named: "on Wed 17 Jun", Until: thursday + 1}},
		"week before":       {month, "bytes.d7", thursday, rules.When{Now: "in the last 7 days", Named: "in the 7 days to Wed 17 Jun", Until: thursday + 1}},
		"month before":      {month, "bytes.d30", thursday, rules.When{Now: "in the last 30 days", Named: "in the 30 days to Wed 17 Jun", Until: thursday + 1}},
		"month":             {month, "bytes.used", thursday, rules.When{Now: "this month", Named: "in June", Until: july}},
		"used, not known":   {month, "bytes.used", 0, rules.When{}},
		"day as period":     {rules.PeriodSpec{Every: "day"}, "bytes.used", thursday, rules.When{Now: "today", Named: "on Thu 18 Jun", Until: thursday + 1}},
		"week":              {rules.PeriodSpec{Every: "week"}, "bytes.used", thursday, rules.When{Now: "this week", Named: "in the week from Mon 15 Jun", Until: nextMonday}},
		"month from a day":  {rules.PeriodSpec{Every: "month", MonthDay: 14}, "bytes.used", thursday, rules.When{Now: "since 14 Jun", Named: "from 14 Jun to 13 Jul", Until: thursday + 26}},
		"days":              {rules.PeriodSpec{Days: 10, From: thursday - 2}, "bytes.used", thursday, rules.When{Now: "since 16 Jun", Named: "from 16 Jun to 25 Jun", Until: thursday + 8}},
		"not about days":    {month, "device.silent_hours", thursday, rules.When{}},
		"median":            {month, "events.median", thursday, rules.When{}},
		"no figure at all":  {month, "", thursday, rules.When{}},
		"a count of people": {month, "project.active", thursday, rules.When{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := test.period.When(test.figure, test.day)
			require.Equal(t, test.want, got)
			if got.Until != 0 {
				require.Equal(t, got.Now, got.On(got.Until-1))
				require.Equal(t, got.Named, got.On(got.Until))
			}
		})
	}
}

func TestHeadlinesNameTheDayOnceItIsOver(t *testing.T) {
	noon := time.Date(2026, 6, 18, 12, 0, 0, 0, time.UTC)
	when := rules.PeriodSpec{}.When("events.today", rules.DayOf(noon))
	say := func(when string) string { return "9 events " + when }
	told := rules.Texts{Advice: "stay calm"}.Say(when, noon, say)
	require.Equal(t, "stay calm", told.Advice)
	require.Equal(t, "9 events today", told.Headline(noon))
	require.Equal(t, "9 events today", told.Headline(noon.Add(12*time.Hour-1)))
	require.Equal(t, "9 events on Thu 18 Jun", told.Headline(noon.Add(12*time.Hour)))
	later := told.Say(when, noon.Add(24*time.Hour), say)
	require.Equal(t, "9 events on Thu 18 Jun", later.Headline(noon.Add(24*time.Hour)))
	require.Empty(t, later.Dated)
	require.Equal(t, rules.Texts{Summary: "9 events "}, rules.Texts{}.Say(rules.When{}, noon, say))
}
