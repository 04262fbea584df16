package lang_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"notewatch/rules"
	"notewatch/rules/internal/lang"
)

// A writer writes random conditions over the whole grammar.
type writer struct {
	*rand.Rand
	coalesce bool // also ??
	loops    int  // predicates around what is being written
}

func (w *writer) pick(choices ...func() string) string { return choices[w.IntN(len(choices))]() }

func (w *writer) word(words ...string) string { return words[w.IntN(len(words))] }

// condition writes something that is true or false.
func (w *writer) condition(depth int) string {
	if depth <= 0 {
		return w.pick(
			func() string { return w.compare(w.number(0), w.number(0)) },
			func() string { return w.word("device.disabled", "device.is_new", "poll.truncated", "true", "false") },
		)
	}
	below := depth - 1
	return w.pick(
		func() string { return w.compare(w.number(below), w.number(below)) },
		func() string { return w.compare(w.number(below), w.number(below)) },
		func() string { return "(" + w.condition(below) + w.word(" && ", " and ") + w.condition(below) + ")" },
		func() string { return "(" + w.condition(below) + w.word(" || ", " or ") + w.condition(below) + ")" },
		func() string { return w.word("!", "not ") + "(" + w.condition(below) + ")" },
		func() string {
			return "(" + w.condition(below) + " ? " + w.condition(below) + " : " + w.condition(below) + ")"
		},
		func() string { return "(" + w.condition(below) + w.word(" == ", " != ") + w.condition(below) + ")" },
		func() string { return "(" + w.number(below) + w.word(" in ", " not in ") + w.list(below) + ")" },
		func() string {
			return "(" + w.text() + w.word(" == ", " != ", " contains ", " startsWith ", " in device.fleets or \"a\" == ") + w.text() + ")"
		},
		func() string { return w.loop(w.word("all", "any", "none", "one"), below, w.condition) },
		func() string {
			if !w.coalesce {
				return w.condition(below)
			}
			return "((" + w.condition(below) + ") ?? (" + w.condition(below) + "))"
		},
	)
}

func (w *writer) compare(a, b string) string {
	return "(" + a + w.word(" > ", " < ", " >= ", " <= ", " == ", " != ") + b + ")"
}

func (w *writer) number(depth int) string {
	if depth <= 0 {
		if w.loops > 0 && w.IntN(2) == 0 {
			return "#"
		}
		return w.word("bytes.today", "events.today", "sessions.today", "bytes.used", "sessions.median", "device.voltage",
			"project.silent_pct", "poll.age_minutes", "period.elapsed_pct", "0", "1", "5", "0.5", "mb(1)", "1e12")
	}
	below := depth - 1
	return w.pick(
		func() string { return w.number(0) },
		func() string { return "(" + w.number(below) + w.word(" + ", " - ", " * ") + w.number(below) + ")" },
		func() string { return "(" + w.number(below) + " / " + w.number(below) + ")" },
		func() string { return "(" + w.integer(below) + " % " + w.word("3", w.integer(below-1)) + ")" },
		func() string { return "(" + w.number(below) + ") ** (" + w.word("2", "0.5", w.number(below-1)) + ")" },
		func() string { return "(-" + w.number(below) + ")" },
		func() string {
			return w.word("abs", "round", "ceil", "floor", "float", "kb") + "(" + w.number(below) + ")"
		},
		func() string {
			return w.word("max", "min", "mean", "median") + "(" + w.number(below) + ", " + w.number(below) + ")"
		},
		func() string {
			if w.loops == lang.MaxLoops {
				return w.number(0)
			}
			return w.word("max", "min", "mean", "median", "sum", "first", "last") + "(" + w.list(below) + ")"
		},
		func() string {
			return "(" + w.condition(below) + " ? " + w.number(below) + " : " + w.number(below) + ")"
		},
		func() string { return w.list(below) + "[" + w.integer(below-1) + "]" },
		func() string { return w.loop("sum", below, w.number) },
		func() string { return w.loop(w.word("find", "findLast"), below, w.condition) },
		func() string { return w.integer(below) },
		func() string {
			if !w.coalesce {
				return w.number(below)
			}
			return "((" + w.number(below) + ") ?? (" + w.number(below) + "))"
		},
	)
}

func (w *writer) integer(depth int) string {
	if depth <= 0 {
		return w.word("0", "1", "2", "(-1)", "40", "int(events.today)")
	}
	below := depth - 1
	return w.pick(
		func() string { return "int(" + w.number(below) + ")" },
		func() string { return "len(" + w.list(below) + ")" },
		func() string { return "(" + w.integer(below) + w.word(" + ", " - ") + w.integer(below) + ")" },
		func() string { return w.loop(w.word("count", "findIndex"), below, w.condition) },
	)
}

func (w *writer) list(depth int) string {
	if depth <= 0 {
		return w.word("bytes.series", "sessions.series", "sessions.series[-3:]", "[1, 5]")
	}
	below := depth - 1
	return w.pick(
		func() string { return w.list(0) },
		func() string { return "[" + w.number(below) + ", " + w.number(below) + "]" },
		func() string { return w.loop("filter", below, w.condition) },
		func() string { return w.loop("map", below, w.number) },
		func() string {
			if w.loops == lang.MaxLoops {
				return w.list(0)
			}
			return w.word("sort", "reverse") + "(" + w.list(below) + ")"
		},
		func() string { return w.list(below) + "[" + w.integer(0) + ":" + w.integer(0) + "]" },
	)
}

// loop writes a call with a predicate; where that would be nested too deeply, something simple of its kind.
func (w *writer) loop(name string, depth int, body func(int) string) string {
	if w.loops == lang.MaxLoops {
		switch name {
		case "all", "any", "none", "one":
			return w.condition(0)
		case "filter", "map":
			return w.list(0)
		case "count", "findIndex":
			return w.integer(0)
		}
		return w.number(0)
	}
	list := w.list(depth)
	w.loops++
	defer func() { w.loops-- }()
	return name + "(" + list + ", " + body(depth) + ")"
}

func (w *writer) text() string {
	return w.word("device.name", "device.firmware", "project.name", `"a"`, `"pump"`, "lower(device.name)", "string(bytes.today)")
}

// value returns a figure that is known.
func (w *writer) value() float64 {
	values := []float64{0, 1, 2, 5, 10, 0.5, -3, 1e3, 1e6, 1e12, 7}
	return values[w.IntN(len(values))]
}

// known fills an Env of which all is known.
func (w *writer) known() rules.Env {
	metric := func() rules.Metric {
		m := rules.Metric{Today: w.value(), Yesterday: w.value(), Used: w.value(), D7: w.value(), D30: w.value(),
			Median: w.value(), Days: float64(w.IntN(40))}
		for range 1 + w.IntN(5) {
			m.Series = append(m.Series, w.value())
		}
		return m
	}
	env := rules.Env{Bytes: metric(), Events: metric(), Sessions: metric()}
	env.Period = rules.Period{ElapsedPct: w.value(), DaysLeft: w.value()}
	env.Poll = rules.Poll{AgeMinutes: w.value(), Failures: w.value(), Truncated: w.IntN(2) == 0}
	w.device(&env)
	w.project(&env)
	return env
}

func (w *writer) device(env *rules.Env) {
	env.Device = rules.Device{Known: true, UID: "dev:1", Name: w.word("a", "pump-7"), Firmware: w.word("a", "1.2"),
		Fleets: []string{"a"}, Disabled: w.IntN(2) == 0, IsNew: w.IntN(2) == 0,
		Voltage: w.value(), SilentHours: w.value(), AgeDays: w.value()}
}

func (w *writer) project(env *rules.Env) {
	env.Project = rules.Project{Known: true, UID: "app:1", Name: w.word("a", "cold-chain"), DeviceCount: w.value(),
		Active: w.value(), Silent: w.value(), SilentPct: w.value()}
}

// A hole is something of an Env that can be made no data, and filled with any value again.
type hole struct {
	hide func(*rules.Env)
	fill func(w *writer, env *rules.Env)
}

// holes are the holes that conditions of a writer can notice.
func holes() []hole {
	figure := func(of func(*rules.Env) *float64) hole {
		return hole{
			hide: func(env *rules.Env) { *of(env) = math.NaN() },
			fill: func(w *writer, env *rules.Env) { *of(env) = w.value() },
		}
	}
	series := func(of func(*rules.Env) *rules.Metric) hole {
		return hole{
			hide: func(env *rules.Env) { of(env).Series = []float64{1, math.NaN(), 2} },
			fill: func(w *writer, env *rules.Env) { of(env).Series = []float64{1, w.value(), 2} },
		}
	}
	return []hole{
		figure(func(env *rules.Env) *float64 { return &env.Bytes.Today }),
		figure(func(env *rules.Env) *float64 { return &env.Events.Today }),
		figure(func(env *rules.Env) *float64 { return &env.Sessions.Today }),
		figure(func(env *rules.Env) *float64 { return &env.Bytes.Used }),
		figure(func(env *rules.Env) *float64 { return &env.Sessions.Median }),
		figure(func(env *rules.Env) *float64 { return &env.Device.Voltage }),
		figure(func(env *rules.Env) *float64 { return &env.Poll.AgeMinutes }),
		series(func(env *rules.Env) *rules.Metric { return &env.Bytes }),
		series(func(env *rules.Env) *rules.Metric { return &env.Sessions }),
		{hide: func(env *rules.Env) { env.Device = rules.Device{} }, fill: func(w *writer, env *rules.Env) { w.device(env) }},
		{hide: func(env *rules.Env) { env.Project = rules.Project{} }, fill: func(w *writer, env *rules.Env) { w.project(env) }},
	}
}

// some returns each hole with even chance.
func (w *writer) some(all []hole) []hole {
	var chosen []hole
	for _, h := range all {
		if w.IntN(3) == 0 {
			chosen = append(chosen, h)
		}
	}
	return chosen
}

// spec returns a rule of one level.
func spec(condition string) rules.Spec {
	return rules.Spec{Name: "random", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: condition}}}
}

// tooComplex reports whether all that is wrong with a rule is its size.
func tooComplex(problems []rules.Problem) bool {
	for _, p := range problems {
		if !strings.Contains(p.Message, "too") && !strings.Contains(p.Message, "deep") {
			return false
		}
	}
	return len(problems) > 0
}

func describe(expr string, env rules.Env) string { return fmt.Sprintf("%s\nin %+v", expr, env) }
