package words

import (
	"strings"
	"unicode"
)

// Line returns outside text as one printable line: single blanks for white space, no control characters.
func Line(text string) string { return Printable(strings.Join(strings.Fields(text), " ")) }

// Printable returns text with U+FFFD in place of each character that could control a terminal: escape sequences, changes of
// the writing direction and other characters that do not print. Line breaks, tabs and the joiners of letters and emoji stay.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' || unicode.Is(unicode.Join_Control, r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
