package rules

import (
	"math"
	"slices"
)

// An Evaluation is the result of one rule for one subject.
type Evaluation struct {
	Result    Result
	Selected  Truth   // Where; False makes Result inactive
	Recovered Truth   // ResolveWhen; NoData if the rule has none
	Value     float64 // of Show; NaN is no data
	Usual     float64 // the usual value for Show, see UsualName; NaN is no data
	Limit     float64 // of the subject; NaN without one, or if it is no data
	Err       error   // error of the evaluation; Result is then as without data
}

// Eval evaluates the rule for the subject of v. If a figure is no data, the Result contains every level that the rule could have if the
// figure were known.
func (r *Rule) Eval(v *View) Evaluation {
	result, selected, recovered, err := r.evaluate(v)
	if err != nil || selected == NoData {
		result = Result{Inactive, r.Highest}
	}
	return Evaluation{
		Result: result, Selected: selected, Recovered: recovered,
		Value: r.value(v), Usual: r.usually(v), Limit: r.limit.Of(v), Err: err,
	}
}

// usually returns the usual value for the shown figure.
func (r *Rule) usually(v *View) float64 {
	if r.usual == nil {
		return math.NaN()
	}
	return v.Number(r.usual) / r.perDay
}

// Selects reports whether the rule is about the subject of v.
func (r *Rule) Selects(v *View) (Truth, error) {
	if r.where == nil {
		return True, nil
	}
	return r.where.Truth(v)
}

// Selection returns what Selects reads.
func (r *Rule) Selection() Reads {
	if r.where == nil {
		return Reads{}
	}
	return readsOf(r.where.Reads)
}

// Unknown returns the paths of the numbers that conditions of levels read and that are no data for the subject of v.
func (r *Rule) Unknown(v *View) (paths []string) {
	for _, l := range r.levels {
		for _, read := range l.when.Reads {
			if read.Number() && !Known(v.Number(read)) && !slices.Contains(paths, read.Path()) {
				paths = append(paths, read.Path())
			}
		}
	}
	return paths
}

func (r *Rule) evaluate(v *View) (result Result, selected, recovered Truth, err error) {
	if selected, err = r.Selects(v); selected == False || err != nil {
		return result, selected, recovered, err
	}
	if r.resolve != nil {
		if recovered, err = r.resolve.Truth(v); err != nil {
			return result, selected, recovered, err
		}
	}
	result, err = r.level(v)
	return result, selected, recovered, err
}

// level returns the highest level that is certainly true and the highest that is not certainly false.
func (r *Rule) level(v *View) (Result, error) {
	most := Inactive
	for _, l := range r.levels {
		truth, err := l.when.Truth(v)
		if err != nil {
			return Result{}, err
		}
		if truth != False {
			most = max(most, l.level)
		}
		if truth == True {
			return Result{l.level, most}, nil
		}
	}
	return Result{Inactive, most}, nil
}
