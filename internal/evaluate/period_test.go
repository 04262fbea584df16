package evaluate_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// Rules with periods of their own are evaluated beside those that go by the period of the project: each sums over its own days, says which,
// and ends with its own period.
func TestPeriodsOfRules(t *testing.T) {
	of := func(name, when string, period rules.PeriodSpec) rules.Spec {
		spec := each(rules.EachDevice, name, when)
		spec.Period = period
		return spec
	}
	week := rules.PeriodSpec{Every: "week"}
	b := newBench(t,
		of("month", "events.used > 165", rules.PeriodSpec{}), of("week", "events.used > 25", week), of("more", "events.used > 35", week),
		of("billed", "events.used > 35 && events.used < 45", rules.PeriodSpec{MonthDay: 14}), each(rules.EachDevice, "day", "events.today > 9"))
	b.list("pump")
	for day := today - 16; day <= today; day++ { // from 1 June, a Monday, to Wednesday, 17 June
		b.events(day, 10, 0)
	}
	pass := b.evaluate()
	require.ElementsMatch(t, []string{"month pump: fired warning", "week pump: fired warning", "billed pump: fired warning", "day pump: fired warning"}, happened(pass))
	for rule, want := range map[string]struct {
		value   float64
		start   string
		summary string
	}{
		"month":  {170, "2026-06-01", "pump: events 170 this month"},
		"week":   {30, "2026-06-15", "pump: events 30 this week"},
		"billed": {40, "2026-06-14", "pump: events 40 since 14 Jun"},
		"day":    {10, "0001-01-01", "pump: events 10 today"},
	} {
		a := alertOf(t, pass.Commit.Alerts, rule)
		require.InDelta(t, want.value, a.Value, 0, rule)
		require.Equal(t, want.start, a.Period.UTC().Format(time.DateOnly), rule)
		require.Equal(t, want.summary, a.Texts.Summary)
	}
	require.Empty(t, happened(b.evaluate()))

	b.now = noon.AddDate(0, 0, 5) // Monday
	for day := today + 1; day <= today+5; day++ {
		b.events(day, 5, 0)
	}
	pass = b.evaluate()
	require.Contains(t, happened(pass), "week pump: period_ended warning")
	require.NotContains(t, happened(pass), "month pump: period_ended warning")
	ended := alertOf(t, slices.Concat(pass.Commit.Alerts, pass.Commit.States), "week")
	require.InDelta(t, 50, ended.Value, 0, "of the whole week")
}

// Another period of a rule is a change of its meaning; one of the project is too, unless the rule has its own.
func TestPeriodsThatPeopleChange(t *testing.T) {
	spec := each(rules.EachDevice, "budget", "events.used > 25")
	b := newBench(t, spec)
	b.list("pump")
	for day := today - 16; day <= today; day++ {
		b.events(day, 10, 0)
	}
	require.Equal(t, []string{"budget pump: fired warning"}, happened(b.evaluate()))
	spec.Period = rules.PeriodSpec{Every: "day"}
	b.rule(spec)
	pass := b.evaluate()
	require.Equal(t, []string{"budget pump: withdrawn warning"}, happened(pass))
	require.Equal(t, "period is day now", slices.Concat(pass.Commit.Alerts, pass.Commit.States)[0].Why)
}
