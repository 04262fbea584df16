package rulestest

import (
	"math/rand/v2"
	"slices"
	"strings"

	"notewatch/rules"
	"notewatch/rules/internal/names"
)

// A Writer writes random conditions over the whole grammar. Not all of them can be compiled: some are too complex, or read nothing.
type Writer struct {
	*rand.Rand
	Scope    rules.Scope
	Coalesce bool     // also ??
	Numbers  []string // paths of numbers that rules of the scope can read

	loops int // predicates around what is being written
}

// maxLoops is how deeply the language lets predicates stand in each other.
const maxLoops = 2

// New returns a writer of conditions for rules about a scope, which read any number that those can read.
func New(random *rand.Rand, scope rules.Scope) *Writer {
	w := &Writer{Rand: random, Scope: scope, Coalesce: true}
	vocabulary := names.New[rules.Env]()
	for _, l := range vocabulary.Leaves() {
		if vocabulary.HasKeys(l.Object) {
			l = vocabulary.Leaf(vocabulary.Example(l.Object) + "." + l.Member)
		}
		if l.Seen(string(scope)) && l.Number() {
			w.Numbers = append(w.Numbers, l.Path())
		}
	}
	return w
}

func (w *Writer) pick(choices ...func() string) string { return choices[w.IntN(len(choices))]() }

// ofRoutes replaces metrics of devices by those of routes.
var ofRoutes = strings.NewReplacer("bytes.", "routed.", "events.", "route_failures.", "sessions.", "routed.")

// Word picks one of some words, of which those of devices are left out in rules about something else.
func (w *Writer) Word(words ...string) string {
	if w.Scope == rules.EachRoute {
		words = slices.Clone(words)
		for i := range words {
			words[i] = ofRoutes.Replace(words[i])
		}
	}
	if w.Scope == rules.EachOrganization {
		words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.Contains(word, "project.") })
	}
	if w.Scope != rules.EachDevice {
		words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return strings.Contains(word, "device.") })
	}
	return words[w.IntN(len(words))]
}

// Condition writes a condition. A larger depth makes a longer one; it may be too complex for a rule.
func (w *Writer) Condition(depth int) string {
	if depth <= 0 {
		return w.pick(
			func() string { return w.compare(w.Number(0), w.Number(0)) },
			func() string { return w.Word("device.disabled", "device.is_new", "poll.truncated", "true", "false") },
		)
	}
	below := depth - 1
	return w.pick(
		func() string { return w.compare(w.Number(below), w.Number(below)) },
		func() string { return w.compare(w.Number(below), w.Number(below)) },
		func() string { return "(" + w.Condition(below) + w.Word(" && ", " and ") + w.Condition(below) + ")" },
		func() string { return "(" + w.Condition(below) + w.Word(" || ", " or ") + w.Condition(below) + ")" },
		func() string { return w.Word("!", "not ") + "(" + w.Condition(below) + ")" },
		func() string {
			return "(" + w.Condition(below) + " ? " + w.Condition(below) + " : " + w.Condition(below) + ")"
		},
		func() string { return "(" + w.Condition(below) + w.Word(" == ", " != ") + w.Condition(below) + ")" },
		func() string { return "(" + w.Number(below) + w.Word(" in ", " not in ") + w.list(below) + ")" },
		func() string {
			return "(" + w.text() + w.Word(" == ", " != ", " contains ", " startsWith ", " in device.fleets or \"a\" == ") + w.text() + ")"
		},
		func() string { return w.loop(w.Word("all", "any", "none", "one"), below, w.Condition) },
		func() string {
			if !w.Coalesce {
				return w.Condition(below)
			}
			return "((" + w.Condition(below) + ") ?? (" + w.Condition(below) + "))"
		},
	)
}

func (w *Writer) compare(a, b string) string {
	return "(" + a + w.Word(" > ", " < ", " >= ", " <= ", " == ", " != ") + b + ")"
}

// Number writes a number. A larger depth makes a longer one.
func (w *Writer) Number(depth int) string {
	if depth <= 0 {
		if w.loops > 0 && w.IntN(2) == 0 {
			return "#"
		}
		if w.IntN(3) == 0 {
			return w.Numbers[w.IntN(len(w.Numbers))]
		}
		return w.Word("bytes.today", "events.today", "sessions.today", "bytes.used", "sessions.median", "device.voltage",
			"project.silent_pct", "poll.age_minutes", "period.elapsed_pct", "0", "1", "5", "0.5", "mb(1)", "1e12")
	}
	below := depth - 1
	return w.pick(
		func() string { return w.Number(0) },
		func() string { return "(" + w.Number(below) + w.Word(" + ", " - ", " * ") + w.Number(below) + ")" },
		func() string { return "(" + w.Number(below) + " / " + w.Number(below) + ")" },
		func() string { return "(" + w.integer(below) + " % " + w.Word("3", w.integer(below-1)) + ")" },
		func() string { return "(" + w.Number(below) + ") ** (" + w.Word("2", "0.5", w.Number(below-1)) + ")" },
		func() string { return "(-" + w.Number(below) + ")" },
		func() string {
			return w.Word("abs", "round", "ceil", "floor", "float", "kb") + "(" + w.Number(below) + ")"
		},
		func() string {
			return w.Word("max", "min", "mean", "median") + "(" + w.Number(below) + ", " + w.Number(below) + ")"
		},
		func() string {
			if w.loops == maxLoops {
				return w.Number(0)
			}
			return w.Word("max", "min", "mean", "median", "sum", "first", "last") + "(" + w.list(below) + ")"
		},
		func() string {
			return "(" + w.Condition(below) + " ? " + w.Number(below) + " : " + w.Number(below) + ")"
		},
		func() string { return w.list(below) + "[" + w.integer(below-1) + "]" },
		func() string { return w.loop("sum", below, w.Number) },
		func() string { return w.loop(w.Word("find", "findLast"), below, w.Condition) },
		func() string { return w.integer(below) },
		func() string {
			if !w.Coalesce {
				return w.Number(below)
			}
			return "((" + w.Number(below) + ") ?? (" + w.Number(below) + "))"
		},
	)
}

func (w *Writer) integer(depth int) string {
	if depth <= 0 {
		return w.Word("0", "1", "2", "(-1)", "40", "int(events.today)")
	}
	below := depth - 1
	return w.pick(
		func() string { return "int(" + w.Number(below) + ")" },
		func() string { return "len(" + w.list(below) + ")" },
		func() string { return "(" + w.integer(below) + w.Word(" + ", " - ") + w.integer(below) + ")" },
		func() string { return w.loop(w.Word("count", "findIndex"), below, w.Condition) },
	)
}

func (w *Writer) list(depth int) string {
	if depth <= 0 {
		return w.Word("bytes.series", "sessions.series", "sessions.series[-3:]", "[1, 5]")
	}
	below := depth - 1
	return w.pick(
		func() string { return w.list(0) },
		func() string { return "[" + w.Number(below) + ", " + w.Number(below) + "]" },
		func() string { return w.loop("filter", below, w.Condition) },
		func() string { return w.loop("map", below, w.Number) },
		func() string {
			if w.loops == maxLoops {
				return w.list(0)
			}
			return w.Word("sort", "reverse") + "(" + w.list(below) + ")"
		},
		func() string { return w.list(below) + "[" + w.integer(0) + ":" + w.integer(0) + "]" },
	)
}

// loop writes a call with a predicate; where that would be nested too deeply, something simple of its kind.
func (w *Writer) loop(name string, depth int, body func(int) string) string {
	if w.loops == maxLoops {
		switch name {
		case "all", "any", "none", "one":
			return w.Condition(0)
		case "filter", "map":
			return w.list(0)
		case "count", "findIndex":
			return w.integer(0)
		}
		return w.Number(0)
	}
	list := w.list(depth)
	w.loops++
	defer func() { w.loops-- }()
	return name + "(" + list + ", " + body(depth) + ")"
}

func (w *Writer) text() string {
	return w.Word("device.name", "device.firmware", "project.name", `"a"`, `"pump"`, "lower(device.name)", "string(bytes.today)")
}
