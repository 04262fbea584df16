package names_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules/internal/names"
)

type object struct {
	Known bool    `expr:"known"`
	A     float64 `expr:"a"`
	B     string  `expr:"b" unit:"h"`
	C     bool    `expr:"-"`
	D     bool    `expr:"d" known:"DKnown"`

	DKnown bool `expr:"-"`

	E float64 `expr:"e" needs:"more" scope:"device,project"`
}

type structure struct {
	First object             `expr:"first" unit:"B" scope:"device,fleet"`
	Many  map[string]*object `expr:"many" key:"one.qo"`
	More  object             `expr:"more" has:"more" lacks:"is enough"  scope:"device,route"`
}

func TestVocabulary(t *testing.T) {
	v := names.New[structure]()
	require.Equal(t, []string{"first", "many"}, v.Objects("fleet"))
	require.Equal(t, []string{"many"}, v.Objects("project"))
	require.Equal(t, []string{"a", "b", "d"}, v.Members("many", ""))
	require.Equal(t, []string{"a", "b", "d", "e"}, v.Members("more", "device"))
	require.Equal(t, []string{"a", "b", "d"}, v.Members("more", "route"), "what both the object and the member allow")
	require.Equal(t, []string{"more"}, v.Owners("e", "device"))
	require.Empty(t, v.Owners("e", "route"))
	require.Equal(t, "is enough", v.Lacks("more"))
	require.Empty(t, v.Lacks("many"))
	require.Empty(t, v.Members("none", ""))
	require.Equal(t, `many["one.qo"]`, v.Example("many"))
	require.Equal(t, "first", v.Example("first"))
	require.Equal(t, "B", v.Leaf("first.a").Unit)
	require.Equal(t, "h", v.Leaf("first.b").Unit)
	for _, path := range []string{"first.known", "first.c", "many.a", `first["x"].a`, `many["x"].c`, `many[x].a`, "many[`x`].a", `many["x"]a`, "", "first"} {
		require.Nil(t, v.Leaf(path), path)
	}
	one, two := v.Keyed("many", "one.qo", "a"), v.Leaf(`many["two.qo"].a`)
	require.Equal(t, `many["one.qo"].a`, one.Path())
	require.True(t, one.Is(v.Leaf(one.Path())))
	require.False(t, one.Is(two))
	require.Negative(t, one.Compare(two))
	require.Negative(t, v.Leaf("first.b").Compare(one))
}

// A member with its own word on whether it is known does without that of the object.
func TestFieldThatIsKnownByItself(t *testing.T) {
	v := names.New[structure]()
	for path, want := range map[string]bool{"first.b": true, "first.d": false, `many["one.qo"].b`: false, `many["one.qo"].d`: true} {
		s := structure{First: object{Known: true}, Many: map[string]*object{`many["one.qo"]`: {DKnown: true}}}
		_, known := v.Leaf(path).Field(reflect.ValueOf(s))
		require.Equal(t, want, known, path)
		require.True(t, v.Leaf(path).MayBeUnknown(), path)
	}
}

func TestField(t *testing.T) {
	v := names.New[structure]()
	s := structure{First: object{A: 1}, Many: map[string]*object{`many["one.qo"]`: {Known: true, A: 2}, `many["two.qo"]`: {A: 3}}}
	for path, want := range map[string]struct {
		value float64
		known bool
	}{"first.a": {1, false}, `many["one.qo"].a`: {2, true}, `many["two.qo"].a`: {3, false}} {
		field, known := v.Leaf(path).Field(reflect.ValueOf(s))
		require.InDelta(t, want.value, field.Float(), 0, path)
		require.Equal(t, want.known, known, path)
	}
	for _, s := range []structure{s, {}} {
		field, known := v.Leaf(`many["three.qo"].a`).Field(reflect.ValueOf(s))
		require.False(t, field.IsValid())
		require.False(t, known)
	}
}

func FuzzKeyed(f *testing.F) {
	f.Add("notefiles", "data.qo")
	f.Add("notefiles", "\"][.\x00\xff\n")
	f.Fuzz(func(t *testing.T, object, key string) {
		text := names.Keyed(object, key)
		for _, r := range names.Keyed("", key) {
			require.GreaterOrEqual(t, r, ' ')
		}
		gotObject, gotKey, ok := names.ParseKeyed(text)
		if ok {
			require.Equal(t, text, names.Keyed(gotObject, gotKey))
		}
		if object == "notefiles" {
			require.True(t, ok)
			require.Equal(t, key, gotKey)
		}
	})
}
