package rules

import (
	"math"
	"reflect"

	"github.com/expr-lang/expr/vm"
)

// A View is an Env made ready for evaluation: boxed once, read by all rules of the subject. A View is used by one
// goroutine at a time.
type View struct {
	env     any         // an Env by value, which expr reads several times as fast as through a pointer
	unknown leafSet     // the leaves that are no data
	numbers [64]float64 // by leaf; NaN is no data
	machine vm.VM
}

// NewView boxes env. The View shares the slices of env. Numbers that are not data, and all of an object that is not
// known, are made NaN; a series that is empty or has a hole is made empty.
func NewView(env *Env) *View {
	v := &View{machine: vm.VM{MemoryBudget: memoryBudget}}
	boxed := *env
	fields := reflect.ValueOf(&boxed).Elem()
	var object reflect.Value
	var objectKnown bool
	for i, l := range leaves {
		if i == 0 || l.object != leaves[i-1].object {
			object = fields.Field(l.index[0])
			objectKnown = l.known == nil || fields.FieldByIndex(l.known).Bool()
		}
		field, known := object.Field(l.index[1]), objectKnown
		switch l.kind {
		case numberKind:
			if known = known && usable(field.Float()); !known {
				field.SetFloat(math.NaN())
			}
			v.numbers[i] = field.Float()
		case listOf(numberKind):
			series := field.Addr().Interface().(*[]float64)
			if known = known && whole(*series); !known {
				*series = nil
			}
		}
		if !known {
			v.unknown |= 1 << i
		}
	}
	v.env = boxed
	return v
}

// number returns the value of a leaf; NaN if it is no data or there is no such leaf.
func (v *View) number(leaf int) float64 {
	if leaf < 0 {
		return math.NaN()
	}
	return v.numbers[leaf]
}

// An Evaluation is all that one rule finds out about one subject.
type Evaluation struct {
	Result    Result
	Selected  Truth   // Where; False makes Result inactive
	Recovered Truth   // ResolveWhen; NoData if the rule has none
	Value     float64 // of Show; NaN is no data
	Usual     float64 // median of the metric that Show is of; NaN is no data
	Err       error   // what went wrong in evaluating; Result is then as with no data
}

// Eval judges the subject of v. Where a figure is no data the Result contains every level that the rule could have if
// it were known.
func (r *Rule) Eval(v *View) Evaluation {
	result, selected, recovered, err := r.judge(v)
	if err != nil || selected == NoData {
		result = Result{Inactive, r.Highest}
	}
	return Evaluation{
		Result: result, Selected: selected, Recovered: recovered,
		Value: v.number(r.shown), Usual: v.number(r.usual), Err: err,
	}
}

func (r *Rule) judge(v *View) (result Result, selected, recovered Truth, err error) {
	selected = True
	if r.where != nil {
		if selected, err = r.where.truth(v); selected == False || err != nil {
			return result, selected, recovered, err
		}
	}
	if r.resolve != nil {
		if recovered, err = r.resolve.truth(v); err != nil {
			return result, selected, recovered, err
		}
	}
	result, err = r.level(v)
	return result, selected, recovered, err
}

// level finds the highest level that is surely true and the highest that is not surely false.
func (r *Rule) level(v *View) (Result, error) {
	most := Inactive
	for _, l := range r.levels {
		held, err := l.when.truth(v)
		if err != nil {
			return Result{}, err
		}
		if held != False {
			most = max(most, l.level)
		}
		if held == True {
			return Result{l.level, most}, nil
		}
	}
	return Result{Inactive, most}, nil
}
