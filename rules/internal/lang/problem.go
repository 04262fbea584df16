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

// start returns where a tree begins in the text, in characters.
func start(n ast.Node) int {
	first := n.Location().From
	switch n := n.(type) {
	case *ast.ConditionalNode:
		return start(n.Cond) // expr puts the location of ?: behind it
	case *ast.MemberNode:
		return start(n.Node)
	}
	for _, child := range children(n) {
		first = min(first, start(*child))
	}
	return first
}

// What messages of expr's parser look like.
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
		p.Message, p.Hint = fmt.Sprintf("unexpected %q", m[2]), tokenHint(m[2])
	} else if m := mixedWithNoData.FindStringSubmatch(at.Message); m != nil {
		p.Message, p.Hint = fmt.Sprintf("?? and %s stand side by side", m[1]), "put brackets around x ?? y"
	} else if m := wrongNumber.FindStringSubmatch(at.Message); m != nil {
		p.Message = m[1] + ": " + m[2]
	} else if strings.HasPrefix(at.Message, "unrecognized character") {
		p.Hint = `texts stand in quotes: "a" or 'a'`
	}
	return p
}

// tokenHint says what may have been meant by a token that stands where it cannot.
func tokenHint(token string) string {
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
	return ""
}

func decapitalize(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	return string(unicode.ToLower(first)) + message[size:]
}

// nearest returns the word most like the given one, or "" if none is like it.
func nearest(word string, words []string) string {
	best, distance := "", max(1, utf8.RuneCountInString(word)/3)+1
	for _, candidate := range words {
		if d := editDistance(strings.ToLower(word), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

// editDistance counts the characters to insert, delete or replace to make b of a (Levenshtein).
func editDistance(a, b string) int {
	to := []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range []rune(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			cost := 1
			if r == s {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(to)]
}

// didYouMean asks about the nearest of the words and says what there is.
func didYouMean(word string, words []string, there string) string {
	if near := nearest(word, words); near != "" {
		there = fmt.Sprintf("did you mean %s? %s", near, there)
	}
	return strings.TrimSpace(there)
}
