package rules

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

// Facts are what the template of a summary may use.
type Facts struct {
	Rule, Project, Subject string // Subject is the name of the device or project
	Level                  string
	Value, Limit, Usual    string // with unit; "no data" when unknown
	Period                 string // such as "month" or "day": what the value is counted over
	When                   string // the days of the value: "today" or "this month"; after their end "on Thu 18 Jun" or "in June"
}

// ResolvedFacts are what the template of a resolved alert may use. The Value is that at the end, and Level the one that it ended at.
type ResolvedFacts struct {
	Facts
	Duration string // for how long it was firing: "4 h 12 min"
	Peak     string // the highest value, with its day if that is another: "41.2 MB on Thu 18 Jun"; "" if Value is as high
}

// The bounds of a headline.
const (
	maxHeadline = 300 // characters
	maxRendered = 4 * maxHeadline * utf8.UTFMax
)

// template compiles the template of a field and tries it on samples. It returns nil if there is none, or anything is wrong with it.
func (b *builder) template(r *Rule, field, text string, samples []any) *template.Template {
	if text == "" {
		return nil
	}
	if len(text) > maxTextBytes {
		b.lang.Whole(field, "", "is too long: %d bytes, at most %d", len(text), maxTextBytes)
		return nil
	}
	t, err := template.New(field).Parse(text)
	if err != nil {
		b.templateProblem(field, text, samples, err)
		return nil
	}
	if len(t.Templates()) > 1 {
		b.lang.Whole(field, "", "define and block are not used here")
		return nil
	}
	if found := unbounded(t.Root); found != nil {
		b.lang.Problems = append(b.lang.Problems, Problem{Field: field, Offset: int(found.Position()),
			Message: fmt.Sprintf("%s is not used here", found),
			Hint:    "there are if, with, " + strings.Join(templateFunctions, ", ")})
		return nil
	}
	if found := readsUsual(t.Root); found != nil && r.usual == nil && r.shown != nil {
		b.lang.Problems = append(b.lang.Problems, Problem{Field: field, Offset: int(found.Position()),
			Message: fmt.Sprintf("%s has no usual value", r.Show),
			Hint:    "leave out .Usual, or show today, yesterday, used, forecast, h1 or h6 of a metric"})
		return nil
	}
	for _, facts := range samples {
		if err := t.Execute(bounded.NewWriter(maxRendered), facts); err != nil {
			b.templateProblem(field, text, samples, err)
			return nil
		}
	}
	return t
}

// samples are facts of every level, known and not.
func samples(spec Spec) []any {
	var all []any
	for _, level := range levelNames {
		known := Facts{Rule: spec.Name, Project: "cold-chain", Subject: "pump-7", Level: level,
			Value: "41.2 MB", Limit: "40 MB", Usual: "3.1 MB", Period: "month", When: "this month"}
		unknown := known
		unknown.Value, unknown.Limit, unknown.Usual, unknown.When = noData, noData, noData, ""
		all = append(all, known, unknown)
	}
	return all
}

// resolvedSamples are the same facts of resolved alerts.
func resolvedSamples(spec Spec) []any {
	all := samples(spec)
	for i, facts := range all {
		all[i] = ResolvedFacts{Facts: facts.(Facts), Duration: "4 h 12 min", Peak: "41.2 MB on Thu 18 Jun"}
	}
	return all
}

const noData = "no data"

// templateFunctions are the functions of text/template that cannot make long texts of short ones.
var templateFunctions = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print"}

// unbounded returns the first node of a template that could run for long or make much of little: loops, templates,
// variables, and functions other than the above. It is nil if there is none.
func unbounded(n parse.Node) parse.Node {
	switch n := n.(type) {
	case *parse.RangeNode, *parse.TemplateNode:
		return n
	case *parse.IdentifierNode:
		if !slices.Contains(templateFunctions, n.Ident) {
			return n
		}
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			return n
		}
	}
	for _, child := range below(n) {
		if found := unbounded(child); found != nil {
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
		if n != nil { // as an else that is not there
			return n.Nodes
		}
	}
	return nodes
}

var templateError = regexp.MustCompile(`^template: \w+:(\d+)(?::(\d+))?: (?:executing "\w+" at )?(.*)$`)

// templateProblem notes an error of text/template, which names line and column.
func (b *builder) templateProblem(field, text string, samples []any, err error) {
	if errors.Is(err, bounded.ErrTooLarge) {
		b.lang.Whole(field, "", "renders more than %d bytes", maxRendered)
		return
	}
	p := Problem{Field: field, Offset: -1, Message: err.Error(), Hint: "there are " + namesOf(samples[0])}
	if m := templateError.FindStringSubmatch(p.Message); m != nil {
		p.Message = m[3]
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		p.Offset = lineStart(text, line) + column
	}
	b.lang.Problems = append(b.lang.Problems, p)
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

// Headline renders the summary of the rule, on one line of at most 300 characters. It never fails: a template that
// does gives the built-in text.
func (r *Rule) Headline(f Facts) string {
	if text := rendered(r.summary, f); text != "" {
		return text
	}
	return oneLine(r.builtIn(f))
}

// rendered returns a template in one line; "" if there is none, or it fails.
func rendered(t *template.Template, facts any) string {
	if t == nil {
		return ""
	}
	out := bounded.NewWriter(maxRendered)
	if err := t.Execute(out, facts); err != nil && !errors.Is(err, bounded.ErrTooLarge) {
		return ""
	}
	return oneLine(out.String())
}

// builtIn says who, what and the limit: pump-7: bytes 41.2 MB this month, limit 40 MB.
func (r *Rule) builtIn(f Facts) string {
	if r.Show == "" {
		return fmt.Sprintf("%s: %s", f.Subject, f.Rule)
	}
	text := f.Subject + ": " + shown(r.Show, f.Value, f.When)
	if f.Limit != "" && f.Limit != noData {
		text += ", limit " + f.Limit
	}
	return text
}

// Resolved is the headline of a resolved alert, whose summary was about a condition that was true. Unless the rule has a text for it, that
// is: pump-7: bytes 12 MB today, limit 40 MB, peak 41.2 MB on Thu 18 Jun.
func (r *Rule) Resolved(f ResolvedFacts) string {
	if text := rendered(r.resolved, f); text != "" {
		return text
	}
	if r.Show == "" {
		return oneLine(fmt.Sprintf("%s: %s is no longer true", f.Subject, f.Rule))
	}
	text := r.builtIn(f.Facts)
	if f.Peak != "" {
		text += ", peak " + f.Peak
	}
	return oneLine(text)
}

// shown writes a figure with its value: device.voltage 3.4, or with the days that it is about: bytes 41.2 MB this month.
func shown(figure, value, when string) string {
	metric, member := CutPath(figure)
	if when != "" && slices.Contains([]string{"today", "yesterday", "used", "d7", "d30"}, member) {
		figure = metric
	}
	return strings.TrimSpace(figure + " " + value + " " + when)
}

// oneLine joins lines and cuts what is too long.
func oneLine(text string) string {
	return lang.OneLine(strings.ToValidUTF8(text, "\uFFFD"), maxHeadline)
}
