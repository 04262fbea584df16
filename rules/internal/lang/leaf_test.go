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
)

// forms are conditions that read a leaf of each kind, and are true whatever it is.
var forms = map[reflect.Type]string{
	reflect.TypeFor[float64]():   "%s >= 0 || %s < 0",
	reflect.TypeFor[bool]():      "%s || !%s",
	reflect.TypeFor[string]():    "%s == %s",
	reflect.TypeFor[[]float64](): "len(%s) > 0 && all(%s, # == #)",
	reflect.TypeFor[[]string]():  "len(%s) >= 0 && all(%s, # == #)",
}

// TestLeaves holds the names of the language against Env: what has a tag can be read, and nothing else.
func TestLeaves(t *testing.T) {
	leaves := vocabulary.Leaves()
	for _, l := range leaves {
		require.Same(t, l, vocabulary.Leaf(l.Path()), "paths are unique")
		require.NotContains(t, []string{"", "-", "known"}, l.Member)
		require.Equal(t, l.Object == "device" || l.Object == "project", l.HasKnown(), l.Path())
		_, own := l.Tag.Lookup("unit")
		require.Equal(t, slices.Contains([]string{"bytes", "sat", "session_bytes"}, l.Object) && !own, l.Unit == "B", l.Path())
	}
}

// TestEveryLeaf reads every member of an Env of which all, and then nothing, is known.
func TestEveryLeaf(t *testing.T) {
	known, unknown := rules.Env{}, rules.Env{}
	known.Device.Known, known.Project.Known = true, true
	for figure := range rules.FigureCount {
		known.Metric(figure).Series = []float64{1}
	}
	for _, l := range vocabulary.Leaves() {
		if l.Number() {
			l.Field(reflect.ValueOf(&unknown).Elem()).SetFloat(math.NaN())
		}
	}
	for _, l := range vocabulary.Leaves() {
		kind := l.Field(reflect.ValueOf(known)).Type()
		require.Contains(t, forms, kind, l.Path())
		condition := strings.ReplaceAll(forms[kind], "%s", l.Path())
		r, problems := rules.Compile(spec(condition))
		require.Empty(t, problems, condition)
		require.Equal(t, rules.Result{Least: rules.Warning, Most: rules.Warning}, r.Eval(rules.NewView(&known)).Result, condition)
		want := rules.Result{Least: rules.Inactive, Most: rules.Warning}
		if !l.HasKnown() && kind == reflect.TypeFor[bool]() {
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
