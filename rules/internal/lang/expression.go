package lang

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// An Expression is a compiled condition. It never changes and is safe for use by several goroutines.
//
// While everything that it reads is known, one program of expr decides it. Otherwise Truth computes the connectives after Kleene, and
// programs decide only the atoms that they connect, such as comparisons. An atom without a figure that it needs is not run.
type Expression struct {
	Reads    []*Leaf       // what it reads, in the order of the vocabulary; only of a whole condition
	Compared []*Leaf       // what stands in its comparisons, in the order of its text; only of a whole condition
	Operator string        // "!", "&&", "||", "??" or "?:"; "" is an atom
	Operands []*Expression // of the operator

	layout   *Layout
	field    string
	reads    mask        // of the leaves that it reads
	vital    mask        // of leaves that it needs: if one is no data, so is the expression
	divisors mask        // of leaves that are divisors by themselves: while any is 0, known does not decide
	known    *vm.Program // decides it when all that it reads is known, and no divisor is 0; may be nil where there is an operator
	verdict  *vm.Program // decides an atom always
}

// compile makes the programs of a checked condition.
func (l *Layout) compile(field string, condition ast.Node) (*Expression, error) {
	e, partial, err := l.compileAny(field, condition)
	if err != nil {
		return nil, err
	}
	e.Reads, e.Compared = l.reads(condition), l.compared(condition, false)
	if !partial && e.Operator != "" {
		c := l.compilation()
		e.known, err = c.program(c.plain(condition))
	}
	return e, err
}

// compileAny makes the programs of an atom, or those of the atoms below a connective. A partial expression can be no data although
// everything that it reads is known.
func (l *Layout) compileAny(field string, n ast.Node) (e *Expression, partial bool, err error) {
	operator, operands := connected(n)
	if operator == "" {
		return l.compileAtom(field, n)
	}
	e = &Expression{layout: l, field: field, Operator: operator, reads: l.mask(l.reads(n)), vital: l.mask(l.vital(n))}
	for _, operand := range operands {
		below, belowPartial, err := l.compileAny(field, operand)
		if err != nil {
			return nil, false, err
		}
		e.Operands = append(e.Operands, below)
		partial, e.divisors = partial || belowPartial, e.divisors.with(below.divisors)
	}
	return e, partial, nil
}

// connected returns the connective that a boolean expression is made with, and what it connects.
func connected(n ast.Node) (operator string, operands []ast.Node) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return "!", []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return "?:", []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "||", "??":
			return n.Operator, []ast.Node{n.Left, n.Right}
		}
	}
	return "", nil
}

func (l *Layout) compileAtom(field string, n ast.Node) (e *Expression, partial bool, err error) {
	c := l.compilation()
	e = &Expression{layout: l, field: field, reads: l.mask(l.reads(n)), vital: l.mask(l.vital(n))}
	if e.verdict, err = c.program(c.verdict(n)); err != nil {
		return nil, false, err
	}
	e.divisors = l.mask(c.divisors)
	known := c.plain(n)
	if c.partial {
		c.complete = true
		known = c.verdict(n)
	}
	e.known, err = c.program(known)
	return e, c.partial, err
}

// Truth evaluates the condition. The error is of expr; then the truth is NoData.
func (e *Expression) Truth(v *View) (Truth, error) {
	v.see(e.layout)
	switch {
	case e.known != nil && !e.reads.meets(v.unknown) && !e.divisors.meets(v.zero):
		return e.run(e.known, v)
	case e.vital.meets(v.unknown):
		return NoData, nil
	case e.Operator == "":
		return e.run(e.verdict, v)
	}
	return e.connect(v)
}

// connect computes a connective after Kleene. In the order of truths, and is the minimum and or is the maximum.
func (e *Expression) connect(v *View) (Truth, error) {
	first, err := e.Operands[0].Truth(v)
	if err != nil {
		return NoData, err
	}
	var second Truth
	switch {
	case e.Operator == "!":
		return -first, nil
	case e.Operator == "?:":
		return e.choose(first, v)
	case e.Operator == "&&" && first == False, e.Operator == "||" && first == True, e.Operator == "??" && first != NoData:
		return first, nil
	}
	if second, err = e.Operands[1].Truth(v); err != nil {
		return NoData, err
	}
	switch e.Operator {
	case "&&":
		return min(first, second), nil
	case "||":
		return max(first, second), nil
	}
	return second, nil
}

// choose computes ?: from the truth of its condition. If that is no data, the branches decide if they agree.
func (e *Expression) choose(condition Truth, v *View) (Truth, error) {
	if condition == False {
		return e.Operands[2].Truth(v)
	}
	yes, err := e.Operands[1].Truth(v)
	if condition == True || err != nil {
		return yes, err
	}
	no, err := e.Operands[2].Truth(v)
	if yes != no || err != nil {
		return NoData, err
	}
	return yes, nil
}

// run runs a program, which gives a boolean or a Truth.
func (e *Expression) run(p *vm.Program, v *View) (Truth, error) {
	out, err := v.machine.Run(p, v.boxed)
	if err != nil {
		return NoData, fmt.Errorf("evaluating %s: %s", e.field, message(err))
	}
	switch out := out.(type) {
	case bool:
		if out {
			return True, nil
		}
		return False, nil
	case int:
		return Truth(out), nil
	}
	return NoData, nil
}
