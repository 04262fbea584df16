package lang

import (
	"math"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// A Number is a compiled expression of a number. It never changes and is safe for use by several goroutines.
type Number struct {
	Reads []*Leaf // what it reads, in the order of the vocabulary
	Unit  string  // of the number, such as "B" for bytes; "" is a plain number

	layout   *Layout
	constant float64     // the number itself; NaN: it is not constant
	leaf     *Leaf       // what it consists of; nil: it is constant or computed
	program  *vm.Program // computes it; nil: there is nothing to compute
}

// number compiles a part that is a number. It returns nil if it does not compile.
func (c *Compiler) number(field string, p part) *Number {
	if p.typed.broken() {
		return nil
	}
	n := &Number{Reads: c.layout.reads(p.typed.node), layout: c.layout, constant: math.NaN()}
	if constant, ok := Literal(p.typed.node); ok {
		n.constant = constant
		return n
	}
	if n.leaf = c.layout.leaf(p.typed.node); n.leaf != nil {
		n.Unit = n.leaf.Unit
		return n
	}
	compilation := c.layout.compilation()
	program, err := compilation.program(choose(and(compilation.known(p.typed.node)), compilation.value(p.typed.node), &ast.NilNode{}))
	if err != nil {
		c.failed(field, err)
		return nil
	}
	n.program = program
	return n
}

// Constant returns the number if it is the same whatever is read, else NaN.
func (n *Number) Constant() float64 {
	if n == nil {
		return math.NaN()
	}
	return n.constant
}

// Leaf returns the leaf if the number is nothing else; nil if it is constant or computed.
func (n *Number) Leaf() *Leaf {
	if n == nil {
		return nil
	}
	return n.leaf
}

// Of computes the number from the values of v; NaN is no data.
func (n *Number) Of(v *View) float64 {
	switch {
	case n == nil:
		return math.NaN()
	case n.program == nil && n.leaf == nil:
		return n.constant
	case n.program == nil:
		return v.Number(n.leaf)
	}
	v.see(n.layout)
	switch out, _ := v.machine.Run(n.program, v.boxed); out := out.(type) { // one that does not end is no data
	case int:
		return float64(out)
	case float64:
		return out
	}
	return math.NaN()
}
