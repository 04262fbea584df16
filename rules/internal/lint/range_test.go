package lint

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/stretchr/testify/require"
)

// leaves are what random expressions read, each with its range.
var leaves = map[string]Range{
	"m.plus": {Most: math.Inf(1)}, "m.share": {Most: 100}, "m.any": anyNumber, "m.least": {Least: 3, Most: 7}, "m.minus": {Least: -4, Most: -1},
}

// A number is in the range of its expression, whatever the leaves are. What is no number is no data, which no range has.
func TestRangesHoldEveryValue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	r := &reader{
		rule:  Rule{Leaf: func(path string) (Leaf, bool) { l, ok := leaves[path]; return Leaf{Path: path, Range: l}, ok }},
		given: func(l Leaf) Range { return l.Range },
	}
	narrow := 0
	for range 1500 {
		text := randomNumber(random, 4)
		e, ok := Text{"", text}.parse()
		require.True(t, ok, text)
		got := r.value(e.node).Range
		if got != anyNumber {
			narrow++
		}
		for range 10 {
			values := map[string]any{}
			for path, of := range leaves {
				values[path[2:]] = randomIn(random, of)
			}
			value := compute(e.node, values)
			if math.IsNaN(value) || math.IsInf(value, 0) {
				continue
			}
			slack := 1e-9 * max(1, math.Abs(value))
			require.True(t, got.Least <= value+slack && value-slack <= got.Most, "%s is %v, not in %v, of %v", text, value, got, values)
		}
	}
	require.Greater(t, narrow, 750, "most expressions have a range")
}

// compute computes a number. What is divided by 0, and all that is computed of it, is NaN.
func compute(n ast.Node, values map[string]any) float64 {
	if n, ok := n.(*ast.BinaryNode); ok {
		a, b := compute(n.Left, values), compute(n.Right, values)
		switch n.Operator {
		case "+":
			return a + b
		case "-":
			return a - b
		case "*":
			return a * b
		case "/":
			if b != 0 {
				return a / b
			}
		case "??":
			if !math.IsNaN(a) {
				return a
			}
			return b
		}
		return math.NaN()
	}
	if n, ok := n.(*ast.UnaryNode); ok {
		return -compute(n.Node, values)
	}
	if n, ok := n.(*ast.ConditionalNode); ok {
		if values["share"].(float64) > 50 {
			return compute(n.Exp1, values)
		}
		return compute(n.Exp2, values)
	}
	function, ok := n.(*ast.BuiltinNode)
	if !ok {
		return evaluated(n.String(), map[string]any{"m": values})
	}
	arguments := map[string]any{}
	text := function.Name + "("
	for i, argument := range function.Arguments {
		x := compute(argument, values)
		if math.IsNaN(x) {
			return x
		}
		name := fmt.Sprintf("x%d", i)
		arguments[name] = x
		text += name + ","
	}
	return evaluated(strings.TrimSuffix(text, ",")+")", arguments)
}

// evaluated is what expr computes.
func evaluated(text string, values map[string]any) float64 {
	out, err := expr.Eval(text, values)
	if err != nil {
		panic(err)
	}
	if n, ok := out.(int); ok {
		return float64(n)
	}
	return out.(float64)
}

func randomIn(random *rand.Rand, r Range) float64 {
	least, most := max(r.Least, -1000), min(r.Most, 1000)
	switch random.IntN(4) {
	case 0:
		return least
	case 1:
		return most
	}
	return least + random.Float64()*(most-least)
}

// randomNumber returns an expression of some depth at most.
func randomNumber(random *rand.Rand, depth int) string {
	below := func() string { return randomNumber(random, depth-1) }
	if depth == 0 || random.IntN(5) == 0 {
		return []string{"m.plus", "m.share", "m.any", "m.least", "m.minus", "0", "2.5", "40"}[random.IntN(8)]
	}
	switch random.IntN(9) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", below(), []string{"+", "-"}[random.IntN(2)], below())
	case 2:
		return fmt.Sprintf("(%s * %s)", below(), below())
	case 3:
		return fmt.Sprintf("(%s / %s)", below(), below())
	case 4:
		return fmt.Sprintf("-(%s)", below())
	case 5:
		return fmt.Sprintf("%s(%s, %s)", []string{"max", "min", "mean", "median"}[random.IntN(4)], below(), below())
	case 6:
		return fmt.Sprintf("%s(%s)", []string{"abs", "floor", "ceil", "round"}[random.IntN(4)], below())
	case 7:
		return fmt.Sprintf("(m.share > 50 ? %s : %s)", below(), below())
	}
	return fmt.Sprintf("((%s) ?? %s)", below(), below())
}

// What a comparison can be follows from the ends of the ranges.
func TestCompare(t *testing.T) {
	for _, test := range []struct {
		a        Range
		operator string
		b        Range
		yes, no  bool
	}{
		{Range{Most: 5}, "<", exactly(5), true, true},
		{Range{Most: 5, NotMost: true}, "<", exactly(5), true, false},
		{Range{Least: 5, Most: 9}, "<", exactly(5), false, true},
		{Range{Least: 5, Most: 9}, "<=", exactly(5), true, true},
		{Range{Least: 5, NotLeast: true, Most: 9}, "<=", exactly(5), false, true},
		{Range{Least: 5, Most: 9}, ">=", exactly(5), true, false},
		{Range{Least: 5, Most: 9}, ">", exactly(9), false, true},
		{exactly(5), "==", exactly(5), true, false},
		{Range{Most: 5}, "==", exactly(6), false, true},
		{Range{Most: 5}, "!=", exactly(6), true, false},
		{nothing, "!=", exactly(6), false, false},
	} {
		yes, no := compare(test.operator, test.a, test.b)
		require.Equal(t, []bool{test.yes, test.no}, []bool{yes, no}, "%v %s %v", test.a, test.operator, test.b)
	}
}
