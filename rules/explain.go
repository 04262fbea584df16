package rules

import (
	"notewatch/rules/internal/explain"
	"notewatch/rules/internal/lang"
)

// An Explanation explains the result of a rule for one subject: its conditions, part by part, with the values that each part read and
// whether it was true.
type Explanation struct {
	Evaluation             // as Eval returns it
	Conditions []Explained // where, then the levels, highest first, then resolve_when, as far as the rule has them
}

// Explain explains the result of the rule for the subject of v. It decides nothing itself: each truth in it is that of Eval. It explains
// all conditions, also those that Eval does not need.
func (r *Rule) Explain(v *View) Explanation {
	b := r.set.builder(r.Spec)
	b.parts()
	x := explain.New(b.lang, v, r.Unit)
	e := Explanation{Evaluation: r.Eval(v)}
	add := func(field, text string, compiled *lang.Expression) {
		if compiled != nil {
			e.Conditions = append(e.Conditions, x.Condition(field, text, compiled))
		}
	}
	add("where", r.Spec.Where, r.where)
	for _, l := range r.levels {
		for _, c := range r.Spec.When {
			if c.Level == l.level {
				add("when."+c.Level.String(), c.Expr, l.when)
			}
		}
	}
	add("resolve_when", r.Spec.ResolveWhen, r.resolve)
	return e
}

// Lines formats the explanation as text, one line for each part, indented by two spaces below its parent. A line begins with the mark of
// its truth. format formats a number with its unit.
func (e Explanation) Lines(format func(value float64, unit string) string) []string {
	var lines []string
	for _, c := range e.Conditions {
		lines = append(lines, c.Lines(format)...)
	}
	return lines
}
