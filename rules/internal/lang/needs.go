package lang

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// A test is a condition under which something is known.
type test struct {
	node ast.Node
	leaf string // the leaf that is tested, which needs only one test; "" if it is none
}

// known returns the tests under which the value of an expression is known, in the order to make them.
func (c *compilation) known(n ast.Node) []test {
	if c.spend() {
		return nil
	}
	if connective(n) {
		return []test{{node: binary("||", c.yes(n), c.no(n))}}
	}
	return c.needs(n)
}

// needs returns the tests under which an operator or function has all that it needs.
func (c *compilation) needs(n ast.Node) []test {
	if isLeaf(n) {
		if c.complete {
			return nil
		}
		return c.layout.tests(n)
	}
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "??":
			return c.either(c.known(n.Left), c.known(n.Right))
		case "/", "%":
			return append(c.operands(n), c.divisor(n.Right)...)
		}
	case *ast.ConditionalNode:
		return []test{{node: choose(c.yes(n.Cond), and(c.known(n.Exp1)),
			and(append([]test{{node: c.no(n.Cond)}}, c.known(n.Exp2)...)))}}
	case *ast.MemberNode:
		return append(c.operands(n), c.inRange(n)...)
	case *ast.SliceNode:
		return append(c.operands(n), c.nonEmpty(n)...)
	case *ast.BuiltinNode:
		return c.needsOfFunction(n)
	}
	return c.operands(n)
}

// operands returns the tests under which all children of a node are known.
func (c *compilation) operands(n ast.Node) []test {
	var tests []test
	for _, child := range Children(n) {
		tests = append(tests, c.known(*child)...)
	}
	return tests
}

func (c *compilation) needsOfFunction(n *ast.BuiltinNode) []test {
	if _, ok := loops[n.Name]; ok {
		return c.needsOfLoop(n)
	}
	switch n.Name {
	case within:
		magnitude := call("abs", c.value(n.Arguments[0]))
		return append(c.known(n.Arguments[0]), c.also(binary("<=", magnitude, copyOf(n.Arguments[1]))))
	case "max", "min", "mean", "median", "first":
		tests := c.operands(n)
		for _, argument := range n.Arguments {
			if isList(argument) {
				tests = append(tests, c.nonEmpty(argument)...)
			}
		}
		return tests
	}
	return c.operands(n)
}

// needsOfLoop returns the tests under which a list, and a predicate for all its elements, are known.
func (c *compilation) needsOfLoop(n *ast.BuiltinNode) []test {
	list := n.Arguments[0]
	tests, body := c.known(list), predicate(n)
	if inner := c.known(body); len(inner) > 0 {
		tests = append(tests, test{node: loop("all", c.value(list), and(inner))})
	}
	switch n.Name {
	case "find", "findIndex":
		tests = append(tests, c.also(loop("any", c.value(list), c.value(body))))
	}
	return tests
}

// also returns a test that can fail although all figures are known.
func (c *compilation) also(n ast.Node) test {
	c.partial = true
	return test{node: n}
}

// either returns the test that one of two sets of tests succeeds.
func (c *compilation) either(a, b []test) []test {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	return []test{{node: binary("||", and(a), and(b))}}
}

// divisor tests that a divisor is not zero, unless its form shows that.
func (c *compilation) divisor(n ast.Node) []test {
	if x, ok := Literal(n); ok && x != 0 || positive(n) > 0 {
		return nil
	}
	unequal := binary("!=", c.value(n), constant(0))
	if !isLeaf(n) {
		return []test{c.also(unequal)}
	}
	c.divisors = append(c.divisors, c.layout.reads(n)...)
	return []test{{node: unequal}}
}

// inRange tests that a list has the element asked for.
func (c *compilation) inRange(n *ast.MemberNode) []test {
	length := func() ast.Node { return call("len", c.value(n.Node)) }
	position := c.value(n.Property)
	if at, ok := position.(*ast.IntegerNode); ok && at.Value >= 0 {
		return []test{c.also(binary(">", length(), position))}
	}
	return []test{
		c.also(binary("<", position, length())),
		c.also(binary(">=", c.value(n.Property), &ast.UnaryNode{Operator: "-", Node: length()})),
	}
}

// nonEmpty tests that a known list has elements, unless its form shows that.
func (c *compilation) nonEmpty(list ast.Node) []test {
	if neverEmpty(list) {
		return nil
	}
	return []test{c.also(binary(">", call("len", c.value(list)), &ast.IntegerNode{}))}
}

// neverEmpty reports whether a list has elements whenever it is known.
func neverEmpty(n ast.Node) bool {
	if isLeaf(n) {
		return n.Type() == listOf(numberKind)
	}
	switch n := n.(type) {
	case *ast.ArrayNode:
		return true
	case *ast.SliceNode:
		from, fromOK := literalOr(n.From, 0)
		to, toOK := literalOr(n.To, 1)
		return neverEmpty(n.Node) && fromOK && toOK && (n.To == nil && from < 0 || from == 0 && to > 0)
	case *ast.BuiltinNode:
		return slices.Contains([]string{"map", "sort", "reverse"}, n.Name) && neverEmpty(n.Arguments[0])
	}
	return false
}

func literalOr(n ast.Node, missing float64) (float64, bool) {
	if n == nil {
		return missing, true
	}
	return Literal(n)
}

func isList(n ast.Node) bool { return typed{kind: n.Type()}.list() }

// and joins tests with &&; without tests the result is true.
func and(tests []test) ast.Node {
	tested := map[string]bool{}
	var all ast.Node
	for _, t := range tests {
		switch {
		case t.leaf != "" && tested[t.leaf]:
			continue
		case all == nil:
			all = t.node
		default:
			all = binary("&&", all, t.node)
		}
		tested[t.leaf] = true
	}
	if all == nil {
		return boolean(true)
	}
	return all
}
