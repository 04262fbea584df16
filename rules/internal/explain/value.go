package explain

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/lexer"

	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/names"
)

// A Phrase is a part of an expression with the values that it read.
type Phrase struct {
	Text   string  // as its author wrote it, which may be on several lines
	Values []Value // in the order of the text
}

// A Value is something that an expression reads or computes.
type Value struct {
	Path   string    // the expression of the value: bytes.used, limit, the name of a let; "" for a computation, such as 0.8 * limit
	Known  bool      // false is no data
	Number float64   // NaN if it is no number, or not known
	Unit   string    // of Number, such as "B" for bytes; "" is a plain number
	Text   string    // the value if it is neither a number nor a list of numbers: true, "a text" or ["a", "list"]
	List   []float64 // the last numbers of a list, each in Unit
	Length int       // of that list

	end int // the byte in the text at which the expression of the value ends
}

// Fill returns the text of the phrase on one line, with each value after its expression: bytes.used 41.2 MB > 0.8 * limit 40 MB = 32 MB.
// format writes a number with its unit.
func (p Phrase) Fill(format func(value float64, unit string) string) string {
	var out strings.Builder
	from := 0
	for _, v := range p.Values {
		out.WriteString(p.Text[from:v.end])
		if v.Path == "" {
			out.WriteString(" =")
		}
		out.WriteString(" " + v.Format(format))
		from = v.end
	}
	out.WriteString(p.Text[from:])
	return strings.Join(strings.Fields(out.String()), " ")
}

// Format writes the value with its unit, as format writes a number.
func (v Value) Format(format func(value float64, unit string) string) string {
	switch {
	case !v.Known:
		return lang.NoData.String()
	case v.Text != "":
		return v.Text
	case math.IsNaN(v.Number):
		return listText(v.List, v.Length, func(x float64) string { return format(x, v.Unit) })
	}
	return format(v.Number, v.Unit)
}

// values returns what a source reads, and what each side of a comparison computes from that.
func (x *Explainer) values(s source) []Value {
	if s.node == nil {
		return nil
	}
	var all []Value
	add := func(path string, n ast.Node, end int) {
		if value, ok := x.compiler.Value(n, x.view); ok {
			v := describeValue(value)
			v.Path, v.Unit = path, x.units.Of(n)
			v.end = len(string(s.text[s.from():end]))
			all = append(all, v)
		}
	}
	visit(s.node, func(n ast.Node) {
		if path, ok := names.PathOf(n); ok {
			add(path, n, s.endOfMember(n.(*ast.MemberNode)))
		} else if name, ok := n.(*ast.IdentifierNode); ok {
			if x.compiler.Named(name.Value) {
				add(name.Value, n, name.Location().To)
			}
		}
	})
	for _, side := range s.sides() {
		if computed(side.node) {
			add("", side.node, side.to())
		}
	}
	slices.SortStableFunc(all, func(a, b Value) int { return cmp.Compare(a.end, b.end) })
	all = slices.CompactFunc(all, func(a, b Value) bool { return a.end == b.end && a.Path == b.Path })
	return all[:min(len(all), maxValues)]
}

// sides returns what a comparison compares.
func (s source) sides() []source {
	s.passage = s.bare()
	n, ok := s.node.(*ast.BinaryNode)
	if !ok {
		return nil
	}
	at := s.at(n.Location().From, "==", "!=", "<", "<=", ">", ">=")
	if at <= 0 || s.tokens[at].Value != n.Operator {
		return nil // a < b < c has two comparisons that share a side
	}
	left, right := s.cut(at)
	return []source{{n.Left, left}, {n.Right, right}}
}

// endOfMember returns where object.member or object["member"] ends, in characters.
func (s source) endOfMember(n *ast.MemberNode) int {
	end := n.Property.Location().To
	next := slices.IndexFunc(s.tokens, func(t lexer.Token) bool { return t.From >= end })
	if next >= 0 && s.tokens[next].Is(lexer.Bracket, "]") && s.tokens[next-2].Is(lexer.Bracket, "[") {
		return s.tokens[next].To
	}
	return end
}

// computed reports whether a node of a source is a computation, not only a value.
func computed(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return computed(n.Node)
	case *ast.BinaryNode, *ast.ConditionalNode, *ast.SliceNode, *ast.BuiltinNode:
		return true
	case *ast.MemberNode:
		_, leaf := names.PathOf(n)
		return !leaf
	case *ast.CallNode: // mb(40) shows its value already
		return slices.ContainsFunc(n.Arguments, func(n ast.Node) bool {
			_, written := lang.Literal(n)
			return computed(n) || !written
		})
	}
	return false
}

// The bounds of a value that is written out.
const (
	maxElements = 5  // of a list
	maxText     = 80 // characters of a text
)

// describeValue describes a value that a program computed.
func describeValue(value any) Value {
	v := Value{Known: true, Number: math.NaN()}
	switch value := value.(type) {
	case nil:
		v.Known = false
	case int:
		v.Number = float64(value)
	case float64:
		v.Number = value
	case bool:
		v.Text = fmt.Sprint(value)
	case string:
		v.Text = quoted(value)
	case []string:
		v.Text = listText(lastElements(value), len(value), quoted)
	case []float64:
		v.List, v.Length = lastElements(value), len(value)
	case []any: // computed, of one kind
		v.Length = len(value)
		for _, element := range lastElements(value) {
			e := describeValue(element)
			if e.Text != "" {
				v.Text = listText(lastElements(value), len(value), func(element any) string { return describeValue(element).Text })
				break
			}
			v.List = append(v.List, e.Number)
		}
	}
	return v
}

func lastElements[T any](list []T) []T { return list[max(0, len(list)-maxElements):] }

func quoted(text string) string { return strconv.Quote(lang.Shortened(text, maxText)) }

// listText writes the last elements of a list of a given length.
func listText[T any](elements []T, length int, text func(T) string) string {
	var texts []string
	for _, element := range elements {
		texts = append(texts, text(element))
	}
	all := strings.Join(texts, ", ")
	if length > len(elements) {
		all = fmt.Sprintf("… %s: %d in all", all, length)
	}
	return "[" + all + "]"
}
