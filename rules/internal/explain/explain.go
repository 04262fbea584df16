package explain

import (
	"github.com/expr-lang/expr/parser"

	"notewatch/rules/internal/lang"
)

// A Condition is one condition of a rule, explained.
type Condition struct {
	Field string // as in Problem
	Part
	Omitted int // parts that are left out because there are too many
}

// A Part is a condition or a part of one.
type Part struct {
	Name     string // of the let that stands for the part; "" if the condition contains its text
	Operator string // that joins Parts: "and", "or", "not", "?:" or "??"; "" for a test, which has no parts
	Phrase
	Truth lang.Truth
	Parts []Part    // of ?: the condition and both branches
	Lets  []Meaning // of the names in a test that the condition does not explain earlier
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

// An Explainer explains the conditions of one rule. It parses their text again, and walks the tree together with the compiled expression.
// Use it from one goroutine at a time.
type Explainer struct {
	compiler *lang.Compiler
	view     *lang.View
	units    *lang.Units
	lets     map[string]source // by name
	named    map[string]bool   // names that were explained in this condition
	left     int               // parts that the condition may still get
}

// New returns an explainer of the conditions that c, or a compiler with the same limit and named parts, has compiled. unit is the unit of
// the limit.
func New(c *lang.Compiler, v *lang.View, unit string) *Explainer {
	x := &Explainer{compiler: c, view: v, units: c.Units(unit), lets: map[string]source{}}
	for name, text := range c.Texts() {
		x.lets[name] = sourceOf(text)
	}
	return x
}

// Condition explains the condition of a field.
func (x *Explainer) Condition(field, text string, compiled *lang.Expression) Condition {
	x.left, x.named = maxParts, map[string]bool{}
	explained := Condition{Field: field}
	explained.Part = x.part(sourceOf(text), compiled, &explained.Omitted)
	return explained
}

// part explains a source and the expression that was compiled from it.
func (x *Explainer) part(s source, e *lang.Expression, omitted *int) Part {
	if let, ok := x.lets[s.name()]; ok {
		p := x.part(let, e, omitted)
		p.Name = s.name()
		return p
	}
	x.left--
	truth, err := e.Truth(x.view)
	if err != nil {
		truth = lang.NoData
	}
	p := Part{Phrase: Phrase{Text: s.String()}, Truth: truth}
	operands := s.operands(e)
	if operands == nil {
		p.Values, p.Lets = x.values(s), x.meanings(s)
		return p
	}
	p.Operator = operatorWords[e.Operator]
	for _, operand := range operands {
		if x.left <= 0 {
			*omitted += operand.size()
			continue
		}
		p.Parts = append(p.Parts, x.part(operand.source, operand.compiled, omitted))
	}
	return p
}

// operatorWords are the names of connectives, by each way to write them.
var operatorWords = map[string]string{"!": "not", "&&": "and", "||": "or", "??": "??", "?:": "?:"}

// meanings returns the meanings of the names in a source, and of the names in these meanings.
func (x *Explainer) meanings(s source) (all []Meaning) {
	for _, name := range s.names() {
		if let, ok := x.lets[name]; ok && !x.named[name] {
			x.named[name] = true
			all = append(all, Meaning{name, Phrase{let.String(), x.values(let)}})
			all = append(all, x.meanings(let)...)
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
