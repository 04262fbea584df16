package lang

import (
	"iter"
	"math"
	"math/bits"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// A Leaf is one thing that an expression can read, such as bytes.today.
type Leaf struct {
	Object, Member string
	Unit           string // of a number: "B" for bytes, else ""

	id    int // its place among the leaves, and its bit in a set of leaves
	kind  reflect.Type
	index []int // of the field in the struct that is read
	known []int // of the field that says whether the object is known; nil when the object has none
}

// Path returns the text that reads the leaf, such as bytes.today.
func (l *Leaf) Path() string { return l.Object + "." + l.Member }

// Number reports whether the leaf is a number.
func (l *Leaf) Number() bool { return l.kind == numberKind }

// A leafSet is a set of leaves.
type leafSet uint64

// maxLeaves is how many leaves a leafSet can tell apart.
const maxLeaves = 64

// all returns the leaves of the set, in their order.
func (s leafSet) all(v *Vocabulary) iter.Seq[*Leaf] {
	return func(yield func(*Leaf) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(v.leaves[bits.TrailingZeros64(uint64(s))]) {
				return
			}
		}
	}
}

// A Vocabulary is the names of what expressions can read.
type Vocabulary struct {
	env     any // the zero value of the struct that is read, for expr
	objects []object
	leaves  []*Leaf
	byPath  map[string]*Leaf
}

// An object is a name that has members.
type object struct {
	name    string
	scope   string // the only scope that sees it; "" is that all do
	members []string
}

// The tags of the fields of a struct that is read.
const (
	nameTag  = "expr"  // of an object, and of a member; "-" is none
	scopeTag = "scope" // of an object: the only scope that sees it
	unitTag  = "unit"  // of the members of an object, unless a member has its own
)

// knownMember is the name of the field that says whether an object is known. Expressions cannot name it.
const knownMember = "known"

// NewVocabulary returns the names of E, a struct of structs: the objects and their members. Fields have the tag expr with their
// names. An object with a field named known is no data while that is false. The tag scope of an object names the only scope
// that sees it; the tag unit is the unit of its members, or of one member.
func NewVocabulary[E any]() *Vocabulary {
	v := &Vocabulary{env: *new(E), byPath: map[string]*Leaf{}}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[E]()) {
		v.add(field)
	}
	return v
}

func (v *Vocabulary) add(field reflect.StructField) {
	o := object{name: field.Tag.Get(nameTag), scope: field.Tag.Get(scopeTag)}
	var known []int
	for _, member := range reflect.VisibleFields(field.Type) {
		index := slices.Concat(field.Index, member.Index)
		switch name := member.Tag.Get(nameTag); name {
		case "-", "":
		case knownMember:
			known = index
		default:
			unit, own := member.Tag.Lookup(unitTag)
			if !own {
				unit = field.Tag.Get(unitTag)
			}
			l := &Leaf{Object: o.name, Member: name, Unit: unit, id: len(v.leaves), kind: member.Type, index: index, known: known}
			v.leaves = append(v.leaves, l)
			v.byPath[l.Path()] = l
			o.members = append(o.members, name)
		}
	}
	v.objects = append(v.objects, o)
}

// Leaf returns the leaf of a path, such as bytes.today; nil if there is none.
func (v *Vocabulary) Leaf(path string) *Leaf { return v.byPath[path] }

// seen returns the names that a rule of a scope can read members of.
func (v *Vocabulary) seen(scope string) []string {
	var names []string
	for _, o := range v.objects {
		if o.scope == "" || o.scope == scope {
			names = append(names, o.name)
		}
	}
	return names
}

// members returns the members of an object; none if there is no such object.
func (v *Vocabulary) members(name string) []string {
	for _, o := range v.objects {
		if o.name == name {
			return o.members
		}
	}
	return nil
}

// leaf returns the leaf that a node of a checked tree reads; nil if it reads none.
func (v *Vocabulary) leaf(n ast.Node) *Leaf {
	if path, ok := pathOf(n); ok {
		return v.byPath[path]
	}
	return nil
}

// pathOf returns the path that a node reads. In what has been checked, that is the path of a leaf.
func pathOf(n ast.Node) (path string, ok bool) {
	member, ok := n.(*ast.MemberNode)
	if !ok {
		return "", false
	}
	object, ok := member.Node.(*ast.IdentifierNode)
	if !ok {
		return "", false
	}
	name, ok := member.Property.(*ast.StringNode)
	if !ok {
		return "", false
	}
	return object.Value + "." + name.Value, true
}

func isLeaf(n ast.Node) bool {
	_, ok := pathOf(n)
	return ok
}

// reads returns the leaves that a tree reads.
func (v *Vocabulary) reads(n ast.Node) leafSet {
	if l := v.leaf(n); l != nil {
		return 1 << l.id
	}
	var set leafSet
	for _, child := range children(n) {
		set |= v.reads(*child)
	}
	return set
}

// vital returns leaves without any of which an expression is no data, whatever the others are.
func (v *Vocabulary) vital(n ast.Node) leafSet {
	if l := v.leaf(n); l != nil {
		return 1 << l.id
	}
	switch n := n.(type) {
	case *ast.ConditionalNode, *ast.PredicateNode:
		return 0
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "||", "??":
			return v.vital(n.Left) & v.vital(n.Right)
		}
	}
	var set leafSet
	for _, child := range children(n) {
		set |= v.vital(*child)
	}
	return set
}

// compared returns the leaves that stand in a comparison of a tree, in the order of the text.
func (v *Vocabulary) compared(n ast.Node, inComparison bool) []*Leaf {
	if l := v.leaf(n); l != nil && inComparison {
		return []*Leaf{l}
	}
	if op, ok := n.(*ast.BinaryNode); ok {
		switch op.Operator {
		case "==", "!=", "<", "<=", ">", ">=", "in":
			inComparison = true
		}
	}
	var all []*Leaf
	for _, child := range children(n) {
		all = append(all, v.compared(*child, inComparison)...)
	}
	return all
}

// The numbers that count as data lie between these magnitudes, or are zero. Beyond the largest a float64 no longer
// counts exactly; and with both, arithmetic on a handful of numbers cannot overflow.
const (
	largest  = 1 << 53
	smallest = 1e-30
)

// usable reports whether a number is data.
func usable(x float64) bool {
	magnitude := math.Abs(x)
	return x == 0 || magnitude >= smallest && magnitude <= largest
}

// whole reports whether a series is data: it has days, and no hole among them.
func whole(series []float64) bool {
	return len(series) > 0 && !slices.ContainsFunc(series, func(x float64) bool { return !usable(x) })
}
