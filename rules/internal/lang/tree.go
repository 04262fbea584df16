package lang

import (
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"

	"notewatch/rules/internal/names"
)

// Children returns pointers to the children of a node, in the order of the text. A leaf has none.
func Children(n ast.Node) []*ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []*ast.Node{&n.Node}
	case *ast.BinaryNode:
		return []*ast.Node{&n.Left, &n.Right}
	case *ast.MemberNode:
		if _, ok := names.PathOf(n); ok {
			return nil
		}
		return []*ast.Node{&n.Node, &n.Property}
	case *ast.SliceNode:
		return slices.DeleteFunc([]*ast.Node{&n.Node, &n.From, &n.To}, func(n *ast.Node) bool { return *n == nil })
	case *ast.ConditionalNode:
		return []*ast.Node{&n.Cond, &n.Exp1, &n.Exp2}
	case *ast.PredicateNode:
		return []*ast.Node{&n.Node}
	case *ast.BuiltinNode:
		return pointers(n.Arguments)
	case *ast.ArrayNode:
		return pointers(n.Nodes)
	}
	return nil
}

func pointers(nodes []ast.Node) []*ast.Node {
	list := make([]*ast.Node, len(nodes))
	for i := range nodes {
		list[i] = &nodes[i]
	}
	return list
}

// rebuild returns a copy of a node in which change has replaced each child.
func rebuild(n ast.Node, change func(ast.Node) ast.Node) ast.Node {
	twin := copyOf(n)
	for _, child := range Children(twin) {
		*child = change(*child)
	}
	return twin
}

// copyOf copies a node, not its children.
func copyOf(n ast.Node) ast.Node {
	value := reflect.New(reflect.TypeOf(n).Elem())
	value.Elem().Set(reflect.ValueOf(n).Elem())
	twin := value.Interface().(ast.Node)
	switch twin := twin.(type) {
	case *ast.BuiltinNode:
		twin.Arguments = slices.Clone(twin.Arguments)
	case *ast.ArrayNode:
		twin.Nodes = slices.Clone(twin.Nodes)
	}
	return twin
}

// The constructors of nodes that the three programs of an expression are made of.

func constant(x float64) ast.Node { return &ast.FloatNode{Value: x} }

func boolean(x bool) ast.Node { return &ast.BoolNode{Value: x} }

func not(n ast.Node) ast.Node { return &ast.UnaryNode{Operator: "!", Node: n} }

func binary(operator string, a, b ast.Node) ast.Node {
	return &ast.BinaryNode{Operator: operator, Left: a, Right: b}
}

func choose(cond, yes, no ast.Node) ast.Node {
	return &ast.ConditionalNode{Ternary: true, Cond: cond, Exp1: yes, Exp2: no}
}

func call(name string, arguments ...ast.Node) ast.Node {
	return &ast.BuiltinNode{Name: name, Arguments: arguments}
}

// loop calls a function that takes a list and a predicate over its elements.
func loop(name string, list, body ast.Node) ast.Node {
	return call(name, list, &ast.PredicateNode{Node: body})
}

// predicate returns the body of a loop.
func predicate(n *ast.BuiltinNode) ast.Node { return n.Arguments[1].(*ast.PredicateNode).Node }
