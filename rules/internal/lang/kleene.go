package lang

import "github.com/expr-lang/expr/ast"

// maxProgram bounds the nodes of the programs made of one expression. Only deeply nested ?:, ?? and comparisons of
// truths come near it: their programs double with every level.
const maxProgram = 5000

// A compilation makes programs of a checked tree. With unknown figures an expression is true, false or no data, after Kleene: it is surely
// true if its form shows that it is true whatever the unknown figures are. The compilation derives two trees: one is true exactly where the
// expression is surely true, the other where it is surely false. They test whether a value is known before they read it, so they compute
// nothing from no data.
type compilation struct {
	layout   *Layout
	left     int     // nodes that may still be made
	complete bool    // make programs for when all figures that are read are known
	partial  bool    // set when the expression can be no data even then, and not because a divisor is 0
	divisors []*Leaf // leaves that are divisors by themselves
}

func (l *Layout) compilation() *compilation { return &compilation{layout: l, left: maxProgram} }

// spend counts a node and reports whether there are too many; then the caller discards the tree.
func (c *compilation) spend() bool {
	c.left--
	return c.left < 0
}

// verdict makes the tree whose value is the Truth of a boolean expression.
func (c *compilation) verdict(n ast.Node) ast.Node {
	if connective(n) {
		return choose(c.yes(n), integerOf(True), choose(c.no(n), integerOf(False), integerOf(NoData)))
	}
	return choose(and(c.needs(n)), choose(rebuild(n, c.value), integerOf(True), integerOf(False)), integerOf(NoData))
}

func integerOf(t Truth) ast.Node { return &ast.IntegerNode{Value: int(t)} }

// plain makes the tree for when all that the expression reads is known and it is not partial. Then ?? never replaces.
func (c *compilation) plain(n ast.Node) ast.Node {
	if c.spend() {
		return boolean(false)
	}
	switch n := n.(type) {
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return c.plain(n.Left)
		}
	case *ast.BuiltinNode:
		if n.Name == within {
			return c.plain(n.Arguments[0])
		}
	}
	return rebuild(n, c.plain)
}

// yes makes the tree that is true where a boolean expression is surely true, else false.
func (c *compilation) yes(n ast.Node) ast.Node { return c.surely(true, n) }

// no makes the tree that is true where a boolean expression is surely false, else false.
func (c *compilation) no(n ast.Node) ast.Node { return c.surely(false, n) }

func (c *compilation) surely(want bool, n ast.Node) ast.Node {
	if c.spend() {
		return boolean(false)
	}
	both, either := "&&", "||"
	if !want {
		both, either = either, both
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		return c.surely(!want, n.Node)
	case *ast.ConditionalNode:
		return choose(c.yes(n.Cond), c.surely(want, n.Exp1),
			choose(c.no(n.Cond), c.surely(want, n.Exp2),
				binary("&&", c.surely(want, n.Exp1), c.surely(want, n.Exp2))))
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&":
			return binary(both, c.surely(want, n.Left), c.surely(want, n.Right))
		case "||":
			return binary(either, c.surely(want, n.Left), c.surely(want, n.Right))
		case "??":
			return binary("||", c.surely(want, n.Left),
				binary("&&", not(c.surely(!want, n.Left)), c.surely(want, n.Right)))
		}
	case *ast.BuiltinNode:
		switch n.Name {
		case "all":
			return c.elements(want, n, want)
		case "any":
			return c.elements(!want, n, want)
		case "none":
			return c.elements(want, n, !want)
		}
	}
	atom := rebuild(n, c.value)
	if !want {
		atom = not(atom)
	}
	return and(append(c.needs(n), test{node: atom}))
}

// elements makes the tree that is true where all elements of a list, or any, surely have the truth wanted.
func (c *compilation) elements(all bool, n *ast.BuiltinNode, want bool) ast.Node {
	name, list := "any", n.Arguments[0]
	if all {
		name = "all"
	}
	return and(append(c.known(list), test{node: loop(name, c.value(list), c.surely(want, predicate(n)))}))
}

// value makes the tree of the value of an expression where that is known.
func (c *compilation) value(n ast.Node) ast.Node {
	if c.spend() {
		return boolean(false)
	}
	if connective(n) {
		return c.yes(n)
	}
	switch n := n.(type) {
	case *ast.ConditionalNode:
		return choose(c.yes(n.Cond), c.value(n.Exp1), c.value(n.Exp2))
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return choose(and(c.known(n.Left)), c.value(n.Left), c.value(n.Right))
		}
	case *ast.BuiltinNode:
		if n.Name == within {
			return c.value(n.Arguments[0])
		}
	}
	return rebuild(n, c.value)
}

// connective reports whether an expression can be true or false although part of it is no data.
func connective(n ast.Node) bool {
	if n.Type() != booleanKind {
		return false
	}
	if operator, _ := connected(n); operator != "" {
		return true
	}
	f, ok := n.(*ast.BuiltinNode)
	return ok && (f.Name == "all" || f.Name == "any" || f.Name == "none")
}
