package lang

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/expr-lang/expr/ast"

	"notewatch/rules/internal/names"
)

// What expressions can read.
type (
	// A Leaf is one thing that an expression can read, such as bytes.today.
	Leaf = names.Leaf
	// A Vocabulary is the names of what expressions can read.
	Vocabulary = names.Vocabulary
)

// A Layout gives each leaf that a set of expressions reads a place in the struct that their programs run on. A leaf that no expression
// reads costs nothing. Compilers add leaves to it, one compiler at a time. Afterwards several goroutines may use it.
type Layout struct {
	names  *Vocabulary
	slots  []slot
	places map[string]int // of slots, by path
	fields []reflect.StructField

	sealed sync.Once    // when the first View needs the structure
	kind   reflect.Type // of the struct
}

// A slot is the place of one leaf.
type slot struct {
	leaf  *Leaf
	value int // its field
	known int // the field that says whether it is known; -1: the value itself does
}

// The names of fields are one of these prefixes and the number of the slot.
const (
	valuePrefix = "V"
	knownPrefix = "K"
)

// NewLayout returns a layout without leaves of a vocabulary.
func NewLayout(v *Vocabulary) *Layout { return &Layout{names: v, places: map[string]int{}} }

// place returns the node that reads a leaf in a checked tree, and gives the leaf a place if it has none.
func (l *Layout) place(leaf *Leaf) ast.Node {
	at, ok := l.places[leaf.Path()]
	if !ok {
		at = len(l.slots)
		s := slot{leaf: leaf, value: len(l.fields), known: -1}
		l.fields = append(l.fields, reflect.StructField{Name: valuePrefix + strconv.Itoa(at), Type: leaf.Kind})
		if leaf.Kind != numberKind && leaf.Kind != listOf(numberKind) && leaf.MayBeUnknown() {
			s.known = len(l.fields)
			l.fields = append(l.fields, reflect.StructField{Name: knownPrefix + strconv.Itoa(at), Type: booleanKind})
		}
		l.slots, l.places[leaf.Path()] = append(l.slots, s), at
	}
	return &ast.IdentifierNode{Value: valuePrefix + strconv.Itoa(at)}
}

// zero returns a struct of the fields so far. A program that was compiled for it runs on every later struct too, since fields keep
// their places.
func (l *Layout) zero() any { return reflect.Zero(reflect.StructOf(l.fields)).Interface() }

// isLeaf reports whether a node of a checked tree reads a leaf: nothing else in it has a name.
func isLeaf(n ast.Node) bool {
	_, ok := n.(*ast.IdentifierNode)
	return ok
}

// slot returns the place of the leaf that a node of a checked tree reads. ok is false if it reads none.
func (l *Layout) slot(n ast.Node) (at int, ok bool) {
	name, ok := n.(*ast.IdentifierNode)
	if !ok {
		return 0, false
	}
	at, err := strconv.Atoi(name.Value[len(valuePrefix):])
	return at, err == nil
}

// leaf returns the leaf that a node of a checked tree reads; nil if it reads none.
func (l *Layout) leaf(n ast.Node) *Leaf {
	if at, ok := l.slot(n); ok {
		return l.slots[at].leaf
	}
	return nil
}

// tests returns the tests of whether the leaf of a node is known. A View stores NaN for a number that is not known, and an empty
// list for such a series.
func (l *Layout) tests(n ast.Node) []test {
	at, _ := l.slot(n)
	s := l.slots[at]
	switch {
	case s.leaf.Kind == numberKind:
		return []test{{node: binary("==", copyOf(n), copyOf(n)), leaf: s.leaf.Path()}}
	case s.leaf.Kind == listOf(numberKind):
		return []test{{node: binary(">", call("len", copyOf(n)), &ast.IntegerNode{}), leaf: s.leaf.Path()}}
	case s.known >= 0:
		return []test{{node: &ast.IdentifierNode{Value: knownPrefix + strconv.Itoa(at)}, leaf: s.leaf.Path()}}
	}
	return nil
}

// reads returns the leaves that a tree reads, each once, in the order of the vocabulary.
func (l *Layout) reads(n ast.Node) []*Leaf { return inOrder(l.read(n, nil)) }

// read appends the leaves that a tree reads.
func (l *Layout) read(n ast.Node, all []*Leaf) []*Leaf {
	if leaf := l.leaf(n); leaf != nil {
		return append(all, leaf)
	}
	for _, child := range Children(n) {
		all = l.read(*child, all)
	}
	return all
}

// vital returns leaves that an expression needs: if one of them is no data, so is the expression, whatever the others are.
func (l *Layout) vital(n ast.Node) (all []*Leaf) {
	if leaf := l.leaf(n); leaf != nil {
		return []*Leaf{leaf}
	}
	switch n := n.(type) {
	case *ast.ConditionalNode, *ast.PredicateNode:
		return nil
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "||", "??":
			left := l.vital(n.Left)
			return slices.DeleteFunc(l.vital(n.Right), func(leaf *Leaf) bool { return !slices.ContainsFunc(left, leaf.Is) })
		}
	}
	for _, child := range Children(n) {
		all = append(all, l.vital(*child)...)
	}
	return inOrder(all)
}

// inOrder sorts leaves in the order of the vocabulary and removes those that are there twice.
func inOrder(all []*Leaf) []*Leaf {
	slices.SortFunc(all, (*Leaf).Compare)
	return slices.CompactFunc(all, (*Leaf).Is)
}

// compared returns the leaves that stand in a comparison of a tree, in the order of the text.
func (l *Layout) compared(n ast.Node, inComparison bool) []*Leaf {
	if leaf := l.leaf(n); leaf != nil && inComparison && !leaf.Computed() {
		return []*Leaf{leaf}
	}
	if op, ok := n.(*ast.BinaryNode); ok {
		switch op.Operator {
		case "==", "!=", "<", "<=", ">", ">=", "in":
			inComparison = true
		}
	}
	var all []*Leaf
	for _, child := range Children(n) {
		all = append(all, l.compared(*child, inComparison)...)
	}
	return all
}

// mask returns the mask of leaves that have places.
func (l *Layout) mask(leaves []*Leaf) mask {
	places := make([]int, len(leaves))
	for i, leaf := range leaves {
		places[i] = l.places[leaf.Path()]
	}
	slices.Sort(places)
	return maskOf(places)
}

// structure returns the type of the struct that programs run on. Compilers cannot add leaves after the first call.
func (l *Layout) structure() reflect.Type {
	l.sealed.Do(func() { l.kind = reflect.StructOf(l.fields) })
	return l.kind
}

// fill reads the leaves from a struct of the vocabulary, and notes those that are no data and the numbers that are 0.
func (l *Layout) fill(to, from reflect.Value, unknown, zero bitmap) {
	clear(unknown)
	clear(zero)
	for i, s := range l.slots {
		field := to.Field(s.value)
		if !read(s.leaf, from, field) {
			unknown[i/64] |= 1 << (i % 64)
			continue
		}
		if s.leaf.Kind == numberKind && field.Float() == 0 {
			zero[i/64] |= 1 << (i % 64)
		}
		if s.known >= 0 {
			to.Field(s.known).SetBool(true)
		}
	}
}

// read sets a field to the value of the leaf in a struct. ok is false if it is no data: a number is NaN then, a list empty.
func read(l *Leaf, from, to reflect.Value) (ok bool) {
	field, known := l.Field(from)
	switch l.Kind {
	case numberKind:
		if known = known && usable(field.Float()); known {
			to.SetFloat(field.Float())
		} else {
			to.SetFloat(math.NaN())
		}
	case listOf(numberKind):
		if known = known && whole(field.Interface().([]float64)); known {
			to.Set(field)
		}
	default:
		if known {
			to.Set(field)
		}
	}
	return known
}

// A number counts as data if it is zero, or if its magnitude lies between these. Beyond the largest, a float64 no longer counts exactly.
// With both bounds, arithmetic on a few numbers cannot overflow.
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
