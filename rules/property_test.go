package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// each calls check with many random conditions.
func eachRandom(seed uint64, coalesce bool, check func(w *writer, condition string)) {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), coalesce: coalesce}
	for range 2000 {
		check(w, w.condition(1+w.IntN(4)))
	}
}

// mayCompile compiles a rule; nil if it is too complex.
func mayCompile(t *testing.T, spec Spec) *Rule {
	t.Helper()
	r, problems := Compile(spec)
	if problems == nil {
		return r
	}
	// A condition that reads nothing is no rule, a constant may have no value, a part may be left out, and one can be too large.
	harmless := []string{"reads no figure", "has no value", "no condition reads it"}
	if !slices.Contains(harmless, problems[0].Message) && !tooComplex(problems) {
		t.Fatalf("%+v\n%+v", spec, problems)
	}
	return nil
}

// TestContainment says what the third truth value is for: a decision made while something is unknown is
// made with any value in its place as well. (?? is left out: choosing a value is what it is for.)
func TestContainment(t *testing.T) {
	decided := 0
	eachRandom(7, false, func(w *writer, condition string) {
		s := spec(condition)
		s.When = append(s.When, Condition{Critical, w.condition(2)})
		if w.IntN(2) == 0 {
			s.Where = w.condition(1)
		}
		r := mayCompile(t, s)
		if r == nil {
			return
		}
		env := w.known()
		chosen := w.some(holes())
		for _, h := range chosen {
			h.hide(&env)
		}
		unknown := r.Eval(NewView(&env))
		require.NoError(t, unknown.Err, describe(condition, env))
		if unknown.Result != (Result{Inactive, Critical}) && len(chosen) > 0 {
			decided++
		}
		for range 8 {
			for _, h := range chosen {
				h.fill(w, &env)
			}
			known := r.Eval(NewView(&env))
			require.NoError(t, known.Err, describe(condition, env))
			if known.Result.Least < unknown.Result.Least || known.Result.Most > unknown.Result.Most {
				t.Fatalf("%+v while unknown, but %+v with %s", unknown.Result, known.Result, describe(condition, env))
			}
		}
	})
	require.Greater(t, decided, 200, "the random rules decide too little for this test to tell much")
}

// equivalents are conditions that are as true as the one in them, or as false.
var equivalents = []struct {
	form string
	sign Truth
}{
	{"(%s) == true", 1},
	{"(%s) == false", -1},
	{"(%s) != true", -1},
	{"true in [(%s)]", 1},
	{"any([1], (%s))", 1},
	{"all([1], (%s))", 1},
	{"none([1], (%s))", -1},
	{"one([1], (%s))", 1},
	{"first([(%s)])", 1},
	{"!((%s) and true)", -1},
	{"any([1], !(%s) ? false : true)", 1},
	{"((%s) ? 1 : 2) == 1", 1},
}

// TestProgramsAgree compares the three ways to the truth of a condition: the program for when all is known, the
// connectives computed outside of expr, and the programs for surely true and surely false.
func TestProgramsAgree(t *testing.T) {
	truths := map[Truth]int{}
	eachRandom(8, true, func(w *writer, condition string) {
		rule := mayCompile(t, spec(condition))
		if rule == nil {
			return
		}
		env := w.known()
		if w.IntN(4) > 0 {
			for _, h := range w.some(holes()) {
				h.hide(&env)
			}
		}
		view := NewView(&env)
		direct := rule.levels[0].when
		want, err := direct.Truth(view)
		require.NoError(t, err, describe(condition, env))
		truths[want]++

		requireAtomsAgree(t, direct, view, condition)
		if view.unknown&direct.reads == 0 && direct.known != nil {
			connected := *direct
			connected.known = nil
			if direct.operator == "" {
				connected.known = direct.verdict
			}
			got, err := connected.Truth(view)
			require.NoError(t, err)
			require.Equal(t, want, got, describe(condition, env))
		}
		for range 2 {
			same := equivalents[w.IntN(len(equivalents))]
			form, sign := fmt.Sprintf(same.form, condition), same.sign
			other := mayCompile(t, spec(form))
			if other == nil {
				continue
			}
			got, err := other.levels[0].when.Truth(view)
			require.NoError(t, err, describe(form, env))
			require.Equal(t, want*sign, got, describe(form, env))
		}
	})
	for _, truth := range []Truth{False, NoData, True} {
		require.Greater(t, truths[truth], 200, truth.String())
	}
}

// requireAtomsAgree compares the two programs of every atom of which all is known.
func requireAtomsAgree(t *testing.T, e *Expression, v *View, condition string) {
	t.Helper()
	for _, operand := range e.operands {
		requireAtomsAgree(t, operand, v, condition)
	}
	if e.operator != "" || v.unknown&e.reads != 0 {
		return
	}
	known, err := e.run(e.known, v)
	require.NoError(t, err, condition)
	verdict, err := e.run(e.verdict, v)
	require.NoError(t, err, condition)
	require.Equal(t, known, verdict, condition)
}

// TestVital holds the short cut against what it spares.
func TestVital(t *testing.T) {
	eachRandom(9, true, func(w *writer, condition string) {
		rule := mayCompile(t, spec(condition))
		if rule == nil {
			return
		}
		env := w.known()
		for _, h := range w.some(holes()) {
			h.hide(&env)
		}
		view := NewView(&env)
		short := rule.levels[0].when
		want, err := withoutVital(short).Truth(view)
		require.NoError(t, err, describe(condition, env))
		got, err := short.Truth(view)
		require.NoError(t, err)
		require.Equal(t, want, got, describe(condition, env))
	})
}

func withoutVital(e *Expression) *Expression {
	twin := *e
	twin.vital = 0
	twin.operands = nil
	for _, operand := range e.operands {
		twin.operands = append(twin.operands, withoutVital(operand))
	}
	return &twin
}
