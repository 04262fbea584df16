package rules

import (
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLeaves holds the names of the language against Env: what has a tag can be read, and nothing else.
func TestLeaves(t *testing.T) {
	require.LessOrEqual(t, len(vocabulary.leaves), maxLeaves, "leafSet has one bit for each")
	require.Len(t, vocabulary.byPath, len(vocabulary.leaves), "paths are unique")
	for name := range metrics {
		for _, member := range []string{"today", "used", "median", "series"} {
			require.NotNil(t, vocabulary.Leaf(name+"."+member))
		}
	}
	kinds := []reflect.Type{numberKind, booleanKind, textKind, listOf(numberKind), listOf(textKind)}
	for _, l := range vocabulary.leaves {
		require.Contains(t, kinds, l.kind, l.Path())
		require.NotContains(t, []string{"", "-", knownMember}, l.Member)
		require.Equal(t, l.Object == "device" || l.Object == "project", l.known != nil, l.Path())
		require.Contains(t, vocabulary.seen("device"), l.Object)
		require.Equal(t, l.Object == "bytes" && l.Member != "days", l.Unit == "B", l.Path())
	}
	require.NotContains(t, vocabulary.seen("project"), "device")
}

// TestEveryLeaf reads every member of an Env of which all, and then nothing, is known.
func TestEveryLeaf(t *testing.T) {
	forms := map[reflect.Type]string{
		numberKind: "%s >= 0 || %s < 0", booleanKind: "%s || !%s", textKind: "%s == %s",
		listOf(numberKind): "len(%s) > 0 && all(%s, # == #)", listOf(textKind): "len(%s) >= 0 && all(%s, # == #)",
	}
	known, unknown := Env{}, Env{}
	known.Device.Known, known.Project.Known = true, true
	for _, m := range []*Metric{&known.Bytes, &known.Events, &known.Sessions} {
		m.Series = []float64{1}
	}
	fields := reflect.ValueOf(&unknown).Elem()
	for _, l := range vocabulary.leaves {
		if l.kind == numberKind {
			fields.FieldByIndex(l.index).SetFloat(math.NaN())
		}
	}
	for _, l := range vocabulary.leaves {
		condition := strings.ReplaceAll(forms[l.kind], "%s", l.Path())
		r, problems := Compile(spec(condition))
		require.Empty(t, problems, condition)
		require.Equal(t, Result{Warning, Warning}, r.Eval(NewView(&known)).Result, condition)
		want := Result{Inactive, Warning}
		if l.known == nil && l.kind == booleanKind {
			want = Result{Warning, Warning} // a truth outside of device and project is always known
		}
		require.Equal(t, want, r.Eval(NewView(&unknown)).Result, condition)
	}
}

// TestConcurrentEval is for the race detector: one rule judges many subjects at once.
func TestConcurrentEval(t *testing.T) {
	r, problems := Compile(spec("max(filter(bytes.series, # > sessions.today)) / events.today > 1 || device.name matches '^a'"))
	require.Empty(t, problems)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			env := Env{Bytes: Metric{Series: []float64{1, 2, 3}}}
			for i := range 200 {
				env.Sessions.Today, env.Events.Today = float64(i%4), float64(i%3)
				if err := r.Eval(NewView(&env)).Err; err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
