package explain

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"

	"notewatch/rules/internal/lang"
)

// A passage is a part of the text of an expression.
type passage struct {
	text   []rune // of the whole expression
	tokens []lexer.Token
}

func passageOf(text string) passage {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return passage{}
	}
	tokens = slices.DeleteFunc(tokens, func(t lexer.Token) bool { return t.Is(lexer.EOF) })
	return passage{[]rune(text), tokens}
}

// String returns the text of the passage as its author wrote it.
func (p passage) String() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return string(p.text[p.from():p.to()])
}

// from and to return where a passage that is not empty begins and ends, in characters.
func (p passage) from() int { return p.tokens[0].From }
func (p passage) to() int   { return p.tokens[len(p.tokens)-1].To }

// bare returns the passage without brackets around the whole of it.
func (p passage) bare() passage {
	for len(p.tokens) > 2 && p.tokens[0].Is(lexer.Bracket, "(") && p.closing() == len(p.tokens)-1 {
		p.tokens = p.tokens[1 : len(p.tokens)-1]
	}
	return p
}

// closing returns the place of the bracket that closes the first one of the passage.
func (p passage) closing() int {
	return p.find(1, func(_ lexer.Token, depth int) bool { return depth < 0 })
}

// find returns the place of the first wanted token from a place on, or -1. depth is the number of brackets that were opened since that
// place and are not closed.
func (p passage) find(from int, wanted func(t lexer.Token, depth int) bool) int {
	depth := 0
	for i := from; i < len(p.tokens); i++ {
		t := p.tokens[i]
		if t.Is(lexer.Bracket, ")", "]", "}") {
			depth--
		}
		if wanted(t, depth) {
			return i
		}
		if t.Is(lexer.Bracket, "(", "[", "{") {
			depth++
		}
	}
	return -1
}

// at returns which token begins at a character, if it is one of those words.
func (p passage) at(character int, words ...string) int {
	return slices.IndexFunc(p.tokens, func(t lexer.Token) bool { return t.From == character && t.Is(lexer.Operator, words...) })
}

// cut returns the passages before and after a token.
func (p passage) cut(token int) (before, after passage) {
	return passage{p.text, p.tokens[:token]}, passage{p.text, p.tokens[token+1:]}
}

// branches returns the passages around the ? and the : of ?:.
func (p passage) branches() []passage {
	question := p.find(0, func(t lexer.Token, depth int) bool { return depth == 0 && t.Is(lexer.Operator, "?") })
	if question < 0 {
		return nil
	}
	open := 0 // ? whose : is yet to come
	colon := p.find(question+1, func(t lexer.Token, depth int) bool {
		switch {
		case depth != 0:
		case t.Is(lexer.Operator, "?"):
			open++
		case t.Is(lexer.Operator, ":"):
			open--
		}
		return open < 0
	})
	if colon <= question+1 {
		return nil
	}
	condition, rest := p.cut(question)
	yes, no := rest.cut(colon - question - 1)
	return []passage{condition, yes, no}
}

// A source is a parsed tree, and the passage that it was parsed from.
type source struct {
	node ast.Node
	passage
}

// name returns the bare name that the source consists of; "" if it is none.
func (s source) name() string {
	if n, ok := s.node.(*ast.IdentifierNode); ok {
		return n.Value
	}
	return ""
}

// An operand is a source below a connective, and the expression that was compiled from it.
type operand struct {
	source
	compiled *lang.Expression
}

// size counts the tests of an operand.
func (o operand) size() int { return max(1, tests(o.compiled)) }

// tests counts the tests that an expression consists of.
func tests(e *lang.Expression) int {
	if e.Operator == "" {
		return 1
	}
	count := 0
	for _, operand := range e.Operands {
		count += tests(operand)
	}
	return count
}

// operands returns what the connective of a source connects. Nested connectives of the same kind give one list. It is nil if the source has
// no connective, or one whose text cannot be split, such as a < b < c or a not in b.
func (s source) operands(e *lang.Expression) []operand {
	var all []operand
	for i, below := range s.below(e.Operator) {
		o := operand{below, e.Operands[i]}
		nested := o.operands(o.compiled)
		if o.compiled.Operator == e.Operator && (e.Operator == "&&" || e.Operator == "||") && nested != nil {
			all = append(all, nested...)
			continue
		}
		all = append(all, o)
	}
	return all
}

// below returns the sources that an operator connects; nil if their texts cannot be separated.
func (s source) below(operator string) []source {
	s.passage = s.bare()
	switch n := s.node.(type) {
	case *ast.UnaryNode:
		if operator == "!" && s.at(n.Location().From, "!", "not") == 0 {
			_, rest := s.cut(0)
			return sources([]ast.Node{n.Node}, []passage{rest})
		}
	case *ast.BinaryNode:
		words := map[string][]string{"&&": {"&&", "and"}, "||": {"||", "or"}, "??": {"??"}}[operator]
		if at := s.at(n.Location().From, words...); at > 0 && len(words) > 0 {
			left, right := s.cut(at)
			return sources([]ast.Node{n.Left, n.Right}, []passage{left, right})
		}
	case *ast.ConditionalNode:
		if operator == "?:" && n.Ternary {
			return sources([]ast.Node{n.Cond, n.Exp1, n.Exp2}, s.branches())
		}
	}
	return nil
}

// sources pairs nodes with their passages; nil if their numbers differ.
func sources(nodes []ast.Node, passages []passage) []source {
	if len(nodes) != len(passages) {
		return nil
	}
	all := make([]source, len(nodes))
	for i, n := range nodes {
		all[i] = source{n, passages[i].bare()}
	}
	return all
}

// names returns the bare names in a source, in the order of the text.
func (s source) names() []string {
	var all []string
	visit(s.node, func(n ast.Node) {
		if name, ok := n.(*ast.IdentifierNode); ok && !slices.Contains(all, name.Value) {
			all = append(all, name.Value)
		}
	})
	return all
}

// visit calls see with a node of a source and all nodes below it, except those that make up a leaf or the name of a function.
func visit(n ast.Node, see func(ast.Node)) {
	see(n)
	if call, ok := n.(*ast.CallNode); ok {
		for _, argument := range call.Arguments {
			visit(argument, see)
		}
	}
	for _, child := range lang.Children(n) {
		visit(*child, see)
	}
}
