package lang

import (
	"strings"
	"unicode/utf8"
)

// OneLine writes a text on one line of at most so many characters.
func OneLine(text string, most int) string {
	return Shortened(strings.Join(strings.Fields(text), " "), most)
}

// Shortened cuts a text that has more than so many characters.
func Shortened(text string, most int) string {
	count := 0
	for i := range text {
		if count == most-1 && utf8.RuneCountInString(text[i:]) > 1 {
			return text[:i] + "…"
		}
		count++
	}
	return text
}
