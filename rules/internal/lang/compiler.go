package lang

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/utils"
	"github.com/expr-lang/expr/vm"

	"notewatch/rules/internal/names"
)

// LimitName is the name of the limit of a rule in expressions.
const LimitName = "limit"

// A Compiler checks and compiles the expressions of one rule, and notes everything that is wrong with it. Limit comes first, then
// Let in the order of the rule, then the expressions that use them.
type Compiler struct {
	Problems []Problem

	names  *Vocabulary
	layout *Layout
	scope  string            // what the rule is about, such as device
	parts  map[string]part   // by name
	texts  map[string]string // of the parts that Let has named
	used   map[string]bool   // the parts that a condition or figure reads, directly or through other parts
}

// Compiler returns a compiler for a rule about a scope, such as device.
func (l *Layout) Compiler(scope string) *Compiler {
	return &Compiler{names: l.names, layout: l, scope: scope, parts: map[string]part{}, texts: map[string]string{}, used: map[string]bool{}}
}

// Whole notes a problem of a whole field. The hint may be "".
func (c *Compiler) Whole(field, hint, format string, args ...any) {
	c.Problems = append(c.Problems, Problem{Field: field, Offset: -1, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Limit compiles the text of the field limit and names it limit. The text is a number that is constant, or that reads only leaves of the
// given paths. It returns nil if anything is wrong with the text.
func (c *Compiler) Limit(text string, readable ...string) *Number {
	p := c.check(LimitName, text)
	c.parts[LimitName] = part{}
	if p.typed.broken() {
		return nil
	}
	reads := c.layout.reads(p.typed.node)
	other := slices.ContainsFunc(reads, func(l *Leaf) bool { return !slices.Contains(readable, l.Path()) })
	switch {
	case !p.typed.number():
		c.Whole(LimitName, "such as mb(40)", "must be a number, not %s", kindNames[p.typed.kind])
		return nil
	case other:
		c.Whole(LimitName, "such as mb(40); put what changes into `let`", "must be constant")
		return nil
	case len(reads) == 0:
		p = c.folded(LimitName, p)
	}
	c.parts[LimitName] = p
	return c.number(LimitName, p)
}

// LimitOf makes the name limit stand for the number that of computes from the struct that is read. Where that is no data, it stands for
// own, which Limit has compiled. No other leaf of the layout may have the path.
func (c *Compiler) LimitOf(path string, own *Number, of func(structure reflect.Value) float64) *Number {
	if own == nil {
		return nil
	}
	p := c.parts[LimitName]
	leaf := names.Computed(path, of)
	computed := retyped(c.layout.place(leaf), numberKind, largest)
	if !math.IsNaN(own.constant) {
		p.typed = computed
	} else {
		p.typed = retyped(binary("??", computed.node, alike(p.typed, numberKind)), numberKind, largest)
		p.size += 2
	}
	c.parts[LimitName] = p
	return c.number(LimitName, p)
}

// Let names a part of expressions. The field of its text is "let." and the name.
func (c *Compiler) Let(name, text string) {
	field := "let." + name
	if !c.free(field, name) {
		return
	}
	p := c.check(field, text)
	if !p.typed.broken() && p.typed.number() && len(c.layout.reads(p.typed.node)) == 0 {
		p = c.folded(field, p)
	}
	c.parts[name], c.texts[name] = p, text
}

// Condition compiles an expression that must be true or false. It returns nil if anything is wrong with it.
func (c *Compiler) Condition(field, text string) *Expression {
	p := c.checkUse(field, text)
	if p.typed.broken() {
		return nil
	}
	if !p.typed.boolean() {
		c.Whole(field, "compare it, such as bytes.used > mb(40)", "must be true or false, not %s", kindNames[p.typed.kind])
		return nil
	}
	e, err := c.layout.compile(field, p.typed.node)
	if err != nil {
		c.failed(field, err)
		return nil
	}
	return e
}

// Number compiles an expression that is a number and reads something. It returns nil if anything is wrong with it.
func (c *Compiler) Number(field, text string) *Number {
	p := c.checkUse(field, text)
	if p.typed.broken() {
		return nil
	}
	reads := slices.ContainsFunc(c.layout.reads(p.typed.node), func(l *Leaf) bool { return !l.Computed() })
	if !p.typed.number() || !reads {
		c.Whole(field, "such as bytes.used, or 100 * bytes.used / limit", "must be a number that reads a figure")
		return nil
	}
	n := c.number(field, p)
	if tree, err := parser.Parse(text); err == nil && n != nil && n.leaf == nil {
		n.Unit = c.Units("").Of(tree.Node)
	}
	return n
}

// Texts returns the texts of the parts that Let has named, by name.
func (c *Compiler) Texts() map[string]string { return c.texts }

// Named reports whether a name stands for a part: for the limit, or for what Let has named.
func (c *Compiler) Named(name string) bool {
	_, ok := c.parts[name]
	return ok
}

// Value computes a node of a text that uses the named parts. It is nil if it is no data. ok is false if the node has no value.
func (c *Compiler) Value(n ast.Node, v *View) (value any, ok bool) {
	p := c.checkTree("", "", n)
	if p.typed.broken() {
		return nil, false
	}
	v.see(c.layout)
	value, err := c.layout.value(p.typed.node, &v.machine, v.boxed)
	return value, err == nil
}

// Uses reports whether a condition or figure reads a named part, directly or through other parts.
func (c *Compiler) Uses(name string) bool { return c.used[name] }

// checkUse checks an expression other than a named part.
func (c *Compiler) checkUse(field, text string) part {
	p := c.check(field, text)
	c.use(p)
	return p
}

func (c *Compiler) use(p part) {
	for name := range p.uses {
		if !c.used[name] {
			c.used[name] = true
			c.use(c.parts[name])
		}
	}
}

// check parses and checks an expression. It is broken if anything is wrong with it.
func (c *Compiler) check(field, text string) part {
	if strings.TrimSpace(text) == "" {
		c.Whole(field, "", "is empty")
		return part{}
	}
	if len(text) > maxSource {
		c.Whole(field, "", "is too long: %d bytes, at most %d", len(text), maxSource)
		return part{}
	}
	tree, err := parser.Parse(text)
	if err != nil {
		c.Problems = append(c.Problems, syntaxProblem(field, text, err))
		return part{}
	}
	return c.checkTree(field, text, tree.Node)
}

// checkTree checks a tree that was parsed. It is broken if anything is wrong with it.
func (c *Compiler) checkTree(field, text string, n ast.Node) part {
	before := len(c.Problems)
	checker := &checker{compiler: c, field: field, text: text, uses: map[string]bool{}}
	t := settle(checker.check(n))
	if len(c.Problems) > before {
		return part{}
	}
	return part{typed: t, size: checker.size, deep: checker.deep, uses: checker.uses}
}

// free reports whether a name can be given to a part, and notes a problem if not.
func (c *Compiler) free(field, name string) bool {
	_, taken := c.parts[name]
	switch {
	case !utils.IsValidIdentifier(name) || strings.Contains(name, "$"):
		c.Whole(field, "letters, digits and _, not a digit first", "%q is not a name", name)
	case name == LimitName:
		c.Whole(field, "", "limit is the name of the rule's limit")
	case taken:
		c.Whole(field, "", "%s is defined twice", name)
	case c.names.Members(name, "") != nil:
		c.Whole(field, "", "%s already names what a rule reads", name)
	case slices.Contains(keywords, name):
		c.Whole(field, "", "%s is a word of the language", name)
	case slices.Contains(builtin.Names, name) || factors[name] != 0:
		c.Whole(field, "", "%s is the name of a function", name)
	default:
		return true
	}
	return false
}

// keywords are the words of expr's syntax.
var keywords = []string{"true", "false", "nil", "let", "if", "else", "not", "in", "and", "or", "matches", "contains",
	"startsWith", "endsWith"}

// folded computes a constant part.
func (c *Compiler) folded(field string, p part) part {
	p.size, p.deep = 1, 0
	if _, ok := Literal(p.typed.node); ok {
		return p
	}
	value, err := c.layout.value(p.typed.node, &vm.VM{MemoryBudget: memoryBudget}, struct{}{})
	if err != nil {
		c.failed(field, err)
		return part{}
	}
	switch value := value.(type) {
	case int:
		p.typed = integer(value)
	case float64:
		p.typed = number(value)
	default:
		c.Whole(field, "it divides by zero or leaves the range of numbers", "has no value")
		return part{}
	}
	return p
}

// failed notes that a checked expression does not compile.
func (c *Compiler) failed(field string, err error) {
	hint := ""
	if errors.Is(err, errTooComplex) {
		hint = "use less of ?:, ?? and compared conditions inside of one another"
	}
	c.Whole(field, hint, "%v", err)
}
