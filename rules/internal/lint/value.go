package lint

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// A Leaf is one number, or list of numbers, that an expression reads.
type Leaf struct {
	Path, Object, Member string
	Metric               bool    // whether the object is a metric
	Grows                bool    // whether it only grows until its day or period ends
	Range                Range   // of each number
	Unit                 string  // as B or h; "count" of things; "" is a ratio
	Floor                float64 // of a metric: the least that a ratio divides by
}

// A value is what is known about a number, or about each number of a list.
type value struct {
	Range
	unit   unit
	leaf   string          // the path of the leaf that it is; "" if it is computed
	reads  map[string]Leaf // by path
	parted Leaf            // the member of a metric of which the value is a share, and which may be 0; zero if there is none
	opaque bool            // the arithmetic does not follow all of it
}

// unclear returns a value about which nothing is known except what it reads.
func unclear(values ...value) value {
	return value{Range: anyNumber, unit: unknown, reads: readsOf(values...), opaque: true}
}

func readsOf(values ...value) map[string]Leaf {
	all := map[string]Leaf{}
	for _, v := range values {
		maps.Copy(all, v.reads)
	}
	return all
}

// fixed reports whether the value reads nothing: it is always the same.
func (v value) fixed() bool { return len(v.reads) == 0 }

// any reports whether something that is read has a property.
func (v value) any(has func(Leaf) bool) bool {
	for _, l := range v.reads {
		if has(l) {
			return true
		}
	}
	return false
}

// sorted returns what is read, by path.
func (v value) sorted() []Leaf {
	return slices.SortedFunc(maps.Values(v.reads), func(a, b Leaf) int { return cmp.Compare(a.Path, b.Path) })
}

// first returns the first member of a metric that is read, by path.
func (v value) first() (first Leaf) {
	for _, l := range v.sorted() {
		if l.Metric {
			return l
		}
	}
	return first
}

// A reader computes values of one rule.
type reader struct {
	rule  Rule
	named map[string]expression // limit and the lets
	given func(Leaf) Range      // the range of a leaf
}

// with returns a reader with other ranges of leaves.
func (r *reader) with(given func(Leaf) Range) *reader { return &reader{r.rule, r.named, given} }

// factors are the functions that write bytes.
var factors = map[string]float64{"kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}

// value computes a number or list.
func (r *reader) value(n ast.Node) value {
	if l, ok := r.leafOf(n); ok {
		return value{Range: r.given(l), unit: unit(l.Unit), leaf: l.Path, reads: map[string]Leaf{l.Path: l}}
	}
	switch n := n.(type) {
	case *ast.IntegerNode:
		return value{Range: exactly(float64(n.Value))}
	case *ast.FloatNode:
		return value{Range: exactly(n.Value)}
	case *ast.IdentifierNode:
		if e, ok := r.named[n.Value]; ok {
			return r.value(e.node)
		}
	case *ast.UnaryNode:
		v := r.value(n.Node)
		if n.Operator == "-" {
			v.Range, v.leaf = v.negated(), ""
		}
		return v
	case *ast.BinaryNode:
		return r.operation(n)
	case *ast.ConditionalNode:
		yes, no := r.value(n.Exp1), r.value(n.Exp2)
		return value{
			Range: yes.or(no.Range), unit: sum(yes.unit, no.unit), reads: readsOf(yes, no, r.opaque(n.Cond)), opaque: yes.opaque || no.opaque,
		}
	case *ast.BuiltinNode:
		return r.function(n)
	case *ast.CallNode:
		return r.written(n)
	}
	return r.opaque(n)
}

// opaque returns a value that the arithmetic does not follow, with what it reads.
func (r *reader) opaque(n ast.Node) value {
	found := &leafNodes{reader: r, reads: map[string]Leaf{}}
	ast.Walk(&n, found)
	return value{Range: anyNumber, unit: unknown, reads: found.reads, opaque: true}
}

// leafNodes finds what a tree reads, through named parts.
type leafNodes struct {
	reader *reader
	reads  map[string]Leaf
}

// Visit looks at one node.
func (f *leafNodes) Visit(n *ast.Node) {
	if l, ok := f.reader.leafOf(*n); ok {
		f.reads[l.Path] = l
	}
	if name, ok := (*n).(*ast.IdentifierNode); ok {
		if e, ok := f.reader.named[name.Value]; ok {
			ast.Walk(&e.node, f)
		}
	}
}

// written computes kb(40) and the like.
func (r *reader) written(n *ast.CallNode) value {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || len(n.Arguments) != 1 {
		return r.opaque(n)
	}
	v := r.value(n.Arguments[0])
	return value{Range: v.times(exactly(factors[callee.Value])), unit: bytes, reads: v.reads, opaque: v.opaque}
}

func (r *reader) operation(n *ast.BinaryNode) value {
	a, b := r.value(n.Left), r.value(n.Right)
	v := value{reads: readsOf(a, b), opaque: a.opaque || b.opaque, parted: cmp.Or(a.parted, b.parted)}
	switch n.Operator {
	case "+":
		v.Range, v.unit = a.plus(b.Range), sum(a.unit, b.unit)
	case "-":
		v.Range, v.unit = a.plus(b.negated()), sum(a.unit, b.unit)
	case "*":
		v.Range, v.unit = a.times(b.Range), productUnit(a.unit, b.unit)
	case "/":
		v.Range, v.unit = a.over(b.Range), quotient(a.unit, b.unit)
		if share := !a.fixed() && a.unit == b.unit; share && b.Least <= 0 {
			v.parted = b.first()
		}
	case "??":
		v.Range, v.unit = a.or(b.Range), sum(a.unit, b.unit)
	default:
		return unclear(a, b)
	}
	return v
}

func (r *reader) function(n *ast.BuiltinNode) value {
	var values []value
	for _, argument := range n.Arguments {
		if _, loop := argument.(*ast.PredicateNode); loop {
			return r.opaque(n)
		}
		values = append(values, r.value(argument))
	}
	v := values[0]
	v.leaf, v.reads = "", readsOf(values...)
	for _, other := range values[1:] {
		v.unit, v.opaque = sum(v.unit, other.unit), v.opaque || other.opaque
	}
	switch n.Name {
	case "max":
		v.Range = fold(values, Range.greatest)
	case "min":
		v.Range = fold(values, Range.least)
	case "mean", "median", "first", "last":
		v.Range = fold(values, Range.or)
	case "abs":
		v.Range = v.magnitude()
	case "floor", "ceil", "round", "int":
		v.Range = combined(v.Range, v.Range, math.Floor(v.Least), math.Ceil(v.Most))
	case "float":
	default:
		return unclear(values...)
	}
	return v
}

// fold combines the ranges of several values.
func fold(values []value, combine func(a, b Range) Range) Range {
	all := values[0].Range
	for _, v := range values[1:] {
		all = combine(all, v.Range)
	}
	return all
}
