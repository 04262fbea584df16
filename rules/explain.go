package rules

import (
	"math"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// An Explanation says why a rule finds what it finds about one subject: its conditions, part by part, with what each part
// read and whether it was true.
type Explanation struct {
	Evaluation             // as Eval returns it
	Conditions []Explained // where, then the levels, highest first, then resolve_when, as far as the rule has them
}

// An Explained is one condition of a rule.
type Explained struct {
	Field string // as in Problem: "where", "when.critical", "resolve_when"
	Part
	Omitted int // parts that are left out because there are too many
}

// A Part is a condition or a part of one.
type Part struct {
	Name     string // of the let that stands in its place; "" is that it is written there
	Operator string // that joins Parts: "and", "or", "not", "?:" or "??"; "" is a part that has none: a test
	Phrase
	Truth Truth
	Parts []Part    // of ?: the condition and both branches
	Lets  []Meaning // of the names in a test that were not explained further up in the condition
}

// A Meaning is what a name in an expression stands for.
type Meaning struct {
	Name string
	Phrase
}

// The bounds of an explanation.
const (
	maxParts  = 60 // of a condition
	maxValues = 40 // of a phrase
)

// Explain says why the rule finds what it finds about the subject of v. It decides nothing itself: each truth in it is the
// one that Eval goes by. All conditions are explained, those that Eval needs not look at too.
func (r *Rule) Explain(v *View) Explanation {
	x := r.explainer(v)
	e := Explanation{Evaluation: r.Eval(v)}
	add := func(field, text string, compiled *expression) {
		if compiled != nil {
			e.Conditions = append(e.Conditions, x.condition(field, text, compiled))
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

// An explainer explains the conditions of one rule. It reads their text once more, and walks it side by side with what was
// compiled of it.
type explainer struct {
	rule  *Rule
	view  *View
	parts map[string]part   // lets and limit, checked
	lets  map[string]source // by name
	told  map[string]bool   // names that were explained in this condition
	left  int               // parts that may still be made in it
}

func (r *Rule) explainer(v *View) *explainer {
	b := newBuilder(r.Spec)
	b.limit(&Rule{Spec: r.Spec, Limit: math.NaN()})
	b.lets()
	x := &explainer{rule: r, view: v, parts: b.parts, lets: map[string]source{}}
	for _, let := range r.Spec.Let {
		x.lets[let.Name] = sourceOf(let.Expr)
	}
	return x
}

func (x *explainer) condition(field, text string, compiled *expression) Explained {
	x.left, x.told = maxParts, map[string]bool{}
	explained := Explained{Field: field}
	explained.Part = x.part(sourceOf(text), compiled, &explained.Omitted)
	return explained
}

// part explains a source of which an expression was compiled.
func (x *explainer) part(s source, e *expression, omitted *int) Part {
	if let, ok := x.lets[s.name()]; ok {
		p := x.part(let, e, omitted)
		p.Name = s.name()
		return p
	}
	x.left--
	truth, err := e.truth(x.view)
	if err != nil {
		truth = NoData
	}
	p := Part{Phrase: Phrase{Text: s.String()}, Truth: truth}
	operands := s.operands(e)
	if operands == nil {
		x.test(&p, s)
		return p
	}
	p.Operator = operatorWords[e.operator]
	for _, operand := range operands {
		if x.left <= 0 {
			*omitted += operand.size()
			continue
		}
		p.Parts = append(p.Parts, x.part(operand.source, operand.compiled, omitted))
	}
	return p
}

// operatorWords are what connectives are called, however they were written.
var operatorWords = map[string]string{"!": "not", "&&": "and", "||": "or", "??": "??", "?:": "?:"}

// test fills in what a test reads, and what the names in it stand for.
func (x *explainer) test(p *Part, s source) {
	p.Values = x.values(s)
	for _, name := range s.names() {
		if let, ok := x.lets[name]; ok && !x.told[name] {
			x.told[name] = true
			p.Lets = append(p.Lets, x.meanings(name, let)...)
		}
	}
}

// meanings says what a name stands for, and what the names in that stand for.
func (x *explainer) meanings(name string, let source) []Meaning {
	all := []Meaning{{name, Phrase{let.String(), x.values(let)}}}
	for _, below := range let.names() {
		if source, ok := x.lets[below]; ok && !x.told[below] {
			x.told[below] = true
			all = append(all, x.meanings(below, source)...)
		}
	}
	return all
}

// sourceOf parses a text that has been compiled before.
func sourceOf(text string) source {
	tree, err := parser.Parse(text)
	if err != nil {
		return source{}
	}
	return source{node: tree.Node, passage: passageOf(text)}
}

// valueOf computes a node of a source.
func (x *explainer) valueOf(n ast.Node) (value any, ok bool) {
	var problems []Problem
	c := &checker{each: x.rule.Spec.Each, parts: x.parts, used: map[string]bool{}, problems: &problems}
	t := settle(c.check(n))
	if len(problems) > 0 || t.broken() {
		return nil, false
	}
	value, err := compute(t.node, x.view)
	return value, err == nil
}
