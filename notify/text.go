package notify

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many characters of outside text are shown.
const (
	maxName    = 80
	maxSummary = 300
	maxAdvice  = 500
	maxDetail  = 160
	maxDetails = 5
)

// clean makes outside text fit for one line of at most limit characters: valid UTF-8, single blanks for white space, and
// what would steer a display (escape sequences, changes of writing direction, other invisible characters) as \u escapes.
func clean(s string, limit int) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
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

// containsWord reports whether word stands in s by itself, not as part of a longer word.
func containsWord(s, word string) bool {
	for from := 0; word != ""; {
		at := strings.Index(s[from:], word)
		if at < 0 {
			break
		}
		before, _ := utf8.DecodeLastRuneInString(s[:from+at])
		after, _ := utf8.DecodeRuneInString(s[from+at+len(word):])
		if !wordRune(before) && !wordRune(after) {
			return true
		}
		from += at + len(word)
	}
	return false
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_')
}
