package lang

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"notewatch/rules/internal/names"
)

// The bounds of an expression. expr has no time limit, so the form of an expression must ensure that it ends soon.
const (
	maxSource = 4096 // bytes of text
	maxNodes  = 500  // nodes after named parts are put in place
	maxLoops  = 2    // predicates within predicates
)

// A part is a named part of expressions, checked.
type part struct {
	typed typed
	size  int             // in nodes
	deep  int             // predicates within predicates
	uses  map[string]bool // names of the parts in it
}

// A checker reads the expression of one field. It resolves names, replaces named parts by their expressions, derives kinds and notes all
// problems. It accepts only the syntax that it understands.
type checker struct {
	compiler    *Compiler // of the other expressions of the rule
	field, text string
	uses        map[string]bool // names of the parts in the expression

	size  int
	deep  int     // the most predicates within predicates so far
	loops []typed // the lists that the enclosing predicates run over, innermost last
	maps  []bool  // whether each of them is of map, the only function with #index
}

// problem notes what is wrong at a character of the text and returns the broken expression.
func (c *checker) problem(at int, hint, format string, args ...any) typed {
	c.compiler.Problems = append(c.compiler.Problems, Problem{
		Field: c.field, Offset: byteOffset(c.text, at), Message: fmt.Sprintf(format, args...), Hint: hint,
	})
	return typed{}
}

// check checks one node and all below it.
func (c *checker) check(n ast.Node) typed {
	if !c.grow(1, n) {
		return typed{}
	}
	switch n := n.(type) {
	case *ast.IntegerNode:
		return integer(n.Value)
	case *ast.FloatNode:
		return number(n.Value)
	case *ast.BoolNode:
		return retyped(n, booleanKind, 0)
	case *ast.StringNode:
		return retyped(n, textKind, 0)
	case *ast.IdentifierNode:
		return c.name(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.CallNode:
		return c.call(n)
	}
	return c.refuse(n)
}

// checkAll checks several nodes; ok is false if one of them is broken.
func (c *checker) checkAll(nodes ...ast.Node) (all []typed, ok bool) {
	ok = true
	for _, n := range nodes {
		t := c.check(n)
		all = append(all, t)
		ok = ok && !t.broken()
	}
	return all, ok
}

// grow counts nodes. It notes a problem once, when there are too many.
func (c *checker) grow(nodes int, at ast.Node) bool {
	within := c.size <= maxNodes
	c.size += nodes
	if within && c.size > maxNodes {
		c.problem(start(at), "split it into levels, or into rules",
			"is too large: more than %d terms once named parts are put in place", maxNodes)
	}
	return c.size <= maxNodes
}

// descend notes how deep predicates are nested. It notes a problem when that is too deep.
func (c *checker) descend(loops int, at ast.Node) bool {
	deep := len(c.loops) + loops
	c.deep = max(c.deep, deep)
	if deep > maxLoops {
		c.problem(at.Location().From, "", "loops more than %d deep are not used in rules", maxLoops)
	}
	return deep <= maxLoops
}

// refuse notes a form of expr's syntax that rules do not have.
func (c *checker) refuse(n ast.Node) typed {
	at := start(n)
	switch n.(type) {
	case *ast.NilNode:
		return c.problem(at, "no data is neither nil nor 0: replace it with ??", "nil is not used in rules")
	case *ast.ChainNode:
		return c.problem(at, "write . and replace no data with ??", "?. is not used in rules")
	case *ast.VariableDeclaratorNode:
		return c.problem(at, "name parts in the `let` of the rule", "let is not used inside expressions")
	case *ast.SequenceNode:
		return c.problem(at, "join conditions with && or ||", "; is not used in rules")
	case *ast.MapNode:
		return c.problem(at, "", "{} maps are not used in rules")
	}
	return c.problem(at, "", "this form is not used in rules")
}

// name checks a bare name, which must be a named part: every other name has members.
func (c *checker) name(n *ast.IdentifierNode) typed {
	at := n.Location().From
	if p, ok := c.compiler.parts[n.Value]; ok {
		c.uses[n.Value] = true
		if p.typed.broken() || !c.grow(p.size-1, n) || !c.descend(p.deep, n) {
			return typed{}
		}
		return p.typed
	}
	switch members := c.compiler.names.Members(n.Value, c.compiler.scope); {
	case n.Value == "limit":
		return c.problem(at, "add `limit:` to the rule", "limit is used, but the rule has none")
	case c.unseen(n.Value):
		return c.unknownName(n)
	case len(members) > 0:
		return c.notValue(at, n.Value, c.compiler.names.Example(n.Value), members)
	}
	return c.unknownName(n)
}

// unseen reports whether an object exists but not for this scope.
func (c *checker) unseen(object string) bool {
	return c.compiler.names.Members(object, "") != nil && !slices.Contains(c.compiler.names.Objects(c.compiler.scope), object)
}

func (c *checker) unknownName(n *ast.IdentifierNode) typed {
	known := c.compiler.names.Objects(c.compiler.scope)
	there := "a rule for each " + c.compiler.scope + " sees " + strings.Join(known, ", ")
	if c.unseen(n.Value) {
		return c.problem(n.Location().From, there, "%s is not known in a rule for each %s", n.Value, c.compiler.scope)
	}
	known = slices.AppendSeq(append(known, "limit"), maps.Keys(c.compiler.parts))
	slices.Sort(known)
	return c.problem(n.Location().From, didYouMean(n.Value, known, there), "unknown name %q", n.Value)
}

// member reads a member of an object, or an element of a list.
func (c *checker) member(n *ast.MemberNode) typed {
	if object := c.object(n); object != nil {
		return c.leaf(n, object)
	}
	if name, ok := n.Property.(*ast.StringNode); ok {
		if list := c.check(n.Node); !list.broken() {
			c.problem(n.Location().From, "", "%s has no member %q", kindNames[list.kind], name.Value)
		}
		return typed{}
	}
	all, ok := c.checkAll(n.Node, n.Property)
	if !ok {
		return typed{}
	}
	list, index := all[0], all[1]
	if !list.list() {
		return c.problem(start(n.Node), "", "[] takes an element of a list, not of %s", kindNames[list.kind])
	}
	if !index.integer() {
		return c.problem(start(n.Property), "int(…) converts a number", "the position in a list must be a whole number, not %s", kindNames[index.kind])
	}
	if at, ok := Literal(index.node); ok && at < 0 {
		if _, made := list.node.(*ast.BuiltinNode); made {
			list.node, index = reversed(list), integer(int(-1-at))
		}
	}
	return list.element(&ast.MemberNode{Node: list.node, Property: index.node})
}

// object returns the name of the object from which a node reads a member or a key; nil if it reads neither.
func (c *checker) object(n *ast.MemberNode) *ast.IdentifierNode {
	object, ok := n.Node.(*ast.IdentifierNode)
	if !ok {
		below, isMember := n.Node.(*ast.MemberNode)
		if !isMember {
			return nil
		}
		if object, ok = below.Node.(*ast.IdentifierNode); !ok || !c.compiler.names.HasKeys(object.Value) {
			return nil
		}
	}
	if _, isPart := c.compiler.parts[object.Value]; isPart {
		return nil
	}
	return object
}

// leaf reads a member of an object.
func (c *checker) leaf(n *ast.MemberNode, object *ast.IdentifierNode) typed {
	members := c.compiler.names.Members(object.Value, c.compiler.scope)
	if members == nil || c.unseen(object.Value) {
		return c.name(object)
	}
	text := object.Value
	if c.compiler.names.HasKeys(text) {
		var ok bool
		if text, ok = c.keyed(n, object.Value, members); !ok {
			return typed{}
		}
	}
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return c.problem(start(n.Property), "write "+text+". and one of "+strings.Join(members, ", "), "%s is not a list", text)
	}
	l := c.compiler.names.Leaf(text + "." + name.Value)
	if l == nil {
		hint := didYouMean(name.Value, members, "it has "+strings.Join(members, ", "))
		if owners := c.compiler.names.Owners(name.Value, c.compiler.scope); len(owners) > 0 {
			hint = strings.Join(owners, ", ") + " have it; " + text + " has " + strings.Join(members, ", ")
			if why := c.compiler.names.Lacks(text); why != "" {
				return c.problem(n.Location().From, text+" has "+strings.Join(members, ", "), "%s %s: it has no member %q", text, why, name.Value)
			}
		}
		return c.problem(n.Location().From, hint, "%s has no member %q", text, name.Value)
	}
	if !l.Seen(c.compiler.scope) {
		return c.problem(n.Location().From, "rules for each "+strings.Join(l.Scopes(), ", ")+" see it",
			"%s is not known in a rule for each %s", l.Path(), c.compiler.scope)
	}
	return retyped(c.compiler.layout.place(l), l.Kind, largest)
}

// keyed checks the key of an object whose member a node reads, and returns the text of the object with the key.
func (c *checker) keyed(n *ast.MemberNode, object string, members []string) (text string, ok bool) {
	of, whole := n.Node.(*ast.MemberNode)
	if !whole {
		of = n
	}
	key, written := of.Property.(*ast.StringNode)
	if !written {
		c.problem(start(of.Property), "such as "+c.compiler.names.Example(object)+": what is fetched and kept follows from it",
			"the key of %s must be a text that is written out", object)
		return "", false
	}
	if text = names.Keyed(object, key.Value); !whole {
		c.notValue(start(n), text, text, members)
	}
	return text, whole
}

// notValue notes that an object is read without a member. example shows how objects of its kind are read.
func (c *checker) notValue(at int, object, example string, members []string) typed {
	return c.problem(at, "write "+example+". and one of "+strings.Join(members, ", "), "%s is not a value by itself", object)
}

func (c *checker) slice(n *ast.SliceNode) typed {
	list := c.check(n.Node)
	if !list.broken() && !list.list() {
		list = c.problem(start(n.Node), "", "[:] takes a part of a list, not of %s", kindNames[list.kind])
	}
	from, fromOK := c.position(n.From)
	to, toOK := c.position(n.To)
	if list.broken() || !fromOK || !toOK {
		return typed{}
	}
	return retyped(&ast.SliceNode{Node: list.node, From: from, To: to}, list.kind, list.most)
}

// position checks an end of a slice, which may be left out.
func (c *checker) position(n ast.Node) (ast.Node, bool) {
	if n == nil {
		return nil, true
	}
	t := c.check(n)
	if !t.broken() && !t.integer() {
		t = c.problem(start(n), "int(…) converts a number", "the position in a list must be a whole number, not %s", kindNames[t.kind])
	}
	return t.node, !t.broken()
}

func (c *checker) conditional(n *ast.ConditionalNode) typed {
	all, ok := c.checkAll(n.Cond, n.Exp1, n.Exp2)
	if !ok {
		return typed{}
	}
	cond, yes, no := all[0], settle(all[1]), settle(all[2])
	if !cond.boolean() {
		return c.problem(start(n.Cond), "", "the condition of ?: must be true or false, not %s", kindNames[cond.kind])
	}
	kind := common(yes.kind, no.kind)
	if kind == nil {
		return c.problem(start(n.Exp1), "", "the branches of ?: must be of one kind, not %s and %s", kindNames[yes.kind], kindNames[no.kind])
	}
	return retyped(choose(cond.node, alike(yes, kind), alike(no, kind)), kind, max(yes.most, no.most))
}

// array checks a list that is written out. Its elements are of one kind.
func (c *checker) array(n *ast.ArrayNode) typed {
	elements, ok := c.checkAll(n.Nodes...)
	if !ok {
		return typed{}
	}
	if len(elements) == 0 {
		return c.problem(start(n), "", "an empty list has nothing to compare with")
	}
	kind, most := elements[0].kind, 0.0
	for i, element := range elements {
		elements[i] = settle(element)
		if kind = common(kind, element.kind); kind == nil || !element.scalar() {
			return c.problem(start(n.Nodes[i]), "",
				"the elements of a list must be of one kind: numbers, texts, or true and false; this one is %s", kindNames[element.kind])
		}
		most = max(most, elements[i].most)
	}
	list := &ast.ArrayNode{}
	for _, element := range elements {
		list.Nodes = append(list.Nodes, alike(element, kind))
	}
	return retyped(list, listOf(kind), most)
}

// pointer reads # in a predicate.
func (c *checker) pointer(n *ast.PointerNode) typed {
	last := len(c.loops) - 1
	switch {
	case last < 0:
		return c.problem(n.Location().From, "", "# is known in predicates only")
	case n.Name == "":
		return c.loops[last].element(n)
	case n.Name == "index" && c.maps[last]:
		return retyped(n, integerKind, longest)
	case n.Name == "index":
		return c.problem(n.Location().From, "", "#index is known in map only")
	}
	return c.problem(n.Location().From, "# is the element", "unknown name %q", "#"+n.Name)
}

// integer returns a whole number; a number that float64 cannot count exactly is not whole.
func integer(x int) typed {
	if x < -largest || x > largest {
		return number(float64(x))
	}
	return retyped(&ast.IntegerNode{Value: x}, integerKind, math.Abs(float64(x)))
}

func number(x float64) typed { return retyped(constant(x), numberKind, math.Abs(x)) }
