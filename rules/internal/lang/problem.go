package lang

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"notewatch/internal/spelling"
)

// A Problem is something wrong with a rule.
type Problem struct {
	Field   string // as in the rule file: "where", "let.usual", "when", "when.critical", "limit", "summary", …
	Offset  int    // byte offset into the text of the field, -1 when it is about the whole field
	Message string // lower case, without the name of the field
	Hint    string // how to fix it; may be ""
}

// byteOffset converts an offset in characters, as expr counts, to one in bytes. An offset beyond the text is its end.
func byteOffset(text string, characters int) int {
	for offset := range text {
		if characters <= 0 {
			return offset
		}
		characters--
	}
	return len(text)
}

// start returns the character at which the text of a tree begins.
func start(n ast.Node) int {
	first := n.Location().From
	switch n := n.(type) {
	case *ast.ConditionalNode:
		return start(n.Cond) // expr puts the location of ?: after the condition
	case *ast.MemberNode:
		return start(n.Node)
	}
	for _, child := range Children(n) {
		first = min(first, start(*child))
	}
	return first
}

// Patterns of the messages of expr's parser.
var (
	unexpectedToken = regexp.MustCompile(`^unexpected token (?:(EOF)|\w+\("(.*)"\))$`)
	mixedWithNoData = regexp.MustCompile(`^Operator \((.*)\) and coalesce expressions`)
	wrongNumber     = regexp.MustCompile(`^(invalid \w+ literal): strconv\..*: (.*)$`)
)

// syntaxProblem says what expr could not parse.
func syntaxProblem(field, text string, err error) Problem {
	p := Problem{Field: field, Offset: -1, Message: err.Error()}
	at, ok := errors.AsType[*file.Error](err)
	if !ok {
		return p
	}
	p.Offset, p.Message = byteOffset(text, at.From), decapitalize(at.Message)
	if m := unexpectedToken.FindStringSubmatch(at.Message); m != nil && m[1] != "" {
		p.Offset, p.Message, p.Hint = len(text), "ends too early", "an operand or a closing bracket is missing"
	} else if m != nil {
		p.Message, p.Hint = fmt.Sprintf("unexpected %q", m[2]), tokenHint(m[2], text[:p.Offset])
	} else if m := mixedWithNoData.FindStringSubmatch(at.Message); m != nil {
		p.Message, p.Hint = fmt.Sprintf("?? and %s stand side by side", m[1]), "put brackets around x ?? y"
	} else if m := wrongNumber.FindStringSubmatch(at.Message); m != nil {
		p.Message = m[1] + ": " + m[2]
	} else if strings.HasPrefix(at.Message, "unrecognized character") {
		p.Hint = `write texts in quotes: "a" or 'a'`
	}
	return p
}

// tokenHint suggests what to write in place of a token that cannot stand there. before is the text in front of the token.
func tokenHint(token, before string) string {
	switch strings.ToLower(token) {
	case "=", "===":
		return "to compare, write =="
	case "&", "and":
		return "write && or and"
	case "or":
		return "write || or or"
	case "not":
		return "write ! or not"
	case "<>":
		return "write !="
	case "#":
		return "# is the element inside of all, any, none, one, count, sum, map, filter and find"
	}
	before = before[strings.LastIndexByte(strings.TrimSpace(before), ' ')+1:]
	if unit := strings.ToLower(token); factors[unit] != 0 {
		return "write " + unit + "(" + strings.TrimSpace(before) + ")"
	}
	return ""
}

func decapitalize(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	return string(unicode.ToLower(first)) + message[size:]
}

// didYouMean asks about the nearest of the words and says what there is.
func didYouMean(word string, words []string, there string) string {
	if near := spelling.Nearest(word, words); near != "" {
		there = fmt.Sprintf("did you mean %s? %s", near, there)
	}
	return strings.TrimSpace(there)
}
