package lang_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/names"
)

// each calls check with many random conditions.
func eachRandom(seed uint64, check func(w *writer, condition string)) {
	eachRandomOf(rules.EachDevice, 2000, seed, true, check)
}

// eachRandomOf calls check with random conditions of rules about a scope.
func eachRandomOf(scope rules.Scope, n int, seed uint64, coalesce bool, check func(w *writer, condition string)) {
	w := newWriter(seed, scope, coalesce)
	for range n {
		check(w, w.Condition(1+w.IntN(4)))
	}
}

// mayCompile compiles a rule; nil if it is too complex.
func mayCompile(t *testing.T, spec rules.Spec) *rules.Rule {
	t.Helper()
	r, problems := rules.Compile(spec)
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

// vocabulary is what rules read.
var vocabulary = names.New[rules.Env]()

// mayCompileCondition compiles a condition; nil if it is too complex.
func mayCompileCondition(t *testing.T, text string) *lang.Expression {
	t.Helper()
	c := lang.NewLayout(vocabulary).Compiler(string(rules.EachDevice))
	e := c.Condition("when.warning", text)
	if e == nil && !tooComplex(c.Problems) {
		t.Fatalf("%s\n%+v", text, c.Problems)
	}
	return e
}

// TestContainment says what the third truth value is for: a decision made while something is unknown is
// made with any value in its place as well. (?? is left out: choosing a value is what it is for.)
func TestContainment(t *testing.T) {
	for _, scope := range rules.Scopes() {
		t.Run(string(scope), func(t *testing.T) { requireContainment(t, scope) })
	}
}

func requireContainment(t *testing.T, scope rules.Scope) {
	t.Helper()
	decided := 0
	eachRandomOf(scope, 500, 7, false, func(w *writer, condition string) {
		s := spec(condition)
		s.Each = scope
		s.When = append(s.When, rules.Condition{Level: rules.Critical, Expr: w.Condition(2)})
		if w.IntN(2) == 0 {
			s.Where = w.Condition(1)
		}
		r := mayCompile(t, s)
		if r == nil {
			return
		}
		env := w.known()
		chosen := w.some(w.holes)
		for _, h := range chosen {
			h.hide(&env)
		}
		unknown := r.Eval(rules.NewView(&env))
		require.NoError(t, unknown.Err, describe(condition, env))
		if unknown.Result != (rules.Result{Least: rules.Inactive, Most: rules.Critical}) && len(chosen) > 0 {
			decided++
		}
		for range 8 {
			for _, h := range chosen {
				h.fill(w, &env)
			}
			known := r.Eval(rules.NewView(&env))
			require.NoError(t, known.Err, describe(condition, env))
			if known.Result.Least < unknown.Result.Least || known.Result.Most > unknown.Result.Most {
				t.Fatalf("%+v while unknown, but %+v with %s", unknown.Result, known.Result, describe(condition, env))
			}
		}
	})
	require.Greater(t, decided, 100, "the random rules decide too little for this test to tell much")
}

// equivalents are conditions that are as true as the one in them, or as false.
var equivalents = []struct {
	form string
	sign rules.Truth
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
	truths := map[rules.Truth]int{}
	eachRandom(8, func(w *writer, text string) {
		direct := mayCompileCondition(t, text)
		if direct == nil {
			return
		}
		env := w.known()
		if w.IntN(4) > 0 {
			for _, h := range w.some(w.holes) {
				h.hide(&env)
			}
		}
		view := lang.NewView(&env)
		want, err := direct.Truth(view)
		require.NoError(t, err, describe(text, env))
		truths[want]++

		for _, atom := range direct.Atoms() {
			requireProgramsAgree(t, atom, view, text)
		}
		if direct.AllKnown(view) {
			got, err := direct.WithoutKnown().Truth(view)
			require.NoError(t, err)
			require.Equal(t, want, got, describe(text, env))
		}
		for range 2 {
			same := equivalents[w.IntN(len(equivalents))]
			form, sign := fmt.Sprintf(same.form, text), same.sign
			other := mayCompileCondition(t, form)
			if other == nil {
				continue
			}
			got, err := other.Truth(view)
			require.NoError(t, err, describe(form, env))
			require.Equal(t, want*sign, got, describe(form, env))
		}
	})
	for _, truth := range []rules.Truth{rules.False, rules.NoData, rules.True} {
		require.Greater(t, truths[truth], 200, truth.String())
	}
}

// requireProgramsAgree compares the two programs of an atom if all that it reads is known.
func requireProgramsAgree(t *testing.T, atom *lang.Expression, v *lang.View, condition string) {
	t.Helper()
	if !atom.AllKnown(v) {
		return
	}
	known, err := atom.Truth(v)
	require.NoError(t, err, condition)
	verdict, err := atom.WithoutKnown().Truth(v)
	require.NoError(t, err, condition)
	require.Equal(t, known, verdict, condition)
}

// TestVital holds the short cut against what it spares.
func TestVital(t *testing.T) {
	eachRandom(9, func(w *writer, text string) {
		short := mayCompileCondition(t, text)
		if short == nil {
			return
		}
		env := w.known()
		for _, h := range w.some(w.holes) {
			h.hide(&env)
		}
		view := lang.NewView(&env)
		want, err := short.WithoutVital().Truth(view)
		require.NoError(t, err, describe(text, env))
		got, err := short.Truth(view)
		require.NoError(t, err)
		require.Equal(t, want, got, describe(text, env))
	})
}
