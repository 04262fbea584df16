package lang

import (
	"math"
	"reflect"
	"slices"
)

// A Leaf is one thing that an expression can read, such as bytes.today.
type Leaf struct {
	Object, Member string
	Unit           string            // of a number, such as "B" for bytes; "" is a plain number
	Counts         bool              // whether a plain number counts something; else it is a ratio
	Tag            reflect.StructTag // of the member

	id    int // its place in the vocabulary
	kind  reflect.Type
	scope string // the only scope that sees the object; "" is that all do
	index []int  // of the field in the struct that is read
	known []int  // of the field that says whether the object is known; nil when the object has none
}

// Path returns the text that reads the leaf, such as bytes.today.
func (l *Leaf) Path() string { return l.Object + "." + l.Member }

// field returns the field of the struct that is read, and whether the object is known.
func (l *Leaf) field(structure reflect.Value) (field reflect.Value, known bool) {
	object := structure.Field(l.index[0])
	return object.Field(l.index[1]), l.known == nil || object.Field(l.known[1]).Bool()
}

// mayBeUnknown reports whether the leaf can be no data although it is neither a number nor a list of numbers.
func (l *Leaf) mayBeUnknown() bool { return l.known != nil }

// Number reports whether the leaf is a number.
func (l *Leaf) Number() bool { return l.kind == numberKind }

// A Vocabulary is the names of what expressions can read.
type Vocabulary struct {
	leaves []*Leaf
	byPath map[string]*Leaf
}

// The tags of the fields of a struct that is read.
const (
	nameTag  = "expr"  // of an object, and of a member; "-" is none
	scopeTag = "scope" // of an object: the only scope that sees it
	unitTag  = "unit"  // of the members of an object, unless a member has its own
	needsTag = "needs" // of a member: only objects that have it have the member
	hasTag   = "has"   // of an object
)

// countUnit is the unit of a plain number that counts something, where a tag must say so.
const countUnit = "count"

// knownMember is the name of the field that says whether an object is known. Expressions cannot name it.
const knownMember = "known"

// NewVocabulary returns the names of E, a struct of structs: the objects and their members. Fields have the tag expr with their
// names. An object with a field named known is no data while that is false. The tag scope of an object names the only scope
// that sees it; the tag unit is the unit of its members, or of one member. A member with the tag needs is left out of the objects that
// do not have the same text in their tag has.
func NewVocabulary[E any]() *Vocabulary {
	v := &Vocabulary{byPath: map[string]*Leaf{}}
	for _, object := range reflect.VisibleFields(reflect.TypeFor[E]()) {
		var known []int
		for _, member := range reflect.VisibleFields(object.Type) {
			l := &Leaf{
				Object: object.Tag.Get(nameTag), Member: member.Tag.Get(nameTag), Unit: object.Tag.Get(unitTag), Tag: member.Tag,
				id: len(v.leaves), kind: member.Type, scope: object.Tag.Get(scopeTag), index: slices.Concat(object.Index, member.Index),
			}
			unit, own := member.Tag.Lookup(unitTag)
			if own {
				l.Unit = unit
			}
			if l.Counts = l.Unit == countUnit || l.Unit == "" && !own; l.Counts {
				l.Unit = ""
			}
			switch l.Member {
			case "-", "":
			case knownMember:
				known = l.index
			default:
				if needs, ok := member.Tag.Lookup(needsTag); ok && needs != object.Tag.Get(hasTag) {
					continue
				}
				l.known = known
				v.leaves, v.byPath[l.Path()] = append(v.leaves, l), l
			}
		}
	}
	return v
}

// Leaf returns the leaf of a path, such as bytes.today; nil if there is none.
func (v *Vocabulary) Leaf(path string) *Leaf { return v.byPath[path] }

// objects returns the names that a rule of a scope can read members of.
func (v *Vocabulary) objects(scope string) (names []string) {
	for _, l := range v.leaves {
		if !slices.Contains(names, l.Object) && (l.scope == "" || l.scope == scope) {
			names = append(names, l.Object)
		}
	}
	return names
}

// members returns the members of an object; none if there is no such object.
func (v *Vocabulary) members(object string) (names []string) {
	for _, l := range v.leaves {
		if l.Object == object {
			names = append(names, l.Member)
		}
	}
	return names
}

// owners returns the objects that have a member.
func (v *Vocabulary) owners(member string) (objects []string) {
	for _, l := range v.leaves {
		if l.Member == member {
			objects = append(objects, l.Object)
		}
	}
	return objects
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
