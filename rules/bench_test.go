package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// benchmarks are rules of one level, and the same condition as expr would run it by itself.
var benchmarks = []struct {
	name, expr, raw string
	let             []rules.Let
	hide            func(*rules.Env) // makes a figure of the rule no data
}{
	{
		name: "simple", expr: "sessions.used > 0.8 * 150", raw: "sessions.used > 0.8 * 150",
		hide: func(env *rules.Env) { env.Sessions.Used = nan },
	},
	{
		name: "let", let: []rules.Let{{Name: "usual", Expr: "max(sessions.median / 24, 1)"}},
		expr: "sessions.today > 20 * usual && sessions.today > 1.5 * sessions.median && device.age_days > 2",
		raw: "sessions.today > 20 * max(sessions.median / 24, 1) && sessions.today > 1.5 * sessions.median && " +
			"device.age_days > 2",
		hide: func(env *rules.Env) { env.Sessions.Median = nan },
	},
	{
		name: "or", expr: "sessions.used > 500 || sessions.d7 > 500 || sessions.d30 > 500 || sessions.today > 500",
		raw:  "sessions.used > 500 || sessions.d7 > 500 || sessions.d30 > 500 || sessions.today > 500",
		hide: func(env *rules.Env) { env.Sessions.Today = nan },
	},
	{
		name: "divisor", expr: "sessions.used / sessions.d30 > 0.5", raw: "sessions.used / sessions.d30 > 0.5",
		hide: func(env *rules.Env) { env.Sessions.D30 = nan },
	},
	{
		name: "inside", expr: "count(sessions.series, # > 3 || # < sessions.today) > 2 || sessions.used > 500",
		raw:  "count(sessions.series, # > 3 || # < sessions.today) > 2 || sessions.used > 500",
		hide: func(env *rules.Env) { env.Sessions.Today = nan },
	},
	{
		name: "loop", expr: "any(sessions.series, # > 50 || # > sessions.today)",
		raw:  "any(sessions.series, # > 50 || # > sessions.today)",
		hide: func(env *rules.Env) { env.Sessions.Today = nan },
	},
	{
		name: "replaced", expr: "(sessions.today ?? 0) > 50 || sessions.used > 500",
		raw:  "(sessions.today ?? 0) > 50 || sessions.used > 500",
		hide: func(env *rules.Env) { env.Sessions.Today = nan },
	},
	{
		name: "series", expr: "all(sessions.series, # < 50) && sessions.today < 5",
		raw:  "all(sessions.series, # < 50) && sessions.today < 5",
		hide: func(env *rules.Env) { env.Sessions.Today = nan },
	},
}

// BenchmarkEval compares the evaluation of a rule with a bare run of its condition by expr on the same boxed Env, in
// turns of 1000 of which the fastest counts. How many times as long it takes, when all is known and when a figure is no
// data, is told against a machine that is kept (raw) and against vm.Run, which makes a new one each time.
func BenchmarkEval(b *testing.B) {
	for _, test := range benchmarks {
		b.Run(test.name, func(b *testing.B) {
			env := scene()
			hidden := env
			test.hide(&hidden)
			program, err := expr.Compile(test.raw, expr.Env(rules.Env{}))
			require.NoError(b, err)
			rule := compile(b, rules.Spec{Name: "test", Each: rules.EachDevice, Let: test.let,
				When: []rules.Condition{{Level: rules.Warning, Expr: test.expr}}})
			known, unknown := rules.NewView(&env), rules.NewView(&hidden)
			var boxed any = env
			var machine vm.VM

			raw, fresh, all, some := never, never, never, never
			for b.Loop() {
				raw = min(raw, turn(func() { _, err = machine.Run(program, boxed) }))
				fresh = min(fresh, turn(func() { _, err = vm.Run(program, boxed) }))
				all = min(all, turn(func() { err = rule.Eval(known).Err }))
				some = min(some, turn(func() { err = rule.Eval(unknown).Err }))
				require.NoError(b, err)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(raw.Nanoseconds())/turns, "raw-ns")
			b.ReportMetric(float64(all)/float64(raw), "known/raw")
			b.ReportMetric(float64(some)/float64(raw), "unknown/raw")
			b.ReportMetric(float64(all)/float64(fresh), "known/vm.Run")
			b.ReportMetric(float64(some)/float64(fresh), "unknown/vm.Run")
		})
	}
}

const never = time.Duration(math.MaxInt64)

const turns = 1000

func turn(run func()) time.Duration {
	start := time.Now()
	for range turns {
		run()
	}
	return time.Since(start)
}

func BenchmarkNewView(b *testing.B) {
	env := scene()
	b.ReportAllocs()
	for b.Loop() {
		rules.NewView(&env)
	}
}

func BenchmarkExplain(b *testing.B) {
	env := scene()
	view := rules.NewView(&env)
	rule := compile(b, rules.Spec{Name: "test", Each: rules.EachDevice, Let: benchmarks[1].let, When: at(rules.Warning, benchmarks[1].expr)})
	b.ReportAllocs()
	for b.Loop() {
		rule.Explain(view)
	}
}

func BenchmarkCompile(b *testing.B) {
	spec := rules.Spec{Name: "test", Each: rules.EachDevice, Let: benchmarks[1].let, When: at(rules.Warning, benchmarks[1].expr)}
	b.ReportAllocs()
	for b.Loop() {
		rules.Compile(spec)
	}
}
