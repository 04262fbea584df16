package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// Late values of yesterday come in for hours, so rules about complete days keep their alerts unless they say otherwise.
func TestKeep(t *testing.T) {
	none, long := time.Duration(0), 12*time.Hour
	for name, c := range map[string]struct {
		spec rules.Spec
		want time.Duration
	}{
		"yesterday":                {ruleWhen("events.yesterday > 5"), 6 * time.Hour},
		"through let":              {rules.Spec{Name: "a", Each: rules.EachDevice, Let: []rules.Let{{Name: "x", Expr: "bytes.d7 / 7"}}, When: at(rules.Warning, "x > 5")}, 6 * time.Hour},
		"d30 at one level":         {rules.Spec{Name: "a", Each: rules.EachDevice, When: append(at(rules.Warning, "poll.failures > 1"), at(rules.Critical, "sat.d30 > 5")...)}, 6 * time.Hour},
		"where alone":              {rules.Spec{Name: "a", Each: rules.EachDevice, Where: "events.d7 > 1", When: at(rules.Warning, "device.silent_hours > 24")}, 0},
		"nothing of complete days": {ruleWhen("device.silent_hours > 24"), 0},
		"a day rule":               {ruleWhen("events.today > 3 * events.yesterday"), 0},
		"with resolve_when":        {rules.Spec{Name: "a", Each: rules.EachDevice, When: at(rules.Warning, "events.d7 > 5"), ResolveWhen: "events.d7 < 3"}, 0},
		"given":                    {rules.Spec{Name: "a", Each: rules.EachDevice, When: at(rules.Warning, "device.silent_hours > 24"), Keep: &long}, long},
		"given as none":            {rules.Spec{Name: "a", Each: rules.EachDevice, When: at(rules.Warning, "events.d7 > 5"), Keep: &none}, 0},
	} {
		require.Equal(t, c.want, compile(t, c.spec).Keep, name)
	}

	spec := ruleWhen("events.d7 > 5")
	spec.Keep, spec.ResolveWhen = &long, "events.d7 < 3"
	_, problems := rules.Compile(spec)
	require.Equal(t, []rules.Problem{{Field: "keep", Offset: -1, Hint: "leave out one of the two",
		Message: "is given beside resolve_when: both say when an alert ends"}}, problems)
}
