package lang_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// kleene is the truth of a connective from the truths of its parts.
func kleene(operator string, parts []rules.Part) rules.Truth {
	first := parts[0].Truth
	switch operator {
	case "not":
		return -first
	case "and":
		for _, p := range parts {
			first = min(first, p.Truth)
		}
	case "or":
		for _, p := range parts {
			first = max(first, p.Truth)
		}
	case "??":
		if first == rules.NoData {
			return parts[1].Truth
		}
	case "?:":
		switch {
		case first == rules.True || first == rules.NoData && parts[1].Truth == parts[2].Truth:
			return parts[1].Truth
		case first == rules.False:
			return parts[2].Truth
		}
		return rules.NoData
	}
	return first
}

// TestExplanationAgrees holds explanations against Eval, each connective in them against its parts, and each test against a
// rule that consists of the text of that test.
func TestExplanationAgrees(t *testing.T) {
	seen := map[string]int{}
	eachRandom(10, func(w *writer, condition string) {
		if w.IntN(2) == 0 {
			return
		}
		s := spec(condition + w.Word("", " && part", " || number > 3 * figure", " and (part ? number > 1 : not part)"))
		s.Let = []rules.Let{
			{Name: "figure", Expr: w.Number(1)}, {Name: "part", Expr: w.Condition(2)}, {Name: "number", Expr: "figure + " + w.Number(1)},
		}
		s.When = append(s.When, rules.Condition{Level: rules.Critical, Expr: "part && (" + w.Condition(2) + ")"})
		s.Where, s.ResolveWhen = w.Condition(1), w.Condition(1)
		rule := mayCompile(t, s)
		if rule == nil {
			return
		}
		env := w.known()
		for _, h := range w.some(w.holes) {
			h.hide(&env)
		}
		view := rules.NewView(&env)
		e := rule.Explain(view)
		seen["rules"]++
		requireSameResult(t, rule, e, describe(condition, env))
		require.NotEmpty(t, e.Lines(func(value float64, unit string) string { return fmt.Sprint(value, unit) }))
		for _, c := range e.Conditions {
			requirePartsAgree(t, s, view, c.Part, seen, c.Omitted > 0)
		}
	})
	for _, of := range []string{"rules", "not", "and", "or", "??", "?:", "", "named"} {
		require.Greater(t, seen[of], 20, "%q", of)
	}
}

// requireSameResult compares what the conditions of an explanation come to with what Eval found.
func requireSameResult(t *testing.T, r *rules.Rule, e rules.Explanation, about fmt.Stringer) {
	t.Helper()
	var where, resolve rules.Truth
	var result rules.Result
	for _, c := range e.Conditions {
		level, _ := rules.ParseLevel(strings.TrimPrefix(c.Field, "when."))
		switch {
		case c.Field == "where":
			where = c.Truth
		case c.Field == "resolve_when":
			resolve = c.Truth
		case c.Truth == rules.True:
			result.Least, result.Most = max(result.Least, level), max(result.Most, level)
		case c.Truth == rules.NoData:
			result.Most = max(result.Most, level)
		}
	}
	require.Equal(t, e.Selected, where, about)
	switch where {
	case rules.True:
		require.Equal(t, e.Result, result, about)
		require.Equal(t, e.Recovered, resolve, about)
	case rules.NoData:
		require.Equal(t, rules.Result{Least: rules.Inactive, Most: r.Highest}, e.Result, about)
	}
}

// truths are the truths of the only condition of a rule, by its result.
var truths = map[rules.Result]rules.Truth{
	{Least: rules.Warning, Most: rules.Warning}: rules.True,
	{Most: rules.Warning}:                       rules.NoData,
	{}:                                          rules.False,
}

func requirePartsAgree(t *testing.T, s rules.Spec, v *rules.View, p rules.Part, seen map[string]int, omitted bool) {
	t.Helper()
	seen[p.Operator]++
	if p.Name != "" {
		seen["named"]++
	}
	switch {
	case p.Operator == "":
		alone := s
		alone.Where, alone.When = "", []rules.Condition{{Level: rules.Warning, Expr: p.Text}}
		alone.ResolveWhen = "part || number > 0" // which reads all named parts
		if rule, problems := rules.Compile(alone); problems == nil {
			e := rule.Eval(v)
			require.NoError(t, e.Err)
			require.Equal(t, truths[e.Result], p.Truth, p.Text)
		} else {
			require.Equal(t, "reads no figure", problems[0].Message)
		}
		require.Equal(t, strings.Join(strings.Fields(p.Text), " "), rules.Phrase{Text: p.Text}.Fill(nil))
	case !omitted:
		require.Equal(t, kleene(p.Operator, p.Parts), p.Truth, "%s of %+v", p.Operator, p.Parts)
	}
	for _, below := range p.Parts {
		requirePartsAgree(t, s, v, below, seen, omitted)
	}
}

// A value that is named is the one that the expression reads.
func TestExplanationShowsWhatIsRead(t *testing.T) {
	shown := 0
	eachRandom(11, func(w *writer, condition string) {
		rule := mayCompile(t, spec(condition))
		if rule == nil {
			return
		}
		env := w.known()
		for _, h := range w.some(w.holes) {
			h.hide(&env)
		}
		view := rules.NewView(&env)
		for _, c := range rule.Explain(view).Conditions {
			for _, v := range valuesOf(c.Part) {
				l := vocabulary.Leaf(v.Path)
				if l == nil || !l.Number() {
					continue
				}
				shown++
				require.Equal(t, rules.Known(view.Number(l)), v.Known, v.Path)
				require.True(t, !v.Known || view.Number(l) == v.Number, v.Path)
			}
		}
	})
	require.Greater(t, shown, 1000)
}

func valuesOf(p rules.Part) []rules.Value {
	all := p.Values
	for _, below := range p.Parts {
		all = append(all, valuesOf(below)...)
	}
	return all
}
