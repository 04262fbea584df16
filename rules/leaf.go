package rules

import (
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// A leaf is one thing that an expression can read, such as bytes.today. The index of a leaf in leaves is also its bit
// in a set of leaves.
type leaf struct {
	object, member string
	kind           reflect.Type
	index          []int // of the field in Env
	known          []int // of the Known field of its object; nil when the object has none
}

func (l leaf) path() string { return l.object + "." + l.member }

// A leafSet is a set of leaves.
type leafSet uint64

// has reports whether the set contains a leaf that the function accepts.
func (s leafSet) has(accept func(leaf) bool) bool {
	for i, l := range leaves {
		if s&(1<<i) != 0 && accept(l) {
			return true
		}
	}
	return false
}

// knownMember is the tag of the field that says whether an object is known. Expressions cannot name it.
const knownMember = "known"

// leaves are all leaves, in the order of the fields of Env; leafIndex finds them by path.
var (
	leaves    = leavesOf(reflect.TypeFor[Env]())
	leafIndex = indexOf(leaves)
)

// metrics are the figures behind the objects of Env that are metrics.
var metrics = map[string]Figure{"bytes": Bytes, "events": Events, "sessions": Sessions}

func leavesOf(env reflect.Type) []leaf {
	var all []leaf
	for _, object := range reflect.VisibleFields(env) {
		var known []int
		for _, member := range reflect.VisibleFields(object.Type) {
			l := leaf{
				object: object.Tag.Get("expr"),
				member: member.Tag.Get("expr"),
				kind:   member.Type,
				index:  slices.Concat(object.Index, member.Index),
			}
			switch l.member {
			case "-", "":
			case knownMember:
				known = l.index
			default:
				l.known = known
				all = append(all, l)
			}
		}
	}
	return all
}

func indexOf(all []leaf) map[string]int {
	index := make(map[string]int, len(all))
	for i, l := range all {
		index[l.path()] = i
	}
	return index
}

// objects returns the names that a rule of the scope can read members of.
func objects(each Scope) []string {
	var names []string
	for _, l := range leaves {
		if !slices.Contains(names, l.object) && (l.object != "device" || each == EachDevice) {
			names = append(names, l.object)
		}
	}
	return names
}

// membersOf returns the members of an object; none if there is no such object.
func membersOf(object string) []string {
	var names []string
	for _, l := range leaves {
		if l.object == object {
			names = append(names, l.member)
		}
	}
	return names
}

// leafOf returns the index of the leaf that a node reads.
func leafOf(n ast.Node) (int, bool) {
	member, ok := n.(*ast.MemberNode)
	if !ok {
		return 0, false
	}
	object, ok := member.Node.(*ast.IdentifierNode)
	if !ok {
		return 0, false
	}
	name, ok := member.Property.(*ast.StringNode)
	if !ok {
		return 0, false
	}
	i, ok := leafIndex[object.Value+"."+name.Value]
	return i, ok
}

// leavesIn returns the leaves that a tree reads.
func leavesIn(n ast.Node) leafSet {
	if i, ok := leafOf(n); ok {
		return 1 << i
	}
	var set leafSet
	for _, child := range children(n) {
		set |= leavesIn(*child)
	}
	return set
}

// kindOf returns the kind of a rule that reads a set of leaves.
func kindOf(reads leafSet) Kind {
	metric := func(member string) bool {
		return reads.has(func(l leaf) bool { _, ok := metrics[l.object]; return ok && l.member == member })
	}
	switch {
	case metric("used"):
		return PeriodRule
	case metric("today"):
		return DayRule
	}
	return Live
}

// readsOf says of a set of leaves where they come from.
func readsOf(reads leafSet) Reads {
	figures := map[Figure]bool{}
	var r Reads
	reads.has(func(l leaf) bool {
		if figure, ok := metrics[l.object]; ok {
			figures[figure] = true
			r.Series = r.Series || l.member == "series"
		}
		r.Device = r.Device || l.object == "device" || l.object == "project"
		r.Counts = r.Counts || l.object == "project" && l.kind == numberKind
		r.Poll = r.Poll || l.object == "poll"
		return false
	})
	r.Figures = slices.Sorted(maps.Keys(figures))
	return r
}

// The figures that count as data lie between these magnitudes, or are zero. Beyond the largest a float64 no longer
// counts exactly; and with both, arithmetic on a handful of figures cannot overflow.
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
