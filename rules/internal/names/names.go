package names

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A Leaf is one thing that an expression can read, such as bytes.today.
type Leaf struct {
	Object, Member string            // Object is with its key, if it has one
	Unit           string            // of a number, such as "B" for bytes; "" is a plain number
	Counts         bool              // whether a plain number counts something; else it is a ratio
	Tag            reflect.StructTag // of the member
	Kind           reflect.Type      // of the value

	id     int           // its place in the vocabulary
	scopes []string      // that see it; nil is all
	index  []int         // of the field in the struct that is read
	known  []int         // of the field that says whether the leaf is known: its own, or that of the object; nil when there is none
	keyed  bool          // the object has a key
	key    reflect.Value // of the object in the map that the struct has in its place

	of func(structure reflect.Value) float64 // computes a number; nil: it is read
}

// Computed returns a leaf that is in no vocabulary: a number computed from the struct that is read. No other leaf of a layout may have the
// path.
func Computed(path string, of func(structure reflect.Value) float64) *Leaf {
	return &Leaf{Object: path, Kind: reflect.TypeFor[float64](), id: math.MaxInt, of: of}
}

// Computed reports whether [Computed] made the leaf.
func (l *Leaf) Computed() bool { return l.of != nil }

// Path returns the text that reads the leaf, such as bytes.today.
func (l *Leaf) Path() string {
	if l.of != nil {
		return l.Object
	}
	return l.Object + "." + l.Member
}

// Compare orders leaves as the struct has them, those of one object by its key.
func (l *Leaf) Compare(other *Leaf) int {
	return cmp.Or(cmp.Compare(l.id, other.id), cmp.Compare(l.Object, other.Object))
}

// Is reports whether two leaves are the same.
func (l *Leaf) Is(other *Leaf) bool { return l.Compare(other) == 0 }

// Field returns the field of the struct that is read, and whether the leaf is known. There is no field if the object is not in its map.
func (l *Leaf) Field(structure reflect.Value) (field reflect.Value, known bool) {
	if l.of != nil {
		return reflect.ValueOf(l.of(structure)), true
	}
	object := structure.Field(l.index[0])
	if l.keyed {
		object = object.MapIndex(l.key)
		if !object.IsValid() {
			return reflect.Value{}, false
		}
		object = object.Elem()
	}
	return object.FieldByIndex(l.index[1:]), l.known == nil || object.FieldByIndex(l.known[1:]).Bool()
}

// MayBeUnknown reports whether a field other than its value says whether the leaf is known.
func (l *Leaf) MayBeUnknown() bool { return l.known != nil || l.keyed }

// Number reports whether the leaf is a number.
func (l *Leaf) Number() bool { return l.Kind == reflect.TypeFor[float64]() }

// Seen reports whether rules of a scope see the leaf.
func (l *Leaf) Seen(scope string) bool { return l.scopes == nil || slices.Contains(l.scopes, scope) }

// Scopes returns the scopes whose rules see the leaf; nil is all.
func (l *Leaf) Scopes() []string { return l.scopes }

// A Vocabulary is the names of what expressions can read.
type Vocabulary struct {
	leaves []*Leaf
	byPath map[string]*Leaf
	keyed  map[string]*Leaf  // of objects with a key, by path without it
	keys   map[string]string // an example of a key, by object
	lacks  map[string]string // why it has not all members, by object
}

// The tags of the fields of a struct that is read.
const (
	nameTag  = "expr"  // of an object, and of a member; "-" is none
	scopeTag = "scope" // of an object, and of a member: the scopes that see it, with commas between them
	unitTag  = "unit"  // of the members of an object, unless a member has its own
	knownTag = "known" // of a member: the field beside it that says whether it is known, in place of that of the object
	needsTag = "needs" // of a member: only objects that have it have the member
	hasTag   = "has"   // of an object, with spaces between them
	lacksTag = "lacks" // of an object: why it has not all members of its struct
	keyTag   = "key"   // of a field that stands for objects with keys: an example of a key
)

// countUnit is the unit of a plain number that counts something, where a tag must say so.
const countUnit = "count"

// knownMember is the name of the field that says whether an object is known. Expressions cannot name it.
const knownMember = "known"

// New returns the names of E, a struct of structs: the objects and their members. Fields have the tag expr with their names. An object
// with a field named known is no data while that is false; a member with the tag known, while the field of that name is. The fields of an
// embedded struct are members of the object. The tag scope of an object names the scopes that see it; the tag unit is the unit of its
// members, or of one member. A member with the tag needs is left out of the objects that do not have the same word in
// their tag has.
//
// A field that is a map stands for many objects, each with a key; the tag key is an example of one. A key of the map is the text that
// reads the object, such as notefiles["data.qo"], as [Keyed] writes it; a value of the map is a pointer to a struct.
func New[E any]() *Vocabulary {
	v := &Vocabulary{byPath: map[string]*Leaf{}, keyed: map[string]*Leaf{}, keys: map[string]string{}, lacks: map[string]string{}}
	for _, object := range reflect.VisibleFields(reflect.TypeFor[E]()) {
		if object.Tag.Get(nameTag) == "-" {
			continue
		}
		v.lacks[object.Tag.Get(nameTag)] = object.Tag.Get(lacksTag)
		structure, byPath, keyed := object.Type, v.byPath, object.Type.Kind() == reflect.Map
		if keyed {
			structure, byPath = structure.Elem().Elem(), v.keyed
			v.keys[object.Tag.Get(nameTag)] = object.Tag.Get(keyTag)
		}
		var known []int
		for _, member := range reflect.VisibleFields(structure) {
			l := leafOf(object, member)
			if l.id, l.keyed = len(v.leaves), keyed; keyed {
				l.key = reflect.Zero(object.Type.Key())
			}
			switch l.Member {
			case "-", "":
			case knownMember:
				known = l.index
			default:
				if needs, ok := member.Tag.Lookup(needsTag); ok && !slices.Contains(strings.Fields(object.Tag.Get(hasTag)), needs) {
					continue
				}
				l.known = known
				if own, ok := structure.FieldByName(member.Tag.Get(knownTag)); ok {
					l.known = append(slices.Clone(object.Index), own.Index...)
				}
				v.leaves, byPath[l.Path()] = append(v.leaves, l), l
			}
		}
	}
	return v
}

// leafOf returns the leaf that the tags of an object and its member describe.
func leafOf(object, member reflect.StructField) *Leaf {
	l := &Leaf{
		Object: object.Tag.Get(nameTag), Member: member.Tag.Get(nameTag), Unit: object.Tag.Get(unitTag), Tag: member.Tag, Kind: member.Type,
		index: slices.Concat(object.Index, member.Index),
	}
	unit, own := member.Tag.Lookup(unitTag)
	if own {
		l.Unit = unit
	}
	if l.Counts = l.Unit == countUnit || l.Unit == "" && !own; l.Counts {
		l.Unit = ""
	}
	for _, field := range []reflect.StructField{object, member} {
		if scopes := field.Tag.Get(scopeTag); scopes != "" {
			l.see(strings.Split(scopes, ","))
		}
	}
	return l
}

// see keeps only the given scopes among those that see the leaf.
func (l *Leaf) see(only []string) {
	if l.scopes == nil {
		l.scopes = only
		return
	}
	l.scopes = slices.DeleteFunc(slices.Clone(l.scopes), func(scope string) bool { return !slices.Contains(only, scope) })
}

// Leaf returns the leaf of a path, such as bytes.today; nil if there is none.
func (v *Vocabulary) Leaf(path string) *Leaf {
	if l := v.byPath[path]; l != nil {
		return l
	}
	if end := strings.LastIndexByte(path, '.'); end >= 0 {
		if object, key, ok := ParseKeyed(path[:end]); ok {
			return v.Keyed(object, key, path[end+1:])
		}
	}
	return nil
}

// Keyed returns the leaf of an object with a key; nil if there is none.
func (v *Vocabulary) Keyed(object, key, member string) *Leaf {
	form := v.keyed[object+"."+member]
	if form == nil {
		return nil
	}
	l := *form
	l.Object = Keyed(object, key)
	l.key = reflect.ValueOf(l.Object).Convert(form.key.Type())
	return &l
}

// HasKeys reports whether the objects of a name have keys.
func (v *Vocabulary) HasKeys(object string) bool {
	_, ok := v.keys[object]
	return ok
}

// Example returns how an object is read: its name, and if it has a key, an example of one.
func (v *Vocabulary) Example(object string) string {
	if key, ok := v.keys[object]; ok {
		return Keyed(object, key)
	}
	return object
}

// Keyed writes an object with a key, such as notefiles["data.qo"]. Every key has one text, which is printable.
func Keyed(object, key string) string { return object + "[" + strconv.Quote(key) + "]" }

// ParseKeyed reads what Keyed writes. ok is false of any other text.
func ParseKeyed(text string) (object, key string, ok bool) {
	object, quoted, ok := strings.Cut(strings.TrimSuffix(text, "]"), "[")
	if !ok {
		return "", "", false
	}
	key, err := strconv.Unquote(quoted)
	return object, key, err == nil && Keyed(object, key) == text
}

// Leaves returns all leaves, those of objects with keys once and without a key.
func (v *Vocabulary) Leaves() []*Leaf { return v.leaves }

// Objects returns the names that a rule of a scope can read members of.
func (v *Vocabulary) Objects(scope string) (names []string) {
	for _, l := range v.leaves {
		if l.Seen(scope) && !slices.Contains(names, l.Object) {
			names = append(names, l.Object)
		}
	}
	return names
}

// Members returns the members of an object that rules of a scope see, "" being any; none if there is no such object.
func (v *Vocabulary) Members(object, scope string) (names []string) {
	for _, l := range v.leaves {
		if l.Object == object && (scope == "" || l.Seen(scope)) {
			names = append(names, l.Member)
		}
	}
	return names
}

// Lacks says why an object has not all members that others like it have; "" if there is no reason.
func (v *Vocabulary) Lacks(object string) string { return v.lacks[object] }

// Owners returns the objects of which rules of a scope see a member, as they are read.
func (v *Vocabulary) Owners(member, scope string) (objects []string) {
	for _, l := range v.leaves {
		if l.Member == member && l.Seen(scope) {
			objects = append(objects, v.Example(l.Object))
		}
	}
	return objects
}
