package rules

import (
	"errors"
	"fmt"
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

// Facts are what a summary template may use.
type Facts struct {
	Rule, Project, Subject string // Subject is the name of the device or project
	Level                  string
	Value, Limit, Usual    string // with unit; "no data" when unknown
	Period                 string // such as "month" or "day": what the value is counted over
	When                   string // the days of the value: "today" or "this month"; after their end "on Thu 18 Jun" or "in June"
}

// The bounds of a headline.
const (
	maxHeadline = 300 // characters
	maxRendered = 4 * maxHeadline * utf8.UTFMax
)

// summary compiles the template of the headline and tries it on samples.
func (b *builder) summary(r *Rule) {
	if b.spec.Summary == "" {
		return
	}
	if len(b.spec.Summary) > maxTextBytes {
		b.lang.Whole("summary", "", "is too long: %d bytes, at most %d", len(b.spec.Summary), maxTextBytes)
		return
	}
	t, err := template.New("summary").Parse(b.spec.Summary)
	if err != nil {
		b.templateProblem(err)
		return
	}
	if len(t.Templates()) > 1 {
		b.lang.Whole("summary", "", "define and block are not used in summaries")
		return
	}
	if found := unbounded(t.Root); found != nil {
		b.lang.Problems = append(b.lang.Problems, Problem{Field: "summary", Offset: int(found.Position()),
			Message: fmt.Sprintf("%s is not used in summaries", found),
			Hint:    "there are if, with, " + strings.Join(templateFunctions, ", ")})
		return
	}
	if found := readsUsual(t.Root); found != nil && r.usual == nil && r.shown != nil {
		b.lang.Problems = append(b.lang.Problems, Problem{Field: "summary", Offset: int(found.Position()),
			Message: fmt.Sprintf("%s has no usual value", r.Show),
			Hint:    "leave out .Usual, or show today, yesterday, used, forecast, h1 or h6 of a metric"})
		return
	}
	for _, facts := range samples(b.spec) {
		if err := t.Execute(bounded.NewWriter(maxRendered), facts); err != nil {
			b.templateProblem(err)
			return
		}
	}
	r.summary = t
}

// samples are facts of every level, known and not.
func samples(spec Spec) []Facts {
	var all []Facts
	for _, level := range levelNames {
		known := Facts{Rule: spec.Name, Project: "cold-chain", Subject: "pump-7", Level: level,
			Value: "41.2 MB", Limit: "40 MB", Usual: "3.1 MB", Period: "month", When: "this month"}
		unknown := known
		unknown.Value, unknown.Limit, unknown.Usual, unknown.When = noData, noData, noData, ""
		all = append(all, known, unknown)
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

var templateError = regexp.MustCompile(`^template: summary:(\d+)(?::(\d+))?: (?:executing "summary" at )?(.*)$`)

// templateProblem notes an error of text/template, which names line and column.
func (b *builder) templateProblem(err error) {
	if errors.Is(err, bounded.ErrTooLarge) {
		b.lang.Whole("summary", "", "renders more than %d bytes", maxRendered)
		return
	}
	p := Problem{Field: "summary", Offset: -1, Message: err.Error(),
		Hint: "there are .Rule, .Project, .Subject, .Level, .Value, .Limit, .Usual, .Period and .When"}
	if m := templateError.FindStringSubmatch(p.Message); m != nil {
		p.Message = m[3]
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		p.Offset = lineStart(b.spec.Summary, line) + column
	}
	b.lang.Problems = append(b.lang.Problems, p)
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
	text := ""
	if r.summary != nil {
		out := bounded.NewWriter(maxRendered)
		if err := r.summary.Execute(out, f); err == nil || errors.Is(err, bounded.ErrTooLarge) {
			text = oneLine(out.String())
		}
	}
	if text == "" {
		text = oneLine(r.builtIn(f))
	}
	return text
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

// Resolved is the headline of a resolved alert, whose summary was about a condition that was true: pump-7: bytes 12 MB today,
// limit 40 MB, peak 41.2 MB on Thu 18 Jun. The value is that at the end. peak is "" if it was not higher.
func (r *Rule) Resolved(f Facts, peak string) string {
	if r.Show == "" {
		return oneLine(fmt.Sprintf("%s: %s is no longer true", f.Subject, f.Rule))
	}
	text := r.builtIn(f)
	if peak != "" {
		text += ", peak " + peak
	}
	return oneLine(text)
}

// shown writes a figure with its value: device.voltage 3.4, or with the days that it is about: bytes 41.2 MB this month.
func shown(figure, value, when string) string {
	metric, member, _ := strings.Cut(figure, ".")
	if when != "" && slices.Contains([]string{"today", "yesterday", "used", "d7", "d30"}, member) {
		figure = metric
	}
	return strings.TrimSpace(figure + " " + value + " " + when)
}

// oneLine joins lines and cuts what is too long.
func oneLine(text string) string {
	return lang.OneLine(strings.ToValidUTF8(text, "\uFFFD"), maxHeadline)
}
