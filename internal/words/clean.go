package words

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes outside text fit for one line of at most limit characters: white space becomes single blanks, and the rest is treated as by
// [Escape].
func Clean(s string, limit int) string {
	return Escape(strings.Join(strings.Fields(s), " "), limit)
}

// Escape returns s as valid UTF-8 of at most limit characters. Characters that could control a display become \u escapes: escape sequences,
// changes of the writing direction and other invisible characters.
func Escape(s string, limit int) string {
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
	return Cut(b.String(), limit)
}

// Cut shortens s to at most limit characters. The last one of a shortened text shows that something is missing.
func Cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(limit-1, 0)]) + "…"
}

// Dotted joins the parts that are not empty, with a dot between them.
func Dotted(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " · ")
}

// Sentence joins a statement and its reason, which may be "".
func Sentence(head, tail string) string {
	if tail == "" {
		return head
	}
	return head + ": " + tail
}
