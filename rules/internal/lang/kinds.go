package lang

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// The kinds of values. A list has the kind of a slice of its elements.
var (
	numberKind  = reflect.TypeFor[float64]()
	integerKind = reflect.TypeFor[int]()
	booleanKind = reflect.TypeFor[bool]()
	textKind    = reflect.TypeFor[string]()
)

// A typed is a checked expression.
type typed struct {
	node ast.Node
	kind reflect.Type // nil: broken, and the problem is already noted
	most float64      // no number in it is of a larger magnitude; +Inf: it may have overflowed
}

func (t typed) broken() bool  { return t.kind == nil }
func (t typed) boolean() bool { return t.kind == booleanKind }
func (t typed) text() bool    { return t.kind == textKind }
func (t typed) integer() bool { return t.kind == integerKind }
func (t typed) number() bool  { return t.kind == numberKind || t.kind == integerKind }
func (t typed) list() bool    { return t.kind != nil && t.kind.Kind() == reflect.Slice }
func (t typed) scalar() bool  { return t.kind != nil && !t.list() }

// element returns what a list consists of.
func (t typed) element(n ast.Node) typed { return retyped(n, t.kind.Elem(), t.most) }

// retyped sets the kind of a node, and returns it as a checked expression.
func retyped(n ast.Node, kind reflect.Type, most float64) typed {
	n.SetType(kind)
	return typed{node: n, kind: kind, most: most}
}

// listOf returns the kind of a list.
func listOf(element reflect.Type) reflect.Type { return reflect.SliceOf(element) }

// common returns the kind that two kinds share: integers are numbers too. It is nil when they share none.
func common(a, b reflect.Type) reflect.Type {
	switch {
	case a == b:
		return a
	case a.Kind() == reflect.Slice && b.Kind() == reflect.Slice:
		if element := common(a.Elem(), b.Elem()); element != nil {
			return listOf(element)
		}
	case (typed{kind: a}).number() && (typed{kind: b}).number():
		return numberKind
	}
	return nil
}

// kindNames are the words for kinds in messages.
var kindNames = map[reflect.Type]string{
	numberKind:          "a number",
	integerKind:         "a whole number",
	booleanKind:         "true or false",
	textKind:            "text",
	listOf(numberKind):  "a list of numbers",
	listOf(integerKind): "a list of numbers",
	listOf(booleanKind): "a list of true and false",
	listOf(textKind):    "a list of texts",
}
