package lang

import (
	"math"
	"reflect"
	"regexp"

	"github.com/expr-lang/expr/ast"
)

// Arithmetic on known figures gives a known result: what may leave the range of numbers is marked, and is no data when it does.
const (
	huge    = 1e300   // sums and products below it are far from overflowing
	intMost = 1 << 62 // so are those of whole numbers
	longest = 1e6     // no list is longer
)

// within is the name of a mark: within(x, most) is no data if x is not a number of at most that magnitude. expr has no such function: the
// programs of a tree test the mark, and do not call it.
const within = "within"

// settle marks a number that may have overflowed before an operator that would hide the overflow reads it.
func settle(t typed) typed {
	if t.most <= huge || !t.number() {
		return t
	}
	return retyped(call(within, t.node, constant(math.MaxFloat64)), t.kind, math.MaxFloat64)
}

func (c *checker) unary(n *ast.UnaryNode) typed {
	t := c.check(n.Node)
	at := n.Location().From
	switch {
	case t.broken():
		return t
	case n.Operator == "!" || n.Operator == "not":
		if !t.boolean() {
			return c.problem(at, "", "%s takes true or false, not %s", n.Operator, kindNames[t.kind])
		}
		return retyped(not(t.node), booleanKind, 0)
	case !t.number():
		return c.problem(at, "", "%s takes a number, not %s", n.Operator, kindNames[t.kind])
	case n.Operator == "+":
		return t
	}
	switch literal := t.node.(type) {
	case *ast.IntegerNode:
		return integer(-literal.Value)
	case *ast.FloatNode:
		return number(-literal.Value)
	}
	return retyped(&ast.UnaryNode{Operator: "-", Node: t.node}, t.kind, t.most)
}

func (c *checker) binary(n *ast.BinaryNode) typed {
	if n.Operator == ".." {
		return c.problem(n.Location().From, "compare with >= and <=", "ranges are not used in rules")
	}
	all, ok := c.checkAll(n.Left, n.Right)
	if !ok {
		return typed{}
	}
	l, r := all[0], all[1]
	switch op := n.Operator; op {
	case "&&", "and":
		return c.logic(n, "&&", l, r)
	case "||", "or":
		return c.logic(n, "||", l, r)
	case "??":
		return c.coalesce(n, settle(l), settle(r))
	case "+", "-", "*":
		if op == "+" && l.text() && r.text() {
			return retyped(binary(op, l.node, r.node), textKind, 0)
		}
		return c.arithmetic(n, l, r)
	case "/", "%", "**", "^":
		return c.arithmetic(n, l, settle(r))
	}
	return c.comparison(n, settle(l), settle(r))
}

// mismatch notes that an operator does not take operands of these kinds.
func (c *checker) mismatch(n *ast.BinaryNode, takes string, l, r typed) typed {
	return c.problem(n.Location().From, "", "%s takes %s, not %s and %s", n.Operator, takes, kindNames[l.kind], kindNames[r.kind])
}

func (c *checker) logic(n *ast.BinaryNode, operator string, l, r typed) typed {
	if !l.boolean() || !r.boolean() {
		return c.mismatch(n, "conditions", l, r)
	}
	return retyped(binary(operator, l.node, r.node), booleanKind, 0)
}

func (c *checker) coalesce(n *ast.BinaryNode, l, r typed) typed {
	kind := common(l.kind, r.kind)
	if kind == nil {
		return c.mismatch(n, "two values of one kind", l, r)
	}
	return retyped(binary("??", alike(l, kind), alike(r, kind)), kind, max(l.most, r.most))
}

// comparison checks everything that makes a truth of two values.
func (c *checker) comparison(n *ast.BinaryNode, l, r typed) typed {
	switch op := n.Operator; op {
	case "==", "!=":
		if !l.scalar() || !r.scalar() || common(l.kind, r.kind) == nil {
			return c.mismatch(n, "two numbers, texts or truths", l, r)
		}
	case "<", "<=", ">", ">=":
		if !(l.number() && r.number()) && !(l.text() && r.text()) {
			return c.mismatch(n, "two numbers or two texts", l, r)
		}
	case "in":
		if !r.list() || !l.scalar() || common(l.kind, r.kind.Elem()) == nil {
			return c.mismatch(n, "a value and a list of such", l, r)
		}
		if _, written := r.node.(*ast.ArrayNode); !written && !c.descend(1, n) {
			return typed{}
		}
	default: // contains, startsWith, endsWith, matches
		if !l.text() || !r.text() {
			return c.mismatch(n, "two texts", l, r)
		}
		if op == "matches" && !c.pattern(n, r) {
			return typed{}
		}
	}
	return retyped(binary(n.Operator, l.node, r.node), booleanKind, 0)
}

// pattern checks the regular expression of matches. It is constant, so that it is compiled once, now.
func (c *checker) pattern(n *ast.BinaryNode, r typed) bool {
	literal, ok := r.node.(*ast.StringNode)
	if !ok {
		c.problem(start(n.Right), "", "the pattern of matches must be written out")
		return false
	}
	if _, err := regexp.Compile(literal.Value); err != nil {
		c.problem(start(n.Right), "", "%v", err)
		return false
	}
	return true
}

func (c *checker) arithmetic(n *ast.BinaryNode, l, r typed) typed {
	op := n.Operator
	switch {
	case !l.number() || !r.number():
		return c.mismatch(n, "two numbers", l, r)
	case op == "%" && !(l.integer() && r.integer()):
		return c.problem(n.Location().From, "int(…) converts a number", "%% takes two whole numbers")
	}
	if folded, ok := fold(op, l, r); ok {
		return folded
	}
	switch op {
	case "/":
		return retyped(binary(op, l.node, r.node), numberKind, l.most/least(r.node))
	case "**", "^":
		return settle(retyped(binary("**", settle(l).node, r.node), numberKind, math.Inf(1)))
	case "%":
		// The call keeps expr's optimizer from dividing a written number by a written zero.
		return retyped(binary(op, call("int", l.node), r.node), integerKind, l.most)
	}
	most := l.most + r.most
	if op == "*" {
		most = l.most * r.most
	}
	if l.integer() && r.integer() && most <= intMost {
		return retyped(binary(op, l.node, r.node), integerKind, most)
	}
	return retyped(binary(op, float(l), float(r)), numberKind, most)
}

// alike converts a value to the kind that it shares with others. expr takes c ? 1 : x for a whole number, because its first branch is one,
// and compares it as such.
func alike(t typed, kind reflect.Type) ast.Node {
	if kind == numberKind {
		return float(t)
	}
	return t.node
}

// float converts a whole number to a number with which arithmetic cannot wrap around.
func float(t typed) ast.Node {
	switch literal := t.node.(type) {
	case *ast.IntegerNode:
		return number(float64(literal.Value)).node
	case *ast.FloatNode:
		return literal
	}
	if !t.integer() {
		return t.node
	}
	return retyped(call("float", t.node), numberKind, t.most).node
}

// least returns a magnitude that a divisor is known to exceed; 0 if nothing is known.
func least(n ast.Node) float64 {
	if x, ok := Literal(n); ok {
		return math.Abs(x)
	}
	if isLeaf(n) {
		return smallest
	}
	return positive(n)
}

// positive returns a positive number that a value is known to reach; 0 if none is known.
func positive(n ast.Node) float64 {
	if x, ok := Literal(n); ok {
		return max(x, 0)
	}
	var most float64
	if f, ok := n.(*ast.BuiltinNode); ok && f.Name == "max" {
		for _, argument := range f.Arguments {
			most = max(most, positive(argument))
		}
	}
	return most
}

// Literal returns the value of a number that is written out.
func Literal(n ast.Node) (float64, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	}
	return 0, false
}

// fold computes an operation on two numbers that are written out, unless its result is no data.
func fold(op string, l, r typed) (typed, bool) {
	a, aOK := Literal(l.node)
	b, bOK := Literal(r.node)
	if !aOK || !bOK {
		return typed{}, false
	}
	var x float64
	switch op {
	case "+":
		x = a + b
	case "-":
		x = a - b
	case "*":
		x = a * b
	case "/":
		x = a / b
	case "%":
		x = math.Mod(a, b)
	default:
		x = math.Pow(a, b)
	}
	if math.IsNaN(x) || math.Abs(x) > huge {
		return typed{}, false
	}
	if l.integer() && r.integer() && op != "/" && op != "**" && op != "^" && math.Abs(x) <= largest {
		return integer(int(x)), true
	}
	return number(x), true
}
