package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A rule has a period of its own only if something that it reads or shows depends on one.
func TestRulesThatReadAPeriod(t *testing.T) {
	for when, want := range map[string]bool{
		"events.used > 5": true, "events.prev > 5": true, "events.forecast > 5": true, `notefiles["a.qo"].used > 5`: true,
		"events.today > 5 && period.elapsed_pct > 10": true, "events.today > 5": false, "events.d30 > 5": false, "device.voltage < 3": false,
	} {
		spec := ruleWhen(when)
		r, problems := rules.Compile(spec)
		require.Empty(t, problems)
		require.Equal(t, want, r.Reads.Period, when)
		require.Equal(t, rules.PeriodSpec{Every: "week"}, r.PeriodIn(rules.PeriodSpec{Every: "week"}))
		spec.Period = rules.PeriodSpec{Every: "day"}
		r, problems = rules.Compile(spec)
		require.Equal(t, want, len(problems) == 0, when)
		if want {
			require.Equal(t, spec.Period, r.PeriodIn(rules.PeriodSpec{Every: "week"}))
		}
	}
}
