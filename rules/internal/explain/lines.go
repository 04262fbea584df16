package explain

import (
	"strconv"
	"strings"

	"notewatch/rules/internal/lang"
)

// maxLine is how many characters a line of an explanation may have.
const maxLine = 300

// Lines writes the explanation of a condition for people, one line for each part, indented by two spaces below the part that contains it. A
// line begins with the mark of its truth. format writes a number with its unit.
func (c Condition) Lines(format func(value float64, unit string) string) []string {
	w := liner{format: format}
	w.part(0, strings.ReplaceAll(strings.TrimPrefix(c.Field, "when."), "_", " ")+": ", c.Part)
	if c.Omitted > 0 {
		w.line(1, "… and "+strconv.Itoa(c.Omitted)+" more")
	}
	return w.lines
}

// A liner gathers lines.
type liner struct {
	format func(value float64, unit string) string
	lines  []string
}

func (w *liner) line(indent int, text string) {
	w.lines = append(w.lines, strings.Repeat("  ", indent)+lang.Shortened(text, maxLine))
}

// headings say how many of the parts below a connective must be true.
var headings = map[string]string{"and": "all of", "or": "any of", "not": "not", "??": "the first with data of", "?:": "if, then, else"}

// branchNames are the names of the parts of ?:.
var branchNames = []string{"if: ", "then: ", "else: "}

// part writes a part and what is below it.
func (w *liner) part(indent int, label string, p Part) {
	text := p.Truth.Mark() + " " + label
	if p.Name != "" {
		text += p.Name + ": "
	}
	if p.Operator != "" {
		w.line(indent, text+headings[p.Operator])
	} else {
		w.line(indent, text+p.Fill(w.format))
	}
	for i, below := range p.Parts {
		name := ""
		if p.Operator == "?:" && i < len(branchNames) {
			name = branchNames[i]
		}
		w.part(indent+1, name, below)
	}
	for _, m := range p.Lets {
		w.line(indent+2, m.Name+" is "+m.Fill(w.format))
	}
}
