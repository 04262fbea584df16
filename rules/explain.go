package rules

import "notewatch/rules/internal/lang"

// An Explanation says why a rule finds what it finds about one subject: its conditions, part by part, with what each part
// read and whether it was true.
type Explanation struct {
	Evaluation             // as Eval returns it
	Conditions []Explained // where, then the levels, highest first, then resolve_when, as far as the rule has them
}

// Explain says why the rule finds what it finds about the subject of v. It decides nothing itself: each truth in it is the
// one that Eval goes by. All conditions are explained, those that Eval needs not look at too.
func (r *Rule) Explain(v *View) Explanation {
	b := r.set.builder(r.Spec)
	b.parts()
	x := b.lang.Explainer(v, r.Unit)
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

// Lines writes the explanation for people, a line for each part, indented by two spaces below what it is a part of. A line
// begins with the mark of its truth. format writes a number with its unit.
func (e Explanation) Lines(format func(value float64, unit string) string) []string {
	var lines []string
	for _, c := range e.Conditions {
		lines = append(lines, c.Lines(format)...)
	}
	return lines
}
