package lang_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/internal/names"
)

// forms are conditions that read a leaf of each kind, and are true whatever it is.
var forms = map[reflect.Type]string{
	reflect.TypeFor[float64]():   "%s >= 0 || %s < 0",
	reflect.TypeFor[bool]():      "%s || !%s",
	reflect.TypeFor[string]():    "%s == %s",
	reflect.TypeFor[[]float64](): "len(%s) > 0 && all(%s, # == #)",
	reflect.TypeFor[[]string]():  "len(%s) >= 0 && all(%s, # == #)",
}

// exampleOf returns a leaf; one of an object with a key, with the example of a key.
func exampleOf(l *names.Leaf) *names.Leaf {
	if vocabulary.HasKeys(l.Object) {
		return vocabulary.Leaf(vocabulary.Example(l.Object) + "." + l.Member)
	}
	return l
}

// examples are all leaves, of objects with keys with one key each.
func examples() (all []*names.Leaf) {
	for _, l := range vocabulary.Leaves() {
		all = append(all, exampleOf(l))
	}
	return all
}

// TestLeaves holds the names of the language against Env: what has a tag can be read, and nothing else.
func TestLeaves(t *testing.T) {
	leaves := vocabulary.Leaves()
	for _, l := range leaves {
		if vocabulary.HasKeys(l.Object) {
			require.Nil(t, vocabulary.Leaf(l.Path()))
			l = exampleOf(l)
			require.True(t, l.Is(vocabulary.Leaf(l.Path())))
		} else {
			require.Same(t, l, vocabulary.Leaf(l.Path()), "paths are unique")
		}
		require.NotContains(t, []string{"", "-", "known"}, l.Member)
		object, _ := rules.CutPath(l.Path())
		_, keyed := rules.ParseFigure(object)
		keyed = keyed && strings.Contains(object, "[")
		require.Equal(t, keyed || slices.Contains([]string{"device", "fleet", "route", "project"}, l.Object) || l.Tag.Get("known") != "", l.MayBeUnknown(), l.Path())
		unit, own := l.Tag.Lookup("unit")
		require.Equal(t, slices.Contains([]string{"bytes", "sat", "session_bytes", "sat_plan"}, l.Object) && !own || unit == "B", l.Unit == "B", l.Path())
	}
}

// TestEveryLeaf reads every member of an Env of which all, and then nothing, is known.
func TestEveryLeaf(t *testing.T) {
	known, unknown := rules.Env{}, rules.UnknownEnv()
	for _, object := range objects(&known) {
		object.SetBool(true)
	}
	for _, l := range examples() {
		if figure, ok := rules.ParseFigure(l.Object); ok {
			*known.Metric(figure) = rules.Metric{Series: []float64{1}}
		}
		if l.Number() && l.Object != "period" {
			require.True(t, math.IsNaN(rules.NewView(&unknown).Number(l)), l.Path())
		}
	}
	unknown.Period = rules.Period{ElapsedPct: math.NaN(), DaysLeft: math.NaN()}
	for _, l := range examples() {
		kind := l.Kind
		require.Contains(t, forms, kind, l.Path())
		condition := strings.ReplaceAll(forms[kind], "%s", l.Path())
		s := spec(condition)
		if l.Scopes() != nil {
			s.Each = rules.Scope(l.Scopes()[0])
		}
		r, problems := rules.Compile(s)
		require.Empty(t, problems, condition)
		require.Equal(t, rules.Result{Least: rules.Warning, Most: rules.Warning}, r.Eval(rules.NewView(&known)).Result, condition)
		want := rules.Result{Least: rules.Inactive, Most: rules.Warning}
		if !l.MayBeUnknown() && kind == reflect.TypeFor[bool]() {
			want = rules.Result{Least: rules.Warning, Most: rules.Warning} // a truth outside of device and project is always known
		}
		require.Equal(t, want, r.Eval(rules.NewView(&unknown)).Result, condition)
	}
}

// TestConcurrentEval is for the race detector: one rule judges many subjects at once.
func TestConcurrentEval(t *testing.T) {
	r, problems := rules.Compile(spec("max(filter(bytes.series, # > sessions.today)) / events.today > 1 || device.name matches '^a'"))
	require.Empty(t, problems)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			env := rules.Env{Bytes: rules.Metric{Series: []float64{1, 2, 3}}}
			for i := range 200 {
				env.Sessions.Today, env.Events.Today = float64(i%4), float64(i%3)
				if err := r.Eval(rules.NewView(&env)).Err; err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
