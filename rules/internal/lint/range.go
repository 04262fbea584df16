package lint

import (
	"math"
	"strconv"
	"strings"
)

// A Range is the numbers from Least to Most that a value can have while it is data. If Most is below Least, the range is empty: the value
// is no data.
type Range struct {
	Least, Most       float64
	NotLeast, NotMost bool // the end itself is excluded
}

// any number.
var anyNumber = Range{Least: math.Inf(-1), Most: math.Inf(1)}

// nothing is the range of what is no data.
var nothing = Range{Least: 1, Most: -1}

// ParseRange returns the numbers that a text names: "0 100", or "any". An empty text names all numbers from 0 on. It panics on any other
// text, because the texts are part of the program.
func ParseRange(text string) Range {
	least, most, _ := strings.Cut(text, " ")
	switch text {
	case "":
		return Range{Most: math.Inf(1)}
	case "any":
		return anyNumber
	}
	return Range{Least: parsed(least), Most: parsed(most)}
}

func parsed(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return x
}

func exactly(x float64) Range { return Range{Least: x, Most: x} }

func (r Range) empty() bool {
	return r.Least > r.Most || r.Least == r.Most && (r.NotLeast || r.NotMost)
}

// single reports whether the range is one number.
func (r Range) single() bool { return r.Least == r.Most && !r.empty() }

// within reports whether all numbers of r are in o.
func (r Range) within(o Range) bool { return r.and(o) == r }

// and returns the numbers that are in both ranges.
func (r Range) and(o Range) Range {
	if o.Least > r.Least || o.Least == r.Least && o.NotLeast {
		r.Least, r.NotLeast = o.Least, o.NotLeast
	}
	if o.Most < r.Most || o.Most == r.Most && o.NotMost {
		r.Most, r.NotMost = o.Most, o.NotMost
	}
	return r
}

// or returns the least range that has the numbers of both.
func (r Range) or(o Range) Range {
	switch {
	case r.empty():
		return o
	case o.empty():
		return r
	}
	return Range{Least: min(r.Least, o.Least), Most: max(r.Most, o.Most)}
}

// The arithmetic gives ranges that hold every result, and include their ends.

func (r Range) negated() Range { return Range{Least: -r.Most, Most: -r.Least} }

func (r Range) plus(o Range) Range { return combined(r, o, r.Least+o.Least, r.Most+o.Most) }

func (r Range) times(o Range) Range {
	return combined(r, o, product(r.Least, o.Least), product(r.Least, o.Most), product(r.Most, o.Least), product(r.Most, o.Most))
}

// product returns a × b, and 0 for 0 × ∞, because an infinite end stands for finite numbers.
func product(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}

// over returns r / o. What is divided by 0 is no data.
func (r Range) over(o Range) Range {
	switch {
	case o.empty() || o.Least == 0 && o.Most == 0:
		return nothing
	case r.Least == 0 && r.Most == 0:
		return combined(r, o, 0)
	case o.Least < 0 && o.Most > 0:
		return combined(r, o, anyNumber.Least, anyNumber.Most)
	case o.Most <= 0:
		return r.negated().over(o.negated())
	}
	return r.times(Range{Least: 1 / o.Most, Most: 1 / math.Abs(o.Least)})
}

// greatest and least return the range of the greater and of the lesser of two numbers.

func (r Range) greatest(o Range) Range {
	return combined(r, o, max(r.Least, o.Least), max(r.Most, o.Most))
}

func (r Range) least(o Range) Range {
	return combined(r, o, min(r.Least, o.Least), min(r.Most, o.Most))
}

// magnitude returns the range of the number without its sign.
func (r Range) magnitude() Range {
	switch {
	case r.Least >= 0 || r.empty():
		return r
	case r.Most <= 0:
		return r.negated()
	}
	return Range{Most: max(-r.Least, r.Most)}
}

// combined returns the range of some ends. It is nothing if one of two operands is, and any number if an end is not known.
func combined(a, b Range, ends ...float64) Range {
	if a.empty() || b.empty() {
		return nothing
	}
	r := exactly(ends[0])
	for _, end := range ends {
		if math.IsNaN(end) {
			return anyNumber
		}
		r.Least, r.Most = min(r.Least, end), max(r.Most, end)
	}
	return r
}

// below reports whether a is less than b for all numbers of both.
func below(a, b Range) bool {
	return a.Most < b.Least || a.Most == b.Least && (a.NotMost || b.NotLeast)
}

// compare reports whether a comparison of two values can be true, and whether it can be false.
func compare(operator string, a, b Range) (canBeTrue, canBeFalse bool) {
	if a.empty() || b.empty() {
		return false, false
	}
	switch operator {
	case "<":
		return a.Least < b.Most, !below(a, b)
	case "<=":
		return !below(b, a), a.Most > b.Least
	case ">":
		return compare("<", b, a)
	case ">=":
		return compare("<=", b, a)
	case "==":
		return !a.and(b).empty(), !(a.single() && a == b)
	case "!=":
		canBeFalse, canBeTrue = compare("==", a, b)
		return canBeTrue, canBeFalse
	}
	return true, true
}

// bounds returns the numbers for which a comparison with r can be true.
func bounds(operator string, r Range) Range {
	switch operator {
	case "<":
		return Range{Least: math.Inf(-1), Most: r.Most, NotMost: true}
	case "<=":
		return Range{Least: math.Inf(-1), Most: r.Most, NotMost: r.NotMost}
	case ">":
		return Range{Least: r.Least, NotLeast: true, Most: math.Inf(1)}
	case ">=":
		return Range{Least: r.Least, NotLeast: r.NotLeast, Most: math.Inf(1)}
	case "==":
		return r
	}
	return anyNumber
}

// turned are the operators that mean the same with their sides exchanged; inverse those that mean the opposite.
var (
	turned  = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
	inverse = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
)
