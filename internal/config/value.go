package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A value is a node of the rules file with where it stands, in words. Its methods read it as one type or another; what
// does not fit becomes a problem of the decoder, and the zero value is returned.
type value struct {
	*decoder
	node    *yaml.Node
	subject string // such as `rule "data-budget"`; may be ""
	field   string // such as "when.critical"; may be ""
}

// in returns v as the place that subject names: fields are counted from there.
func (v value) in(subject string) value {
	v.subject, v.field = subject, ""
	return v
}

// child returns a node within v.
func (v value) child(node *yaml.Node, key string) value {
	v.node = node
	v.field = strings.TrimPrefix(v.field+"."+key, ".")
	return v
}

// report adds a problem that begins where v does.
func (v value) report(message, hint string) {
	v.reportAt(max(v.node.Line, 1), max(v.node.Column, 1), message, hint)
}

func (v value) reportAt(line, column int, message, hint string) {
	v.problems = append(v.problems, v.problem(line, column, message, hint))
}

// warn adds a warning about v.
func (v value) warn(message, hint string) { v.warnOf("", message, hint) }

// warnOf adds a warning about v with a code by which a rule can accept it.
func (v value) warnOf(code, message, hint string) {
	p := v.problem(max(v.node.Line, 1), max(v.node.Column, 1), message, hint)
	p.Code, p.Warning = code, true
	v.warnings = append(v.warnings, p)
}

func (v value) problem(line, column int, message, hint string) problem.Problem {
	where := v.subject
	if v.field != "" {
		where = strings.TrimPrefix(where+": "+v.field, ": ")
	}
	return problem.Problem{File: v.path, Line: line, Column: column, Where: where, Message: message, Hint: hint}
}

// wrongType reports what v should have been.
func (v value) wrongType(want, hint string) {
	found := "text"
	switch {
	case v.node.Kind == yaml.MappingNode:
		found = "a mapping"
	case v.node.Kind == yaml.SequenceNode:
		found = "a list"
	case v.isNull():
		found = "nothing"
	}
	v.report("want "+want+", not "+found, hint)
}

func (v value) isNull() bool { return v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!null" }

// scalar returns the text of v as YAML decodes it.
func (v value) scalar(want string) (string, bool) {
	switch {
	case v.node.Kind != yaml.ScalarNode || v.isNull():
		v.wrongType(want, "")
		return "", false
	case v.isTagged():
		v.report("YAML takes a leading ! for a tag", document.QuoteHint("text that begins with !"))
		return "", false
	}
	return v.node.Value, true
}

// isTagged reports whether v has a tag of its own, such as !x. It also may be the lone ! that YAML takes for no tag at all:
// in "! device.disabled" it was meant as a not.
func (v value) isTagged() bool {
	if v.node.Style&yaml.TaggedStyle != 0 {
		return !strings.HasPrefix(v.node.Tag, "!!")
	}
	return v.source.Begins(v.node, "!")
}

// reference matches what is replaced in accounts and receivers, and only there.
var reference = regexp.MustCompile(`\$\{(file:[^}]*|[A-Za-z_][A-Za-z0-9_]*)\}`)

// text reads text that nothing is replaced in.
func (v value) text() string {
	text, ok := v.scalar("text")
	if !ok {
		return ""
	}
	if at := reference.FindStringIndex(text); at != nil {
		line, column := v.source.Locate(v.node, at[0])
		v.reportAt(line, column, "${…} is not replaced here",
			"it is in tokens, keys, addresses and the like of accounts and receivers; write the value itself")
		return ""
	}
	if strings.TrimSpace(text) == "" {
		v.report("no text", "")
		return ""
	}
	return text
}

// name reads a name: printable text on one line, which may be shown anywhere as it is.
func (v value) name() string {
	text := v.text()
	hidden := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
	switch {
	case text != strings.TrimSpace(text) || strings.ContainsAny(text, "\n\r\t"):
		v.report("a name has no white space around it and stands on one line", "")
	case hidden >= 0:
		r, _ := utf8.DecodeRuneInString(text[hidden:])
		v.report(fmt.Sprintf("a name holds only characters that can be seen, not %U", r), "")
	case len(text) > maxName:
		v.report(fmt.Sprintf("a name has at most %d bytes", maxName), "")
	}
	return text
}

const maxName = 200

// choice reads one of several words.
func (v value) choice(words ...string) string {
	text := v.text()
	if text != "" && !slices.Contains(words, text) {
		v.report("unknown word", problem.Hint(text, words))
		return ""
	}
	return text
}

// levels are the words for levels that a rule or receiver may name.
var levels = []string{rules.Info.String(), rules.Warning.String(), rules.Critical.String()}

// level reads a level other than inactive; Inactive is none.
func (v value) level() rules.Level {
	level, err := rules.ParseLevel(v.choice(levels...))
	if err != nil {
		return rules.Inactive
	}
	return level
}

// flag reads true or false.
func (v value) flag() bool {
	text, ok := v.scalar("true or false")
	if !ok {
		return false
	}
	if text != "true" && text != "false" {
		v.report("want true or false", "")
	}
	return text == "true"
}

// rate reads a number of requests a minute.
func (v value) rate() float64 {
	text, ok := v.scalar("a number")
	if !ok {
		return 0
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(number) || number <= 0 || number > maxRate {
		v.report(fmt.Sprintf("want a number above 0 and up to %d", maxRate), "")
		return 0
	}
	return number
}

const maxRate = 6000

// longest is the longest length of time, so that sums of two do not overflow.
const longest = math.MaxInt64 / 2

// duration reads a length of time above zero.
func (v value) duration() time.Duration {
	text := v.text()
	if text == "" {
		return 0
	}
	length, err := words.Length(text)
	switch {
	case err != nil:
		v.report(err.Error(), "")
		return 0
	case length > longest:
		v.report(strconv.Quote(text)+" is longer than a lifetime", "")
		return 0
	}
	return length
}
