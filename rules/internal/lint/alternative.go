package lint

import "github.com/expr-lang/expr/ast"

// A test is an expression that must be true, or false if it is negated.
type test struct {
	expression
	negated bool
}

// An alternative is a list of tests that must all be true. A condition is true when one of its alternatives is.
type alternative []test

// maxAlternatives bounds the alternatives of a condition. A larger condition is one test.
const maxAlternatives = 32

// alternatives takes a condition apart.
func (r *reader) alternatives(e expression, negated bool) []alternative {
	switch n := e.node.(type) {
	case *ast.IdentifierNode:
		if let, ok := r.named[n.Value]; ok {
			return r.alternatives(let, negated)
		}
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			return r.alternatives(e.at(n.Node), !negated)
		}
	case *ast.BinaryNode:
		switch and, or := n.Operator == "&&" || n.Operator == "and", n.Operator == "||" || n.Operator == "or"; {
		case and && !negated, or && negated:
			if all := both(r.alternatives(e.at(n.Left), negated), r.alternatives(e.at(n.Right), negated)); all != nil {
				return all
			}
		case and, or:
			all := append(r.alternatives(e.at(n.Left), negated), r.alternatives(e.at(n.Right), negated)...)
			if len(all) <= maxAlternatives {
				return all
			}
		}
	}
	return []alternative{{test{e, negated}}}
}

// both returns the alternatives of two conditions that must both be true; nil if there are too many.
func both(a, b []alternative) (all []alternative) {
	if len(a)*len(b) > maxAlternatives {
		return nil
	}
	for _, one := range a {
		for _, other := range b {
			all = append(all, append(append(alternative{}, one...), other...))
		}
	}
	return all
}

// A side of a comparison.
type side struct {
	expression
	value
}

// key names a side. Two comparisons with the same key compare the same thing.
func (s side) key() string {
	if s.leaf != "" {
		return s.leaf
	}
	return s.expression.String()
}

// A comparison is a test of two numbers; if the test is negated, it has the inverse operator.
type comparison struct {
	test
	operator    string
	left, right side
}

// compared returns a test as a comparison of numbers. ok is false if it is none.
func (r *reader) compared(t test) (c comparison, ok bool) {
	operator, left, right, ok := t.comparison()
	if !ok {
		return c, false
	}
	if t.negated {
		operator = inverse[operator]
	}
	return comparison{t, operator, side{left, r.value(left.node)}, side{right, r.value(right.node)}}, true
}

// turn returns the comparison with its sides exchanged.
func (c comparison) turn() comparison {
	c.operator, c.left, c.right = turned[c.operator], c.right, c.left
	return c
}

// greaterLeft returns the comparison with the greater side on the left. ok is false if neither has to be greater.
func (c comparison) greaterLeft() (_ comparison, ok bool) {
	if c.operator == "<" || c.operator == "<=" {
		c = c.turn()
	}
	return c, c.operator == ">" || c.operator == ">="
}

// fixedRight returns the comparison with its fixed side on the right. ok is false if it has none, or two.
func (c comparison) fixedRight() (_ comparison, ok bool) {
	if c.left.fixed() {
		c = c.turn()
	}
	return c, c.right.fixed() && !c.left.fixed()
}

// possible reports whether a test can be true, and whether it can be false.
func (r *reader) possible(t test) (canBeTrue, canBeFalse bool) {
	if c, ok := r.compared(t); ok {
		return compare(c.operator, c.left.Range, c.right.Range)
	}
	if n, ok := t.node.(*ast.BoolNode); ok {
		return n.Value != t.negated, n.Value == t.negated
	}
	return true, true
}

// clear reports whether the arithmetic follows every part of a test, so that nothing is missing from its result.
func (r *reader) clear(t test) bool {
	c, ok := r.compared(t)
	return ok && !c.left.opaque && !c.right.opaque
}

// reads returns what a test reads.
func (r *reader) reads(t test) value { return r.opaque(t.node) }

// narrowed returns the range of each side that is compared with a fixed number, by key, for when the whole alternative is true.
func (r *reader) narrowed(a alternative) map[string]Range {
	ranges := map[string]Range{}
	for _, t := range a {
		c, ok := r.compared(t)
		if !ok {
			continue
		}
		if c, ok = c.fixedRight(); !ok {
			continue
		}
		before, known := ranges[c.left.key()]
		if !known {
			before = c.left.Range
		}
		ranges[c.left.key()] = before.and(bounds(c.operator, c.right.Range))
	}
	return ranges
}
