package templates

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"notewatch/internal/bounded"
	"notewatch/rules/internal/lang"
)

// The bounds of templates and of what they render.
const (
	MaxBytes    = 4096 // of a template
	maxLine     = 300  // characters
	maxRendered = 4 * maxLine * utf8.UTFMax
)

// A Template is the compiled template of a field of a rule. It is nil if the field has none.
type Template struct{ compiled *template.Template }

// Compile compiles the template of a field and tries it on samples of its facts, which are structs. It returns a problem if anything is
// wrong with the template.
func Compile(field, text string, samples []any) (*Template, *lang.Problem) {
	whole := func(format string, args ...any) (*Template, *lang.Problem) {
		return nil, &lang.Problem{Field: field, Offset: -1, Message: fmt.Sprintf(format, args...)}
	}
	if len(text) > MaxBytes {
		return whole("is too long: %d bytes, at most %d", len(text), MaxBytes)
	}
	t, err := template.New(field).Parse(text)
	if err != nil {
		return nil, located(field, text, samples, err)
	}
	if len(t.Templates()) > 1 {
		return whole("define and block are not used here")
	}
	if found := first(t.Root, unbounded); found != nil {
		return nil, &lang.Problem{Field: field, Offset: int(found.Position()), Message: fmt.Sprintf("%s is not used here", found),
			Hint: "there are if, with, " + strings.Join(functions, ", ")}
	}
	for _, facts := range samples {
		switch err := t.Execute(bounded.NewWriter(maxRendered), facts); {
		case errors.Is(err, bounded.ErrTooLarge):
			return whole("renders more than %d bytes", maxRendered)
		case err != nil:
			return nil, located(field, text, samples, err)
		}
	}
	return &Template{t}, nil
}

// Uses returns where the template first uses a field of its facts; ok is false if it does not.
func (t *Template) Uses(name string) (offset int, ok bool) {
	found := first(t.compiled.Root, func(n parse.Node) bool {
		field, ok := n.(*parse.FieldNode)
		return ok && field.Ident[0] == name
	})
	if found == nil {
		return 0, false
	}
	return int(found.Position()), true
}

// Line renders the template on one line of at most 300 characters. It is "" if there is none, or it fails.
func (t *Template) Line(facts any) string {
	if t == nil {
		return ""
	}
	text, err := t.Text(facts, maxRendered)
	if err != nil && !errors.Is(err, bounded.ErrTooLarge) {
		return ""
	}
	return OneLine(text)
}

// Text renders the template. It returns bounded.ErrTooLarge, and what fits, if that is more than so many bytes.
func (t *Template) Text(facts any, most int) (string, error) {
	out := bounded.NewWriter(most)
	err := t.compiled.Execute(out, facts)
	return out.String(), err
}

// OneLine joins the lines of a text, and cuts it after 300 characters.
func OneLine(text string) string {
	return lang.OneLine(strings.ToValidUTF8(text, "\uFFFD"), maxLine)
}

// functions are the functions of text/template that cannot make long texts of short ones.
var functions = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print"}

// unbounded reports whether a node could run for long or make a long text: loops, templates, variables, and functions that are not listed
// above.
func unbounded(n parse.Node) bool {
	switch n := n.(type) {
	case *parse.RangeNode, *parse.TemplateNode:
		return true
	case *parse.IdentifierNode:
		return !slices.Contains(functions, n.Ident)
	case *parse.PipeNode:
		return len(n.Decl) > 0
	}
	return false
}

// first returns the first node of a template for which is holds; nil if there is none.
func first(n parse.Node, is func(parse.Node) bool) parse.Node {
	if is(n) {
		return n
	}
	for _, child := range below(n) {
		if found := first(child, is); found != nil {
			return found
		}
	}
	return nil
}

// below returns the nodes that a node of a template consists of.
func below(n parse.Node) (nodes []parse.Node) {
	switch n := n.(type) {
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			nodes = append(nodes, command)
		}
	case *parse.CommandNode:
		return n.Args
	case *parse.ChainNode:
		return []parse.Node{n.Node}
	case *parse.ActionNode:
		return []parse.Node{n.Pipe}
	case *parse.IfNode:
		return []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.WithNode:
		return []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.ListNode:
		if n != nil { // such as an else that is missing
			return n.Nodes
		}
	}
	return nodes
}

var executing = regexp.MustCompile(`^template: \w+:(\d+)(?::(\d+))?: (?:executing "\w+" at )?(.*)$`)

// located returns an error of text/template, which names line and column, as a problem.
func located(field, text string, samples []any, err error) *lang.Problem {
	p := &lang.Problem{Field: field, Offset: -1, Message: err.Error(), Hint: "there are " + namesOf(samples[0])}
	if m := executing.FindStringSubmatch(p.Message); m != nil {
		p.Message = m[3]
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		p.Offset = lineStart(text, line) + column
	}
	return p
}

// namesOf lists what a template may use: the fields of a struct.
func namesOf(facts any) string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(facts)) {
		if !field.Anonymous {
			names = append(names, "."+field.Name)
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// lineStart returns the offset of a line, counted from 1.
func lineStart(text string, line int) int {
	offset := 0
	for range line - 1 {
		offset += strings.IndexByte(text[offset:], '\n') + 1
	}
	return offset
}
