package names

import "github.com/expr-lang/expr/ast"

// PathOf returns the path that a node of a parsed expression reads, such as bytes.today or notefiles["data.qo"].today.
func PathOf(n ast.Node) (path string, ok bool) {
	member, ok := n.(*ast.MemberNode)
	if !ok {
		return "", false
	}
	name, isText := member.Property.(*ast.StringNode)
	if !isText {
		return "", false
	}
	switch of := member.Node.(type) {
	case *ast.IdentifierNode:
		return of.Value + "." + name.Value, true
	case *ast.MemberNode:
		object, isName := of.Node.(*ast.IdentifierNode)
		key, isText := of.Property.(*ast.StringNode)
		if isName && isText {
			return Keyed(object.Value, key.Value) + "." + name.Value, true
		}
	}
	return "", false
}
