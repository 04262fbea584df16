package lang

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// A function is one of expr's that rules may call. Functions that could make texts or lists grow without bound, or that read a clock, are
// not among them.
type function struct {
	fewest, most int // arguments
	takes        func(typed) bool
	wants        string // what it takes, in words
	gives        func([]typed) (reflect.Type, float64)
}

const many = maxNodes

// functions are the functions without a predicate.
var functions = map[string]function{
	"abs":   {1, 1, typed.number, "a number", likeFirst},
	"ceil":  {1, 1, typed.number, "a number", rounded},
	"floor": {1, 1, typed.number, "a number", rounded},
	"round": {1, 1, typed.number, "a number", rounded},
	"int":   {1, 1, typed.number, "a number", wholeNumber},
	"float": {1, 1, typed.number, "a number", rounded},

	"max":    {1, many, numeric, "numbers or lists of numbers", extreme},
	"min":    {1, many, numeric, "numbers or lists of numbers", extreme},
	"mean":   {1, many, numeric, "numbers or lists of numbers", average},
	"median": {1, many, numeric, "numbers or lists of numbers", average},

	"len":     {1, 1, sized, "a list or text", counted},
	"first":   {1, 1, typed.list, "a list", elementOfFirst},
	"last":    {1, 1, typed.list, "a list", elementOfFirst},
	"reverse": {1, 1, typed.list, "a list", likeFirst},
	"sort":    {1, 1, sortable, "a list of numbers or texts", likeFirst},

	"string":      {1, 1, typed.scalar, "a single value", aText},
	"lower":       {1, 1, typed.text, "text", aText},
	"upper":       {1, 1, typed.text, "text", aText},
	"trim":        {1, 2, typed.text, "texts", aText},
	"trimPrefix":  {1, 2, typed.text, "texts", aText},
	"trimSuffix":  {1, 2, typed.text, "texts", aText},
	"hasPrefix":   {2, 2, typed.text, "texts", aTruth},
	"hasSuffix":   {2, 2, typed.text, "texts", aTruth},
	"indexOf":     {2, 2, typed.text, "texts", counted},
	"lastIndexOf": {2, 2, typed.text, "texts", counted},
}

// Arguments that functions take, beyond single kinds.
func numeric(t typed) bool  { return t.number() || t.list() && t.element(&ast.PointerNode{}).number() }
func sized(t typed) bool    { return t.list() || t.text() }
func sortable(t typed) bool { return t.list() && t.kind != listOf(booleanKind) }

// Results of functions: the kind, and a bound of their magnitude.
func likeFirst(a []typed) (reflect.Type, float64)      { return a[0].kind, a[0].most }
func rounded(a []typed) (reflect.Type, float64)        { return numberKind, a[0].most + 1 }
func wholeNumber(a []typed) (reflect.Type, float64)    { return integerKind, min(a[0].most, largest) }
func counted([]typed) (reflect.Type, float64)          { return integerKind, longest }
func elementOfFirst(a []typed) (reflect.Type, float64) { return a[0].kind.Elem(), a[0].most }
func aText([]typed) (reflect.Type, float64)            { return textKind, 0 }
func aTruth([]typed) (reflect.Type, float64)           { return booleanKind, 0 }

// extreme is a whole number only if all arguments are.
func extreme(a []typed) (reflect.Type, float64) {
	kind := integerKind
	var most float64
	for _, argument := range a {
		if !argument.integer() {
			kind = numberKind
		}
		most = max(most, argument.most)
	}
	return kind, most
}

// average adds before it divides. That overflows only if settle marks the result anyway.
func average(a []typed) (reflect.Type, float64) {
	_, most := extreme(a)
	return numberKind, most
}

// A loopFunction is a function of expr that runs over a list.
type loopFunction struct {
	body  func(typed) bool // what the predicate may be
	wants string
	gives func([]typed) (reflect.Type, float64) // of the list and the predicate
}

// loops are the functions with a predicate.
var loops = map[string]loopFunction{
	"all":       {typed.boolean, "true or false", aTruth},
	"any":       {typed.boolean, "true or false", aTruth},
	"none":      {typed.boolean, "true or false", aTruth},
	"one":       {typed.boolean, "true or false", aTruth},
	"count":     {typed.boolean, "true or false", counted},
	"sum":       {typed.number, "a number", sumOf},
	"map":       {typed.scalar, "a single value", mapOf},
	"filter":    {typed.boolean, "true or false", likeFirst},
	"find":      {typed.boolean, "true or false", elementOfFirst},
	"findLast":  {typed.boolean, "true or false", elementOfFirst},
	"findIndex": {typed.boolean, "true or false", counted},
}

func sumOf(a []typed) (reflect.Type, float64) { return numberKind, a[1].most * longest }
func mapOf(a []typed) (reflect.Type, float64) { return listOf(a[1].kind), a[1].most }

// factors are the functions that write a count of bytes, decimal and binary.
var factors = map[string]float64{"kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}

// clocks are the functions of expr that read or reckon with the time of day.
var clocks = []string{"now", "date", "duration", "timezone"}

// functionNames returns the names of all functions that rules may call, sorted.
func functionNames() []string {
	names := slices.Concat(slices.Collect(maps.Keys(functions)), slices.Collect(maps.Keys(loops)),
		slices.Collect(maps.Keys(factors)))
	slices.Sort(names)
	return names
}

// call checks a call of a function that expr does not have, such as kb.
func (c *checker) call(n *ast.CallNode) typed {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return c.problem(start(n), "", "only functions can be called")
	}
	at := callee.Location().From
	factor, ok := factors[callee.Value]
	if !ok {
		return c.problem(at, didYouMean(callee.Value, functionNames(), ""), "unknown function %q", callee.Value)
	}
	arguments, ok := c.checkAll(n.Arguments...)
	if !ok {
		return typed{}
	}
	if len(arguments) != 1 || !arguments[0].number() {
		return c.problem(at, "such as "+callee.Value+"(40)", "%s takes one number", callee.Value)
	}
	product := &ast.BinaryNode{Operator: "*"}
	product.SetLocation(n.Location())
	return c.arithmetic(product, arguments[0], number(factor))
}

func (c *checker) builtin(n *ast.BuiltinNode) typed {
	at := n.Location().From
	if f, ok := loops[n.Name]; ok {
		return c.loop(n, f)
	}
	if f, ok := functions[n.Name]; ok {
		return c.function(n, f)
	}
	if slices.Contains(clocks, n.Name) {
		return c.problem(at, "period.elapsed_pct, period.days_left, device.silent_hours and poll.age_minutes depend on the time",
			"%s is not used in rules: expressions see no clock", n.Name)
	}
	return c.problem(at, "there are "+strings.Join(functionNames(), ", "), "%s is not used in rules", n.Name)
}

func (c *checker) function(n *ast.BuiltinNode, f function) typed {
	arguments, ok := c.checkAll(n.Arguments...)
	if !ok {
		return typed{}
	}
	if len(arguments) < f.fewest || len(arguments) > f.most {
		return c.problem(n.Location().From, "", "%s takes %s, not %d arguments", n.Name, f.wants, len(arguments))
	}
	for i, argument := range arguments {
		if !f.takes(argument) {
			return c.problem(start(n.Arguments[i]), "", "%s takes %s, not %s", n.Name, f.wants, kindNames[argument.kind])
		}
		arguments[i] = settle(argument)
		if argument.list() && n.Name != "len" && n.Name != "first" && !c.descend(1, n) {
			return typed{} // it runs over the list, as a predicate does
		}
	}
	kind, most := f.gives(arguments)
	if n.Name == "int" && arguments[0].most > largest {
		arguments[0].node = call(within, arguments[0].node, constant(largest))
	}
	if n.Name == "last" {
		return retyped(call("first", reversed(arguments[0])), kind, most)
	}
	nodes := make([]ast.Node, len(arguments))
	for i, argument := range arguments {
		nodes[i] = alike(argument, kind)
	}
	return retyped(call(n.Name, nodes...), kind, most)
}

// loop checks a function with a predicate. Without one, count and sum take the elements as they are.
func (c *checker) loop(n *ast.BuiltinNode, f loopFunction) typed {
	list := c.check(n.Arguments[0])
	if !list.broken() && !list.list() {
		list = c.problem(start(n.Arguments[0]), "", "%s runs over a list, not over %s", n.Name, kindNames[list.kind])
	}
	if !c.descend(1, n) || list.broken() {
		return typed{} // without its list a predicate means nothing
	}
	at, body := start(n), list.element(&ast.PointerNode{})
	if len(n.Arguments) > 1 {
		at, body = start(n.Arguments[1]), c.body(n, list)
	}
	if !body.broken() && !f.body(body) {
		body = c.problem(at, "", "%s needs %s for each element, not %s", n.Name, f.wants, kindNames[body.kind])
	}
	if body.broken() {
		return body
	}
	return over(n.Name, f, list, body)
}

// body checks the predicate of a loop over a list.
func (c *checker) body(n *ast.BuiltinNode, list typed) typed {
	c.loops, c.maps = append(c.loops, list), append(c.maps, n.Name == "map")
	defer func() { c.loops, c.maps = c.loops[:len(c.loops)-1], c.maps[:len(c.maps)-1] }()
	return settle(c.check(predicate(n)))
}

// over makes the call of a checked loop.
func over(name string, f loopFunction, list, body typed) typed {
	kind, most := f.gives([]typed{list, body})
	switch name {
	case "findLast":
		return retyped(loop("find", reversed(list), body.node), kind, most)
	case "sum": // of whole numbers too: they could wrap around
		return retyped(call("float", loop("sum", list.node, float(body))), kind, most)
	}
	return retyped(loop(name, list.node, body.node), kind, most)
}

// reversed returns a list in reverse order, so that what runs over it backwards runs forwards: the code that expr
// v1.17.8 makes for findLast, and for the last element of a filter, leaves truths on the stack that operators around
// it take for their operands.
func reversed(list typed) ast.Node {
	return retyped(call("reverse", list.node), list.kind, list.most).node
}
