package document

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// syntaxProblem says where and why the text is not YAML. It quotes nothing of it, which may hold secrets.
func (s Source) syntaxProblem(err error) *Error {
	failure, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return &Error{Line: 1, Column: 1, Message: "not YAML"}
	}
	p := &Error{Line: max(failure.Mark.Line, 1), Column: max(failure.Mark.Column, 1), Message: "not YAML"}
	switch failure.Stage {
	case yaml.ScannerStage, yaml.ParserStage:
		p.Message = failure.Message
		if failure.ContextMsg != "" {
			p.Message += " " + failure.ContextMsg
		}
	case yaml.ComposerStage:
		p.Message = "an alias (*) without its anchor (&)"
	case yaml.ResolverStage:
		p.Message = "a value that is not what its tag (!) says"
	}
	at, found := s.offset(p.Line, p.Column)
	switch {
	case strings.Contains(p.Message, "end of stream") && failure.ContextMark.Line > 0:
		p.Line, p.Column = failure.ContextMark.Line, failure.ContextMark.Column
		p.Message, p.Hint = "the quotes that open here are never closed", "close them, or escape quotes within the text"
	case found && at > 0 && string(s.data[at-1:min(at+1, len(s.data))]) == "${":
		p.Column--
		p.Message, p.Hint = "${…} within { } or [ ] needs quotes", "write '${NAME}'"
	default:
		p.Hint = s.syntaxHint(failure)
	}
	return p
}

// keyAndValue matches a line of YAML with a key and a value on it.
var keyAndValue = regexp.MustCompile(`^\s*(?:- +)*[\w.-]+:\s+(\S.*)$`)

// syntaxHint guesses what the author of a line that is not YAML meant: nearly always an expression or template that
// needed quotes.
func (s Source) syntaxHint(failure *yaml.LoadError) string {
	line := s.line(failure.Mark.Line)
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	if strings.Contains(indent, "\t") {
		return "indent with spaces; YAML does not take tabs"
	}
	if strings.Contains(failure.ContextMsg, "flow") {
		return fmt.Sprintf("put a comma between elements, close what opens on line %d, and put text that holds one of , [ ] { } in single quotes",
			failure.ContextMark.Line)
	}
	value := keyAndValue.FindStringSubmatch(line)
	switch {
	case value == nil:
		return ""
	case value[1][0] == '\'':
		return "put a value that begins with ' in double quotes, or after | on the next line"
	case strings.ContainsRune("!&*[{%@`\"'", rune(value[1][0])):
		return QuoteHint(fmt.Sprintf("a value that begins with %c", value[1][0]))
	case strings.Contains(value[1], ": "):
		return QuoteHint("a value that holds a colon and a space")
	}
	return ""
}

// QuoteHint returns the hint for a value that YAML does not accept without quotes.
func QuoteHint(what string) string {
	return "put " + what + " in single quotes, or after | on the next line"
}
