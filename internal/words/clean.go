package words

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns outside text as valid UTF-8 that cannot control a display: escape sequences, changes of the writing direction and other
// invisible characters become \u escapes. Line breaks, tabs and the joiners of letters and emoji stay.
func Printable(s string) string { return escape(s, "\n\t") }

// Line returns outside text as one printable line. White space becomes single blanks.
func Line(s string) string { return escape(oneSpace(s), "") }

// Clean is [Line] of at most limit characters.
func Clean(s string, limit int) string { return Escape(oneSpace(s), limit) }

// Escape is [Printable] of at most limit characters, in which line breaks and tabs are escaped too.
func Escape(s string, limit int) string {
	if most := utf8.UTFMax * (limit + 1); len(s) > most {
		s = s[:most] // enough, however many bytes a character takes
	}
	return Cut(escape(s, ""), limit)
}

func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// escape replaces the characters that could control a display, except some, by \u escapes.
func escape(s, except string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) || unicode.Is(unicode.Join_Control, r) || strings.ContainsRune(except, r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
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
