package lang

import (
	"cmp"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"notewatch/rules/internal/names"
)

// Units finds the units of numbers in the texts of one rule.
type Units struct {
	names *Vocabulary
	limit string              // unit of the limit
	lets  map[string]ast.Node // by name
}

// Units returns the units of numbers in texts with the named parts of c. limit is the unit of the limit.
func (c *Compiler) Units(limit string) *Units {
	u := &Units{names: c.names, limit: limit, lets: map[string]ast.Node{}}
	for name, text := range c.texts {
		if tree, err := parser.Parse(text); err == nil {
			u.lets[name] = tree.Node
		}
	}
	return u
}

// Of returns the unit of a number that a node of a source computes, as far as its form shows.
func (u *Units) Of(n ast.Node) string {
	if path, ok := names.PathOf(n); ok {
		if l := u.names.Leaf(path); l != nil {
			return l.Unit
		}
	}
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if n.Value == LimitName {
			return u.limit
		}
		return u.Of(u.lets[n.Value])
	case *ast.CallNode:
		return unitOfBytes // there are kb, mb and the like only
	case *ast.UnaryNode:
		return u.Of(n.Node)
	case *ast.BinaryNode:
		return u.ofOperation(n)
	case *ast.ConditionalNode:
		return cmp.Or(u.Of(n.Exp1), u.Of(n.Exp2))
	case *ast.MemberNode:
		return u.Of(n.Node)
	case *ast.SliceNode:
		return u.Of(n.Node)
	case *ast.BuiltinNode:
		return u.ofFunction(n)
	}
	return ""
}

const (
	unitOfBytes = "B"
	unitOfShare = "%" // what is multiplied with a share or divided by 100 no longer is one
)

func (u *Units) ofOperation(n *ast.BinaryNode) string {
	left, right := u.Of(n.Left), u.Of(n.Right)
	share := left == unitOfShare || right == unitOfShare
	switch n.Operator {
	case "+", "-", "??", "%":
		return cmp.Or(left, right)
	case "*":
		if !share && (left == "" || right == "") {
			return left + right
		}
	case "/":
		if !share && right == "" {
			return left
		}
	}
	return ""
}

func (u *Units) ofFunction(n *ast.BuiltinNode) string {
	switch n.Name {
	case "len", "count", "findIndex", "indexOf", "lastIndexOf", "map":
		return ""
	case "sum":
		if len(n.Arguments) > 1 {
			return ""
		}
	}
	for _, argument := range n.Arguments {
		if _, ok := argument.(*ast.PredicateNode); ok {
			continue
		}
		if unit := u.Of(argument); unit != "" {
			return unit
		}
	}
	return ""
}
