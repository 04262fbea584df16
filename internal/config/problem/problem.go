package problem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"notewatch/internal/spelling"
)

// A Problem is one thing wrong with a rules file or the environment. It never holds the value of a secret.
type Problem struct {
	Warning bool   // the settings are used nevertheless
	File    string // as it was named; "" for the environment
	Line    int    // from 1; 0 when there is no file
	Column  int    // in characters, from 1
	Where   string // such as `rule "data-budget": when.critical`, or the name of a variable; may be ""
	Message string
	Code    string // of a warning that a rule can accept, and of its kin; may be ""
	Hint    string // how to fix it; may be ""
}

// maxProblem is how many characters of a problem are shown. Names and lists of names in it may be long.
const maxProblem = 500

// String returns the problem as one line: file:line:column: warning: where: message (code); hint: … It cuts a long one.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Where != "" {
		b.WriteString(p.Where + ": ")
	}
	b.WriteString(p.Message)
	if p.Code != "" {
		b.WriteString(" (" + p.Code + ")")
	}
	if p.Hint != "" {
		b.WriteString("; hint: " + p.Hint)
	}
	return shortened(b.String(), maxProblem)
}

// shortened cuts a text that has more than so many characters.
func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// Errors are all the problems found, in the order of their positions.
type Errors []Problem

// MaxShown is how many problems are shown at once.
const MaxShown = 50

// Error returns the problems, one a line: the first maxShown, and a line that counts the others.
func (e Errors) Error() string { return e.First(MaxShown) }

// First returns at most so many problems, one a line, and a line that counts the others.
func (e Errors) First(most int) string {
	var lines []string
	for _, problem := range e[:min(most, len(e))] {
		lines = append(lines, problem.String())
	}
	if more := len(e) - most; more > 0 {
		lines = append(lines, "and "+humanize.Comma(int64(more))+" more")
	}
	return strings.Join(lines, "\n")
}

// Sorted returns the problems in the order of their positions, each once: what an alias stands for is read, and found
// wrong, as often as it is used.
func (e Errors) Sorted() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Where, b.Where))
	})
	return slices.Compact(e)
}

// Mention reports whether one of the problems is about a field of a subject.
func (e Errors) Mention(subject, field string) bool {
	return slices.ContainsFunc(e, func(p Problem) bool { return p.Where == subject+": "+field })
}

// MentionPart reports whether one of the problems is about a part of a field of a subject.
func (e Errors) MentionPart(subject, field string) bool {
	return slices.ContainsFunc(e, func(p Problem) bool { return strings.HasPrefix(p.Where, subject+": "+field+".") })
}

// maxCandidates is how many words a hint lists.
const maxCandidates = 24

// Hint returns a hint that names the nearest candidate, or else lists them.
func Hint(word string, candidates []string) string {
	if near := spelling.Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	switch more := len(candidates) - maxCandidates; {
	case len(candidates) == 0:
		return ""
	case more > 0:
		return fmt.Sprintf("want %s or one of %d others", strings.Join(candidates[:maxCandidates], ", "), more)
	}
	return "want " + OneOf(candidates)
}

// OneOf returns words as "a", "a or b", "a, b or c".
func OneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
