package lang

import (
	"math"
	"reflect"

	"github.com/expr-lang/expr/vm"
)

// A View is a struct of which an expression reads the leaves, made ready for evaluation: boxed once, read by all expressions. A
// View is used by one goroutine at a time.
type View struct {
	env     any       // a struct by value, which expr reads several times as fast as through a pointer
	unknown bitmap    // of the leaves that are no data
	numbers []float64 // by leaf; NaN is no data
	machine vm.VM
}

// NewView boxes env, the struct that v is the vocabulary of. The View shares the slices of env. Numbers that are not data, and all
// of an object that is not known, are made NaN; a series that is empty or has a hole is made empty.
func NewView[E any](v *Vocabulary, env *E) *View {
	view := &View{
		unknown: make(bitmap, (len(v.leaves)+63)/64),
		numbers: make([]float64, len(v.leaves)),
		machine: vm.VM{MemoryBudget: memoryBudget},
	}
	boxed := *env
	fields := reflect.ValueOf(&boxed).Elem()
	var object reflect.Value
	var objectKnown bool
	for i, l := range v.leaves {
		if i == 0 || l.Object != v.leaves[i-1].Object {
			object = fields.Field(l.index[0])
			objectKnown = l.known == nil || fields.FieldByIndex(l.known).Bool()
		}
		field, known := object.Field(l.index[1]), objectKnown
		switch l.kind {
		case numberKind:
			if known = known && usable(field.Float()); !known {
				field.SetFloat(math.NaN())
			}
			view.numbers[i] = field.Float()
		case listOf(numberKind):
			series := field.Addr().Interface().(*[]float64)
			if known = known && whole(*series); !known {
				*series = nil
			}
		}
		if !known {
			view.unknown[i/64] |= 1 << (i % 64)
		}
	}
	view.env = boxed
	return view
}

// Number returns the value of a leaf; NaN if it is no data or there is no leaf.
func (v *View) Number(l *Leaf) float64 {
	if l == nil {
		return math.NaN()
	}
	return v.numbers[l.id]
}
