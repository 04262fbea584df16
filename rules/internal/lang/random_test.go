package lang_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"notewatch/rules"
	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/names"
)

// A writer writes random conditions over the whole grammar.
type writer struct {
	*rand.Rand
	scope    rules.Scope
	coalesce bool          // also ??
	loops    int           // predicates around what is being written
	leaves   []*names.Leaf // that a rule for each device sees, of objects with keys with one key each
	numbers  []string      // paths of those that are numbers
	holes    []hole        // that conditions can notice
}

func newWriter(seed uint64, scope rules.Scope, coalesce bool) *writer {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), scope: scope, coalesce: coalesce}
	for _, l := range examples() {
		if !l.Seen(string(scope)) {
			continue
		}
		w.leaves = append(w.leaves, l)
		if l.Number() {
			w.numbers = append(w.numbers, l.Path())
		}
	}
	w.holes = holesOf(w.leaves)
	return w
}

func (w *writer) pick(choices ...func() string) string { return choices[w.IntN(len(choices))]() }

// ofRoutes replaces metrics of devices by those of routes.
var ofRoutes = strings.NewReplacer("bytes.", "routed.", "events.", "route_failures.", "sessions.", "routed.")

// word picks one of some words, of which those of devices are left out in rules about something else.
func (w *writer) word(words ...string) string {
	if w.scope == rules.EachRoute {
		words = slices.Clone(words)
		for i := range words {
			words[i] = ofRoutes.Replace(words[i])
		}
	}
	if w.scope == rules.EachOrganization {
		words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.Contains(word, "project.") })
	}
	if w.scope != rules.EachDevice {
		words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.Contains(word, "device.") })
	}
	return words[w.IntN(len(words))]
}

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
		if w.IntN(3) == 0 {
			return w.numbers[w.IntN(len(w.numbers))]
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
	env := rules.UnknownEnv()
	for _, l := range w.leaves {
		w.fill(l, &env)
	}
	for _, known := range objects(&env) {
		known.SetBool(true)
	}
	return env
}

// fill gives a leaf a value.
func (w *writer) fill(l *names.Leaf, env *rules.Env) {
	switch field := fieldOf(l, env); value := field.Addr().Interface().(type) {
	case *float64:
		*value = w.value()
	case *bool:
		*value = w.IntN(2) == 0
	case *string:
		*value = w.word("a", "pump-7", "1.2")
	case *[]string:
		*value = []string{"a"}
	case *[]float64:
		*value = nil
		for range 1 + w.IntN(5) {
			*value = append(*value, w.value())
		}
	}
}

// fieldOf returns the field of an Env that a leaf reads.
func fieldOf(l *names.Leaf, env *rules.Env) reflect.Value {
	field, _ := l.Field(reflect.ValueOf(env).Elem())
	if !field.IsValid() {
		env.Metric(rules.Figure(l.Object))
		field, _ = l.Field(reflect.ValueOf(env).Elem())
	}
	return field
}

// objects returns the fields of an Env that say whether an object, or a member of one, is known.
func objects(env *rules.Env) (all []reflect.Value) {
	for _, object := range reflect.ValueOf(env).Elem().Fields() {
		if object.Kind() != reflect.Struct {
			continue
		}
		for field, value := range object.Fields() {
			if strings.HasSuffix(field.Name, "Known") {
				all = append(all, value)
			}
		}
	}
	return all
}

// A hole is something of an Env that can be made no data, and filled with any value again.
type hole struct {
	hide func(*rules.Env)
	fill func(w *writer, env *rules.Env)
}

// holesOf returns the holes that leaves may be, and those that whole objects may be.
func holesOf(leaves []*names.Leaf) (all []hole) {
	for _, l := range leaves {
		fill := func(w *writer, env *rules.Env) { w.fill(l, env) }
		switch l.Kind {
		case reflect.TypeFor[float64]():
			all = append(all, hole{func(env *rules.Env) { fieldOf(l, env).SetFloat(math.NaN()) }, fill})
		case reflect.TypeFor[[]float64]():
			holed := []float64{1, math.NaN(), 2}
			all = append(all, hole{func(env *rules.Env) { fieldOf(l, env).Set(reflect.ValueOf(holed)) }, fill})
		}
	}
	for i := range objects(new(rules.Env)) {
		all = append(all, hole{
			hide: func(env *rules.Env) { objects(env)[i].SetBool(false) },
			fill: func(_ *writer, env *rules.Env) { objects(env)[i].SetBool(true) },
		})
	}
	return all
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
