package words

import (
	"strings"
	"unicode/utf8"
)

// Fold breaks the lines of a text that are wider than width columns, between words. What is broken off is indented by indent columns, or as far as
// its line is, and by less where that would leave no room. A word that is wider than the room stays whole, so that links can be copied. Escape
// sequences that set a style have no width. A width of 0 breaks nothing.
func Fold(text string, width, indent int) string {
	if width <= 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		own := len(line) - len(strings.TrimLeft(line, " "))
		further := strings.Repeat(" ", min(max(own, indent), width/3))
		for at := breakAt(line, width); at >= 0; at = breakAt(line, width) {
			b.WriteString(strings.TrimRight(line[:at], " ") + "\n")
			line = further + strings.TrimLeft(line[at:], " ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// breakAt returns the place of the last space before which a line fits, or of the first one between words; -1 if there is nothing to break.
func breakAt(line string, width int) int {
	columns, space, begun := 0, -1, false
	for i := 0; i < len(line) && line[i] != '\n'; {
		if escape := styleAt(line[i:]); escape > 0 {
			i += escape
			continue
		}
		r, size := utf8.DecodeRuneInString(line[i:])
		columns++
		switch {
		case r != ' ' && columns > width && space >= 0:
			return space
		case r != ' ':
			begun = true
		case begun:
			space = i
		}
		i += size
	}
	return -1
}

// styleAt returns the length of the escape sequence at the beginning of a text that sets a style; 0 if there is none.
func styleAt(text string) int {
	if !strings.HasPrefix(text, "\x1b[") {
		return 0
	}
	return strings.IndexByte(text, 'm') + 1
}
