package lang

import (
	"math"
	"reflect"

	"github.com/expr-lang/expr/vm"
)

// A View is a struct whose leaves expressions read. It reads them once for all expressions of a [Layout]. Use it from one goroutine at a
// time.
type View struct {
	source  reflect.Value // the struct that is read
	machine vm.VM

	layout  *Layout       // of the fields below; nil: nothing was read yet
	scratch reflect.Value // the struct that programs run on
	boxed   any           // scratch as a value, which expr reads several times as fast as a pointer
	unknown bitmap        // of the leaves that are no data, by place
	zero    bitmap        // of the numbers that are 0
}

// NewView returns a view of env, the struct that the names of a vocabulary stand for. It reads env when an expression is evaluated.
func NewView[E any](env *E) *View {
	return &View{source: reflect.ValueOf(env).Elem(), machine: vm.VM{MemoryBudget: memoryBudget}}
}

// Renew forgets what has been read, because the struct has changed.
func (v *View) Renew() { v.boxed = nil }

// see reads the leaves of a layout, unless they were read.
func (v *View) see(l *Layout) {
	if v.layout == l && v.boxed != nil {
		return
	}
	if v.layout != l {
		v.layout, v.scratch = l, reflect.New(l.structure()).Elem()
		v.unknown, v.zero = make(bitmap, (len(l.slots)+63)/64), make(bitmap, (len(l.slots)+63)/64)
	}
	v.scratch.SetZero()
	l.fill(v.scratch, v.source, v.unknown, v.zero)
	v.boxed = v.scratch.Interface()
}

// Number returns the value of a leaf; NaN if it is no data or there is no leaf.
func (v *View) Number(l *Leaf) float64 {
	if l == nil {
		return math.NaN()
	}
	if field, known := l.Field(v.source); known && usable(field.Float()) {
		return field.Float()
	}
	return math.NaN()
}

// Truth returns the value of a leaf that is a truth; NoData if it is not known.
func (v *View) Truth(l *Leaf) Truth {
	switch field, known := l.Field(v.source); {
	case !known:
		return NoData
	case field.Bool():
		return True
	}
	return False
}
