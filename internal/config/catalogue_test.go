package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"notewatch/rules"
	"notewatch/rules/catalogue"
)

// catalogued returns what a rule of the catalogue means. It does not say what its messages show.
func catalogued(t *testing.T, name string) *rules.Rule {
	t.Helper()
	var fields struct {
		Each, Where, Limit, When, Severity string
		Let                                map[string]string
		ResolveWhen                        string `yaml:"resolve_when"`
	}
	require.NoError(t, yaml.Unmarshal(catalogue.Text(name), &fields))
	level, err := rules.ParseLevel(fields.Severity)
	require.NoError(t, err)
	spec := rules.Spec{
		Name: name, Each: rules.Scope(fields.Each), Where: fields.Where, Limit: fields.Limit, ResolveWhen: fields.ResolveWhen,
		When: []rules.Condition{{Level: level, Expr: fields.When}},
	}
	for part, expr := range fields.Let {
		spec.Let = append(spec.Let, rules.Let{Name: part, Expr: expr})
	}
	r, problems := rules.Compile(spec)
	require.Empty(t, problems)
	return r
}

// Rules about routes fire for their incident and for nothing that is healthy; of what is not known they decide nothing.
func TestRulesAboutRoutes(t *testing.T) {
	for rule, cases := range map[string]map[string]struct {
		see   func(e *rules.Env)
		least rules.Level
		most  rules.Level
	}{
		"route-slow": {
			"an endpoint with too much to do": {func(e *rules.Env) { e.Routed.Today, e.RouteLatency.Today, e.RouteLatency.Median = 200, 900, 80 }, rules.Info, rules.Info},
			"a little slower":                 {func(e *rules.Env) { e.Routed.Today, e.RouteLatency.Today, e.RouteLatency.Median = 200, 300, 80 }, rules.Inactive, rules.Inactive},
			"always slow":                     {func(e *rules.Env) { e.Routed.Today, e.RouteLatency.Today, e.RouteLatency.Median = 200, 900, 800 }, rules.Inactive, rules.Inactive},
			"few events":                      {func(e *rules.Env) { e.Routed.Today, e.RouteLatency.Today, e.RouteLatency.Median = 19, 900, 80 }, rules.Inactive, rules.Inactive},
			"no event today":                  {func(e *rules.Env) { e.Routed.Today, e.RouteLatency.Median = 0, 80 }, rules.Inactive, rules.Inactive},
			"nothing known":                   {func(*rules.Env) {}, rules.Inactive, rules.Info},
		},
		"route-failing": {
			"an endpoint that answers 500": {func(e *rules.Env) { e.Routed.H1, e.RouteFailures.H1 = 60, 30 }, rules.Critical, rules.Critical},
			"single failures":              {func(e *rules.Env) { e.Routed.H1, e.RouteFailures.H1 = 200, 4 }, rules.Inactive, rules.Inactive},
			"a few of many":                {func(e *rules.Env) { e.Routed.H1, e.RouteFailures.H1 = 200, 20 }, rules.Inactive, rules.Inactive},
			"few events":                   {func(e *rules.Env) { e.Routed.H1, e.RouteFailures.H1 = 19, 19 }, rules.Inactive, rules.Inactive},
			"disabled": {func(e *rules.Env) {
				e.Routed.H1, e.RouteFailures.H1, e.Route.Disabled = 60, 30, true
			}, rules.Inactive, rules.Inactive},
			"nothing known": {func(*rules.Env) {}, rules.Inactive, rules.Critical},
		},
	} {
		r := catalogued(t, rule)
		for name, c := range cases {
			env := rules.UnknownEnv()
			env.Route = rules.Route{Known: true, UID: "route:1", Name: "CRM", Type: "http"}
			c.see(&env)
			require.Equal(t, rules.Result{Least: c.least, Most: c.most}, r.Eval(rules.NewView(&env)).Result, "%s: %s", rule, name)
		}
	}
}
