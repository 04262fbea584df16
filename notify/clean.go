package notify

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes outside text fit for one line of at most limit characters: valid UTF-8, single blanks for white space, and
// what would steer a display (escape sequences, changes of writing direction, other invisible characters) as \u escapes.
func clean(s string, limit int) string {
	return printable(strings.Join(strings.Fields(s), " "), limit)
}

// printable is s, cut to limit characters, with what would steer a display as \u escapes.
func printable(s string, limit int) string {
	var b strings.Builder
	for i, r := range s {
		if i > utf8.UTFMax*limit {
			break // enough, however many bytes a character takes
		}
		if unicode.IsPrint(r) || r == '\u200c' || r == '\u200d' { // the joiners make letters and emoji
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return cut(b.String(), limit)
}

// cut shortens s to at most limit characters, the last of which then says that something is missing.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(limit-1, 0)]) + "…"
}

// join puts a dot between the parts that are not empty.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " · ")
}
