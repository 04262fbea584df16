package lint

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"notewatch/rules/internal/names"
)

// A Text is an expression of a rule.
type Text struct{ Field, Expr string }

// TextOf returns the expression of a field; none if it is empty.
func TextOf(field, expr string) []Text {
	if expr == "" {
		return nil
	}
	return []Text{{field, expr}}
}

// An expression is a node of the text of a field.
type expression struct {
	Text
	node ast.Node
}

// at returns a node of the same text.
func (e expression) at(n ast.Node) expression { return expression{e.Text, n} }

// parse parses a text that has been compiled before.
func (t Text) parse() (expression, bool) {
	tree, err := parser.Parse(t.Expr)
	if err != nil {
		return expression{}, false
	}
	return expression{t, tree.Node}, true
}

// String returns the expression as its author may have written it.
func (e expression) String() string { return e.node.String() }

// offset returns where the expression begins in its text, in bytes.
func (e expression) offset() int {
	first := &firstNode{at: len(e.Expr)}
	ast.Walk(&e.node, first)
	for offset := range e.Expr {
		if first.at <= 0 {
			return offset
		}
		first.at--
	}
	return len(e.Expr)
}

// A firstNode finds the first character that a tree was parsed from.
type firstNode struct{ at int }

// Visit looks at one node.
func (f *firstNode) Visit(n *ast.Node) { f.at = min(f.at, (*n).Location().From) }

// comparison returns the operator and the sides of a comparison; nil if the expression is none.
func (e expression) comparison() (operator string, left, right expression, ok bool) {
	n, ok := e.node.(*ast.BinaryNode)
	if !ok || inverse[n.Operator] == "" {
		return "", e, e, false
	}
	return n.Operator, e.at(n.Left), e.at(n.Right), true
}

// comparisons returns all comparisons in an expression, but for those of named parts.
func (e expression) comparisons() (all []expression) {
	found := &comparisonNodes{}
	ast.Walk(&e.node, found)
	for _, n := range found.nodes {
		all = append(all, e.at(n))
	}
	return all
}

type comparisonNodes struct{ nodes []ast.Node }

// Visit looks at one node.
func (c *comparisonNodes) Visit(n *ast.Node) {
	if b, ok := (*n).(*ast.BinaryNode); ok && inverse[b.Operator] != "" {
		c.nodes = append(c.nodes, b)
	}
}

// leafOf returns the leaf that a node reads.
func (r *reader) leafOf(n ast.Node) (Leaf, bool) {
	path, ok := names.PathOf(n)
	if !ok {
		return Leaf{}, false
	}
	return r.rule.Leaf(path)
}
