package catalogue_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/rules"
)

// ofAccounts are the rules about what an account pays for.
var ofAccounts = []string{"balance-low", "free-events-80", "month-over-budget", "sat-70", "suspended"}

// A rule about what an account pays for is true in its incident, false in what is healthy, and no data if nothing is known.
func TestRulesOfAccounts(t *testing.T) {
	satellite := func(used, pct float64) rules.Env { return rules.Env{SatPlan: rules.SatPlan{Used: used, UsedPct: pct}} }
	enterprise := func(days float64) rules.Env {
		return rules.Env{Org: rules.Org{Type: "Enterprise", TypeKnown: true, DaysLeft: days}}
	}
	essentials := enterprise(9)
	essentials.Org.Type = "Essentials"
	account := func(suspended bool) rules.Env {
		return rules.Env{Org: rules.Org{Suspended: suspended, SuspendedKnown: true}}
	}
	free := func(pct, used, before float64) rules.Env {
		return rules.Env{Cost: rules.Cost{FreeUsedPct: pct}, Events: rules.Metric{Used: used, Prev: before}}
	}
	cases := map[string]struct {
		incident rules.Env
		level    rules.Level
		healthy  map[string]rules.Env
	}{
		"sat-70": {
			incident: satellite(7100, 71), level: rules.Warning,
			healthy: map[string]rules.Env{"never by satellite": satellite(0, 0), "69 %": satellite(6900, 69)},
		},
		"free-events-80": {
			incident: free(82, 4100, 2000), level: rules.Warning,
			healthy: map[string]rules.Env{"five hourly devices": free(72, 3600, 3600), "last month too": free(90, 4500, 5200)},
		},
		"month-over-budget": {
			incident: rules.Env{Cost: rules.Cost{Forecast: 61}}, level: rules.Warning,
			healthy: map[string]rules.Env{"a spike of some hours": {Cost: rules.Cost{Forecast: 41}}},
		},
		"balance-low": {
			incident: enterprise(13), level: rules.Critical,
			healthy: map[string]rules.Env{"three weeks": enterprise(21), "Essentials before the month ends": essentials},
		},
		"suspended": {
			incident: account(true), level: rules.Critical,
			healthy: map[string]rules.Env{"it lacks rights": account(false)},
		},
	}
	for _, name := range ofAccounts {
		t.Run(name, func(t *testing.T) {
			c, ok := cases[name]
			require.True(t, ok)
			file, err := parse("include: [catalogue/" + name + "]\n")
			require.NoError(t, err)
			require.Empty(t, file.Warnings)
			at := slices.IndexFunc(file.Rules, func(r config.Rule) bool { return r.Spec.Name == name })
			require.GreaterOrEqual(t, at, 0)
			rule := file.Rules[at].Rule
			result := func(e rules.Env) rules.Result {
				got := rule.Eval(rules.NewView(&e))
				require.NoError(t, got.Err)
				return got.Result
			}
			require.Equal(t, rules.Result{Least: c.level, Most: c.level}, result(c.incident))
			for what, e := range c.healthy {
				require.Equal(t, rules.Result{}, result(e), what)
			}
			require.Equal(t, rules.Result{Least: rules.Inactive, Most: rule.Highest}, result(rules.UnknownEnv()), "nothing is known")
		})
	}
}
