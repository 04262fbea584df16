package rules_test

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A rule without a limit says which condition is true, with what it reads besides the shown value.
func TestMet(t *testing.T) {
	env := unknown()
	env.Device.Known, env.Device.UID = true, "dev:1"
	env.Events.Today, env.Events.Median, env.Events.Usual, env.Events.H1 = 90, 10, 12, 30
	for name, c := range map[string]struct {
		when, limit, show string // shows events.today unless it says so
		let               []rules.Let
		want              *rules.Met
	}{
		"a number":        {when: "events.today > 5", want: &rules.Met{Condition: "events.today > 5"}},
		"what is usual":   {when: "events.today > 5 * events.usual", want: &rules.Met{Condition: "events.today > 5 * events.usual"}},
		"on one line":     {when: "events.today > 5 &&\n  true", want: &rules.Met{Condition: "events.today > 5 && true"}},
		"with a limit":    {when: "events.today > limit", limit: "5"},
		"false":           {when: "events.today > 500"},
		"no data":         {when: "bytes.today > 5", show: "bytes.today"},
		"a text":          {when: `events.today > 5 && device.uid != "x"`, want: &rules.Met{Condition: `events.today > 5 && device.uid != "x"`}},
		"no data in part": {when: "events.today > 5 || bytes.today > 5", want: &rules.Met{Condition: "events.today > 5 || bytes.today > 5"}},
		"more": {
			when: "events.today > 5 * events.median && events.h1 > few", show: "events.h1",
			let: []rules.Let{{Name: "few", Expr: "min(events.median, 20)"}},
			want: &rules.Met{Condition: "events.today > 5 * events.median && events.h1 > few", Reads: []rules.Reading{
				{Figure: "events.today", Value: 90}, {Figure: "events.median", Value: 10},
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen(c.when)
			spec.Limit, spec.Show, spec.Let = c.limit, cmp.Or(c.show, "events.today"), c.let
			require.Equal(t, c.want, compile(t, spec).Met(rules.NewView(&env), rules.Warning))
		})
	}
	require.Nil(t, compile(t, ruleWhen("events.today > 5")).Met(rules.NewView(&env), rules.Critical), "which it has not")
}

// A limit is exceeded when the growth that is expected until the end of the period gets there.
func TestLimitAt(t *testing.T) {
	noon := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		used, forecast, limit, days float64
		want                        time.Time
	}{
		"half of the rest":  {used: 50, forecast: 150, limit: 100, days: 10, want: noon.AddDate(0, 0, 5)},
		"within the limit":  {used: 50, forecast: 100, limit: 100, days: 10},
		"exceeded":          {used: 101, forecast: 150, limit: 100, days: 10},
		"at the limit":      {used: 100, forecast: 150, limit: 100, days: 10, want: noon},
		"no forecast":       {used: 50, forecast: nan, limit: 100, days: 10},
		"no limit":          {used: 50, forecast: 150, limit: nan, days: 10},
		"nothing is known":  {used: nan, forecast: nan, limit: nan, days: nan},
		"the period's end":  {used: 50, forecast: 100.0001, limit: 100, days: 1, want: noon.AddDate(0, 0, 1)},
		"no day of it left": {used: 50, forecast: 150, limit: 100, days: 0, want: noon},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, rules.LimitAt(c.used, c.forecast, c.limit, noon, c.days))
		})
	}
}

// A forecast belongs to values that add up and have a limit.
func TestForecasts(t *testing.T) {
	for name, c := range map[string]struct {
		when, limit, show string
		want              bool
	}{
		"used":             {"bytes.used > limit", "5", "", true},
		"forecast":         {"bytes.forecast > limit", "5", "", true},
		"without a limit":  {"bytes.used > 5", "", "", false},
		"of a day":         {"bytes.today > limit", "5", "", false},
		"computed":         {"bytes.used > limit", "5", "100 * bytes.used / limit", false},
		"of an object":     {"plan.used > limit", "5", "", false},
		"a limit of a SIM": {"bytes.used > limit", "plan.limit", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen(c.when)
			spec.Limit, spec.Show = c.limit, c.show
			figure, ok := compile(t, spec).Forecasts()
			require.Equal(t, c.want, ok)
			if ok {
				require.Equal(t, rules.Bytes, figure)
			}
		})
	}
}

// A rule about a plan knows of top-ups if it reads whether there are any.
func TestTopsUp(t *testing.T) {
	for name, c := range map[string]struct {
		when, show string
		plan       rules.Plan
		want       bool
	}{
		"known":        {when: "plan.auto_topup && plan.left < mb(100)", plan: rules.Plan{AutoTopup: true, AutoTopupKnown: true}, want: true},
		"none":         {when: "!plan.auto_topup && plan.left < mb(100)", plan: rules.Plan{AutoTopupKnown: true}},
		"not known":    {when: "plan.auto_topup && plan.left < mb(100)", plan: rules.Plan{AutoTopup: true}},
		"not read":     {when: "plan.left < mb(100)", plan: rules.Plan{AutoTopup: true, AutoTopupKnown: true}},
		"not of plans": {when: "plan.auto_topup && bytes.today > mb(9)", show: "bytes.today", plan: rules.Plan{AutoTopup: true, AutoTopupKnown: true}},
	} {
		t.Run(name, func(t *testing.T) {
			env := unknown()
			env.Plan = c.plan
			spec := ruleWhen(c.when)
			spec.Show = c.show
			require.Equal(t, c.want, compile(t, spec).TopsUp(rules.NewView(&env)))
		})
	}
}
