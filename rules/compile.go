package rules

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/utils"
)

// A builder compiles one Spec.
type builder struct {
	spec     Spec
	each     Scope
	parts    map[string]part
	uses     map[string]map[string]bool // by field: the names of parts in its expression
	reads    leafSet                    // of everything evaluated
	decides  leafSet                    // of everything but Show
	problems []Problem
}

func newBuilder(spec Spec) *builder {
	return &builder{spec: spec, each: spec.Each, parts: map[string]part{}, uses: map[string]map[string]bool{}}
}

// Compile checks and compiles a rule. The problems are all that are wrong with it; with any the rule is nil.
func Compile(spec Spec) (*Rule, []Problem) {
	b := newBuilder(spec)
	r := &Rule{Spec: spec, Limit: math.NaN()}
	b.frame()
	b.limit(r)
	b.lets()
	r.where = b.condition("where", spec.Where)
	conditions := b.levels(r)
	r.resolve = b.condition("resolve_when", spec.ResolveWhen)
	b.show(r, conditions)
	b.summary(r)
	if len(b.problems) == 0 && b.decides == 0 {
		b.whole("when", "compare a figure, such as bytes.used", "reads no figure")
	}
	if len(b.problems) == 0 {
		b.unused()
	}
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	r.Kind, r.Reads = kindOf(b.decides), readsOf(b.reads)
	r.growing = growing(r.levels)
	return r, nil
}

// whole notes a problem with a whole field.
func (b *builder) whole(field, hint, format string, args ...any) {
	b.problems = append(b.problems, Problem{Field: field, Offset: -1, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// frame checks what is not an expression.
func (b *builder) frame() {
	if strings.TrimSpace(b.spec.Name) == "" {
		b.whole("name", "", "is empty")
	}
	if b.each != EachDevice && b.each != EachProject {
		b.whole("each", "want device or project", "unknown scope %q", b.each)
		b.each = EachDevice
	}
	if b.spec.For < 0 {
		b.whole("for", "", "is negative")
	}
	if len(b.spec.Advice) > maxSource {
		b.whole("advice", "put it on a page and give its address", "is too long: %d bytes, at most %d", len(b.spec.Advice), maxSource)
	}
	last := time.Duration(0)
	for _, after := range b.spec.Remind {
		if after < last+time.Minute {
			b.whole("remind", "such as [24h, 72h, 168h]", "must ascend by a minute at least, not %s after %s", after, last)
			return
		}
		last = after
	}
}

// check parses and checks an expression. It is broken if anything is wrong with it.
func (b *builder) check(field, text string) part {
	if strings.TrimSpace(text) == "" {
		b.whole(field, "", "is empty")
		return part{}
	}
	if len(text) > maxSource {
		b.whole(field, "", "is too long: %d bytes, at most %d", len(text), maxSource)
		return part{}
	}
	tree, err := parser.Parse(text)
	if err != nil {
		b.problems = append(b.problems, syntaxProblem(field, text, err))
		return part{}
	}
	before := len(b.problems)
	b.uses[field] = map[string]bool{}
	c := &checker{field: field, text: text, each: b.each, parts: b.parts, used: b.uses[field], problems: &b.problems}
	t := settle(c.check(tree.Node))
	if len(b.problems) > before {
		return part{}
	}
	return part{typed: t, size: c.size, deep: c.deep}
}

// limit computes the limit, which must be constant. From then on it is a named part.
func (b *builder) limit(r *Rule) {
	if b.spec.Limit == "" {
		return
	}
	p := b.check("limit", b.spec.Limit)
	b.parts["limit"] = part{}
	switch {
	case p.broken():
	case !p.number():
		b.whole("limit", "such as mb(40)", "must be a number, not %s", kindName(p.kind))
	case leavesIn(p.node) != 0:
		b.whole("limit", "such as mb(40); put what changes into `let`", "must be constant")
	default:
		if p = b.folded("limit", p); !p.broken() {
			r.Limit, _ = literal(p.node)
			b.parts["limit"] = p
		}
	}
}

// lets checks the named parts, each with those before it.
func (b *builder) lets() {
	for _, let := range b.spec.Let {
		field := "let." + let.Name
		if !b.free(field, let.Name) {
			continue
		}
		p := b.check(field, let.Expr)
		if !p.broken() && p.number() && leavesIn(p.node) == 0 {
			p = b.folded(field, p)
		}
		b.parts[let.Name] = p
	}
}

// free reports whether a name can be given to a part, and notes a problem if not.
func (b *builder) free(field, name string) bool {
	_, taken := b.parts[name]
	switch {
	case !utils.IsValidIdentifier(name) || strings.Contains(name, "$"):
		b.whole(field, "letters, digits and _, not a digit first", "%q is not a name", name)
	case name == "limit":
		b.whole(field, "", "limit is the name of the rule's limit")
	case taken:
		b.whole(field, "", "%s is defined twice", name)
	case membersOf(name) != nil:
		b.whole(field, "", "%s already names what a rule reads", name)
	case slices.Contains(keywords, name):
		b.whole(field, "", "%s is a word of the language", name)
	case slices.Contains(builtin.Names, name) || factors[name] != 0:
		b.whole(field, "", "%s is the name of a function", name)
	default:
		return true
	}
	return false
}

// unused reports the limit and the named parts that no condition reads, neither directly nor through other parts.
func (b *builder) unused() {
	read := map[string]bool{}
	var follow func(field string)
	follow = func(field string) {
		for name := range b.uses[field] {
			if !read[name] {
				read[name] = true
				follow("let." + name)
			}
		}
	}
	for field := range b.uses {
		if !strings.HasPrefix(field, "let.") {
			follow(field)
		}
	}
	if b.spec.Limit != "" && !read["limit"] {
		b.whole("limit", "compare with it in when, as in bytes.used > limit, or remove it", "no condition reads it")
	}
	for _, let := range b.spec.Let {
		if !read[let.Name] {
			b.whole("let."+let.Name, "use it in when, or remove it", "no condition reads it")
		}
	}
}

// keywords are the words of expr's syntax.
var keywords = []string{"true", "false", "nil", "let", "if", "else", "not", "in", "and", "or", "matches", "contains",
	"startsWith", "endsWith"}

// folded computes a part that is constant.
func (b *builder) folded(field string, p part) part {
	if _, ok := literal(p.node); ok {
		return part{typed: p.typed, size: 1}
	}
	value, err := evaluate(p.node)
	if err != nil {
		b.failed(field, err)
		return part{}
	}
	switch value := value.(type) {
	case int:
		return part{typed: integer(value), size: 1}
	case float64:
		return part{typed: number(value), size: 1}
	}
	b.whole(field, "it divides by zero or leaves the range of numbers", "has no value")
	return part{}
}

// failed notes that a checked expression does not compile.
func (b *builder) failed(field string, err error) {
	hint := ""
	if errors.Is(err, errTooComplex) {
		hint = "use less of ?:, ?? and compared conditions inside of one another"
	}
	b.whole(field, hint, "%v", err)
}

// condition compiles an optional condition; nil if there is none.
func (b *builder) condition(field, text string) *expression {
	if text == "" {
		return nil
	}
	e, _ := b.boolean(field, text)
	return e
}

// boolean checks and compiles a condition.
func (b *builder) boolean(field, text string) (*expression, ast.Node) {
	p := b.check(field, text)
	if p.broken() {
		return nil, nil
	}
	if !p.boolean() {
		b.whole(field, "compare it, such as bytes.used > mb(40)", "must be true or false, not %s", kindName(p.kind))
		return nil, nil
	}
	e, err := compile(field, p.node)
	if err != nil {
		b.failed(field, err)
		return nil, nil
	}
	b.decides |= e.reads
	b.reads |= e.reads
	return e, p.node
}

// levels compiles the conditions of all levels and returns their trees in the order they are written in.
func (b *builder) levels(r *Rule) []ast.Node {
	if len(b.spec.When) == 0 {
		b.whole("when", "", "is missing")
		return nil
	}
	var trees []ast.Node
	compiled := map[Level]*expression{}
	for _, c := range b.spec.When {
		field := "when." + c.Level.String()
		if _, twice := compiled[c.Level]; twice {
			b.whole(field, "", "is given twice")
			continue
		}
		if c.Level < Info || c.Level > Critical {
			b.whole(field, "want info, warning or critical", "is no level of a condition")
			continue
		}
		e, tree := b.boolean(field, c.Expr)
		compiled[c.Level] = e
		if tree != nil {
			trees = append(trees, tree)
		}
	}
	for _, level := range slices.Backward(slices.Sorted(maps.Keys(compiled))) {
		r.levels = append(r.levels, condition{level, compiled[level]})
	}
	if len(r.levels) > 0 {
		r.Highest, r.Lowest = r.levels[0].level, r.levels[len(r.levels)-1].level
	}
	return trees
}
