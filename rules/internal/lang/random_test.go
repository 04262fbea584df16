package lang_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"

	"notewatch/rules"
	"notewatch/rules/internal/names"
	"notewatch/rules/rulestest"
)

// A writer writes random conditions, and fills what they read.
type writer struct {
	*rulestest.Writer
	leaves []*names.Leaf // that a rule of the scope sees, of objects with keys with one key each
	holes  []hole        // that conditions can notice
}

func newWriter(seed uint64, scope rules.Scope, coalesce bool) *writer {
	w := &writer{Writer: rulestest.New(rand.New(rand.NewPCG(seed, 1)), scope)}
	w.Coalesce = coalesce
	for _, l := range examples() {
		if l.Seen(string(scope)) {
			w.leaves = append(w.leaves, l)
		}
	}
	w.holes = holesOf(w.leaves)
	return w
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
		*value = w.Word("a", "pump-7", "1.2")
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
	fields := reflect.ValueOf(env).Elem()
	for _, index := range knownFields() {
		all = append(all, fields.FieldByIndex(index))
	}
	return all
}

// knownFields returns the indices of the fields of objects.
var knownFields = sync.OnceValue(func() (all [][]int) {
	for object := range reflect.TypeFor[rules.Env]().Fields() {
		if object.Type.Kind() != reflect.Struct {
			continue
		}
		for field := range object.Type.Fields() {
			if strings.HasSuffix(field.Name, "Known") {
				all = append(all, append(slices.Clone(object.Index), field.Index...))
			}
		}
	}
	return all
})

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
	for _, index := range knownFields() {
		set := func(env *rules.Env, known bool) { reflect.ValueOf(env).Elem().FieldByIndex(index).SetBool(known) }
		all = append(all, hole{
			hide: func(env *rules.Env) { set(env, false) },
			fill: func(_ *writer, env *rules.Env) { set(env, true) },
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

// A description is an expression in an Env, for a test that fails: all others would take longer to write it than to check it.
type description struct {
	expr string
	env  rules.Env
}

// String implements fmt.Stringer.
func (d *description) String() string { return fmt.Sprintf("%s\nin %+v", d.expr, d.env) }

func describe(expr string, env rules.Env) *description { return &description{expr, env} }
