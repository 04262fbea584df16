package lang_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/stretchr/testify/require"

	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/names"
)

// A row is an object of 24 members.
type row struct {
	A float64 `expr:"a"`
	B float64 `expr:"b"`
	C float64 `expr:"c"`
	D float64 `expr:"d"`
	E float64 `expr:"e"`
	F float64 `expr:"f"`
	G float64 `expr:"g"`
	H float64 `expr:"h"`
	I float64 `expr:"i"`
	J float64 `expr:"j"`
	K float64 `expr:"k"`
	L float64 `expr:"l"`
	M float64 `expr:"m"`
	N float64 `expr:"n"`
	O float64 `expr:"o"`
	P float64 `expr:"p"`
	Q float64 `expr:"q"`
	R float64 `expr:"r"`
	S float64 `expr:"s"`
	T float64 `expr:"t"`
	U float64 `expr:"u"`
	V float64 `expr:"v"`
	W float64 `expr:"w"`
	X float64 `expr:"x"`
}

// A wide struct has 288 leaves.
type wide struct {
	R0  row `expr:"r0"`
	R1  row `expr:"r1"`
	R2  row `expr:"r2"`
	R3  row `expr:"r3"`
	R4  row `expr:"r4"`
	R5  row `expr:"r5"`
	R6  row `expr:"r6"`
	R7  row `expr:"r7"`
	R8  row `expr:"r8"`
	R9  row `expr:"r9"`
	R10 row `expr:"r10"`
	R11 row `expr:"r11"`
}

func compileWide(t testing.TB, v *names.Vocabulary, text string) *lang.Expression {
	t.Helper()
	c := lang.NewLayout(v).Compiler("")
	e := c.Condition("when", text)
	require.Empty(t, c.Problems)
	return e
}

// Each of many leaves is known or no data by itself.
func TestManyLeaves(t *testing.T) {
	v := names.New[wide]()
	leaves := v.Leaves()
	require.Len(t, leaves, 288)
	alone := make([]*lang.Expression, len(leaves))
	for i, l := range leaves {
		alone[i] = compileWide(t, v, l.Path()+" == 0")
	}
	for i, l := range leaves {
		env := wide{}
		field, _ := l.Field(reflect.ValueOf(&env).Elem())
		field.SetFloat(math.NaN())
		view := lang.NewView(&env)
		for j := range leaves {
			want := lang.True
			if i == j {
				want = lang.NoData
			}
			truth, err := alone[j].Truth(view)
			require.NoError(t, err)
			require.Equal(t, want, truth, "%s while %s is no data", leaves[j].Path(), l.Path())
			require.Equal(t, i == j, math.IsNaN(view.Number(leaves[j])))
		}
		other := leaves[(i+100)%len(leaves)]
		for text, want := range map[string]lang.Truth{
			"%s == 0 && %s == 0": lang.NoData, "%s == 0 || %s == 0": lang.True, "%s == 0 && %s > 0": lang.False, "%s + %s == 0": lang.NoData,
		} {
			truth, err := compileWide(t, v, fmt.Sprintf(text, l.Path(), other.Path())).Truth(view)
			require.NoError(t, err)
			require.Equal(t, want, truth, text)
		}
	}
}

// BenchmarkManyLeaves compares conditions of leaves in one, two and four words of a bitmap with a bare run by expr, in turns of 1000 of
// which the fastest counts.
func BenchmarkManyLeaves(b *testing.B) {
	v := names.New[wide]()
	for _, text := range []string{"r0.a < 5", "r11.x < 5", "r0.a < 5 && r11.x < 5", "r0.a + r4.b + r7.c + r11.x < 5"} {
		b.Run(text, func(b *testing.B) {
			env := wide{}
			program, err := expr.Compile(text, expr.Env(env))
			require.NoError(b, err)
			condition, view := compileWide(b, v, text), lang.NewView(&env)
			var boxed any = env
			var machine vm.VM
			turn := func(run func()) time.Duration {
				start := time.Now()
				for range 1000 {
					run()
				}
				return time.Since(start)
			}
			raw, known := time.Hour, time.Hour
			for b.Loop() {
				raw = min(raw, turn(func() { _, err = machine.Run(program, boxed) }))
				known = min(known, turn(func() { _, err = condition.Truth(view) }))
				require.NoError(b, err)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(raw)/1000, "raw-ns")
			b.ReportMetric(float64(known)/float64(raw), "known/raw")
		})
	}
}

// BenchmarkRenew reads a struct of many leaves again, of which a condition reads four.
func BenchmarkRenew(b *testing.B) {
	env := wide{}
	condition, view := compileWide(b, names.New[wide](), "r0.a + r4.b + r7.c + r11.x < 5"), lang.NewView(&env)
	b.ReportAllocs()
	for b.Loop() {
		view.Renew()
		_, err := condition.Truth(view)
		require.NoError(b, err)
	}
}
