package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// The period is part of what a period rule means, and of no other.
func TestMeaning(t *testing.T) {
	month, week := rules.PeriodSpec{}, rules.PeriodSpec{Every: "week"}
	budget, live := when(t, "bytes.used > 1"), when(t, "events.today > 1")
	require.NotEqual(t, budget.Meaning(month), budget.Meaning(week))
	require.Equal(t, budget.Meaning(month), budget.Meaning(rules.PeriodSpec{}))
	require.Equal(t, live.Meaning(month), live.Meaning(week))
	require.Equal(t, live.Hash(), live.Meaning(month))
	require.Equal(t, rules.PeriodOfMeaning(budget.Meaning(week)), rules.PeriodOfMeaning(when(t, "bytes.used > 2").Meaning(week)))
	require.Empty(t, rules.PeriodOfMeaning(live.Meaning(week)))
}

func when(t *testing.T, condition string) *rules.Rule {
	t.Helper()
	return compile(t, rules.Spec{Name: "a", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: condition}}})
}
