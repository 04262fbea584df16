package main

import (
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"golang.org/x/term"

	"notewatch/internal/words"
)

// A screen is where a command prints its data.
type screen struct {
	w     io.Writer
	width int // in characters; 0 is no terminal: nothing is cut or wrapped
	color bool
}

func screenOf(w io.Writer) screen {
	s := screen{w: w, color: colored(w)}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if s.width, _, _ = term.GetSize(int(file.Fd())); s.width <= 0 {
			s.width = 80 // it does not say
		}
	}
	return s
}

// A style is an ANSI graphic rendition.
type style string

const (
	plain style = ""
	bold  style = "1"
	dim   style = "2"
	red   style = "1;31"
	amber style = "1;33"
	cyan  style = "1;36"
	green style = "1;32"
)

// styles are those of words that stand out wherever they are a cell of a table.
var styles = map[string]style{
	"critical": red, "warning": amber, "info": cyan,
	"muted": dim, "resolved": green, "withdrawn": dim, "pending": dim,
	"true": bold, "false": dim, "no data": amber,
}

func (s screen) paint(as style, text string) string {
	if !s.color || as == plain || text == "" {
		return text
	}
	return "\x1b[" + string(as) + "m" + text + "\x1b[0m"
}

// tidy makes outside text fit for a line.
func tidy(text string) string { return words.Line(text) }

// wide are characters that take two columns.
var wide = []*unicode.RangeTable{
	unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana,
	{R16: []unicode.Range16{{Lo: 0x3000, Hi: 0x303e, Stride: 1}, {Lo: 0xff01, Hi: 0xff60, Stride: 1}},
		R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1faff, Stride: 1}}},
}

// widthOf is how many columns text takes on a terminal.
func widthOf(text string) (columns int) {
	for _, r := range text {
		columns += runeWidth(r)
	}
	return columns
}

func runeWidth(r rune) int {
	switch {
	case r <= unicode.MaxLatin1: // nearly all: the tables take long to ask
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Join_Control):
		return 0
	case unicode.In(r, wide...):
		return 2
	}
	return 1
}

// clip shortens text to a width, the last column of which then says that something is missing.
func clip(text string, width int) string {
	if widthOf(text) <= width {
		return text
	}
	return beginning(text, width-1) + "…"
}

// beginning is as much of text as goes into a width.
func beginning(text string, width int) string {
	columns := 0
	for i, r := range text {
		if columns += runeWidth(r); columns > width {
			return text[:i]
		}
	}
	return text
}

// wrap breaks text into lines of a width, between words where it can.
func wrap(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && widthOf(line)+1+widthOf(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
		for widthOf(line) > width {
			head := beginning(line, width)
			lines = append(lines, head)
			line = line[len(head):]
		}
	}
	return append(lines, line)
}

// lines breaks text into lines that fit.
func (s screen) lines(text string) []string {
	if s.width == 0 {
		return []string{text}
	}
	return wrap(text, s.width)
}

// moment is an instant in UTC as tables show it.
func moment(t time.Time) string { return instant(t, time.DateTime) }

// minute is an instant in UTC without its seconds.
func minute(t time.Time) string { return instant(t, "2006-01-02 15:04") }

func instant(t time.Time, layout string) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(layout)
}
