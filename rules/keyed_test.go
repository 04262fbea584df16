package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
	"notewatch/rules"
)

// Metrics with keys are read by their key, whatever characters it has, and those that are not there are no data.
func TestKeys(t *testing.T) {
	hostile := "a.b\"]\x00\t.qo"
	env := unknown()
	*env.Metric(rules.Notefile("data.qo")) = rules.Metric{Today: 60, Used: 600, Series: []float64{1, 2}}
	*env.Metric(rules.Notefile(hostile)) = rules.Metric{Today: 7}
	*env.Metric(rules.Transport("wifi")) = rules.Metric{Today: 3}
	for condition, want := range map[string]rules.Truth{
		`notefiles["data.qo"].today > 50`:                                       rules.True,
		`notefiles['data.qo'].today > 60`:                                       rules.False,
		`notefiles["none.qo"].today > 50`:                                       rules.NoData,
		`(notefiles["none.qo"].today ?? 0) < 50`:                                rules.True,
		`notefiles["a.b\"]\x00\t.qo"].today == 7`:                               rules.True,
		`sum(notefiles["data.qo"].series) == 3`:                                 rules.True,
		`len(notefiles["none.qo"].series) > 0`:                                  rules.NoData,
		`transport["wifi"].today == 3 && notefiles["wifi"].today == 3`:          rules.NoData,
		`transport["wifi"].today == 3 || notefiles["wifi"].today == 3`:          rules.True,
		`notefiles["data.qo"].today / transport["wifi"].today == 20`:            rules.True,
		`notefiles["none.qo"].today > 50 || notefiles["data.qo"].median > 1`:    rules.NoData,
		`notefiles["none.qo"].today > 50 && notefiles["data.qo"].today > 1_000`: rules.False,
	} {
		r := compile(t, ruleWhen(condition))
		require.Equal(t, resultOf(want), r.Eval(rules.NewView(&env)).Result, condition)
	}
}

// resultOf returns the result of a rule of one level, warning.
func resultOf(truth rules.Truth) rules.Result {
	switch truth {
	case rules.True:
		return rules.Result{Least: rules.Warning, Most: rules.Warning}
	case rules.False:
		return rules.Result{}
	}
	return rules.Result{Most: rules.Warning}
}

// A rule that reads a key is treated as one that reads any other metric.
func TestRulesWithKeys(t *testing.T) {
	spec := ruleWhen(`notefiles["a.qo"].used > limit && notefiles["b.qo"].today > 3 * part && notefiles["b.qo"].ratio > 2`)
	spec.Limit, spec.Let = "500", []rules.Let{{Name: "part", Expr: `transport["ntn"].median`}}
	r := compile(t, spec)
	a, b, ntn := rules.Notefile("a.qo"), rules.Notefile("b.qo"), rules.Transport("ntn")
	require.Equal(t, `notefiles["a.qo"].used`, r.Show)
	require.Empty(t, r.Unit)
	require.Equal(t, rules.PeriodRule, r.Kind)
	require.Equal(t, []rules.Figure{a, b, ntn}, r.Reads.Figures)
	require.Equal(t, rules.Wants{
		a: rules.MembersOf("used"), b: rules.MembersOf("today", "ratio"), ntn: rules.MembersOf("median"),
	}, r.Reads.Members)

	env := unknown()
	*env.Metric(a) = rules.Metric{Used: 600}
	*env.Metric(b) = rules.Metric{Today: 90, Ratio: 9}
	*env.Metric(ntn) = rules.Metric{Median: 10}
	v := rules.NewView(&env)
	e := r.Eval(v)
	require.Equal(t, rules.Result{Least: rules.Warning, Most: rules.Warning}, e.Result)
	require.InDelta(t, 600, e.Value, 0)
	require.Equal(t, map[string]float64{`notefiles["a.qo"].used`: 600, `notefiles["b.qo"].today`: 90}, r.Growing(v))
	require.Equal(t, []string{
		`✓ warning: all of`,
		`  ✓ notefiles["a.qo"].used 600 > limit 500`,
		`  ✓ notefiles["b.qo"].today 90 > 3 * part 10 = 30`,
		`      part is transport["ntn"].median 10`,
		`  ✓ notefiles["b.qo"].ratio 9 > 2`,
	}, r.Explain(v).Lines(words.Figure))

	firing, event := key.Inactive().Next(r, rules.Verdict{Evaluation: e, Growing: r.Growing(v), AsOf: monday}, monday)
	require.Equal(t, rules.Fired, event)
	fallen := firing.Fallen(r, rules.Verdict{Growing: map[string]float64{`notefiles["a.qo"].used`: 60}}, monday.Add(time.Hour))
	require.Equal(t, []rules.Fall{{Figure: `notefiles["a.qo"].used`, Was: 600, Is: 60}}, fallen)
	texts := r.Texts(firing, rules.Wording{Subject: "pump-7", Now: monday, Format: words.Figure})
	require.Equal(t, `pump-7: notefiles["a.qo"] 600 this month, limit 500`, texts.Summary)
}
