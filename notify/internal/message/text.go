package message

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"notewatch/internal/words"
)

// Maximum numbers of characters of outside text.
const (
	MaxName    = 80
	MaxSummary = 300
	maxAdvice  = 500
	MaxDetail  = 160
	maxDetails = 5
	maxLine    = 200 // of a body
	maxBody    = 200 // lines
)

// RunbookLine returns the line with the runbook; "" if there is none.
func RunbookLine(runbook string) string { return Labelled("runbook ", runbook) }

// BodyLines returns outside text as lines that can be shown unchanged: they are clean but keep their blanks. Empty lines at the end are
// dropped. If there are more than 200 lines, the last one counts the missing ones.
func BodyLines(s string) []string {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	if s == "" {
		return nil
	}
	all := strings.Split(s, "\n")
	kept := all[:min(len(all), maxBody)]
	for i, line := range kept {
		kept[i] = words.Escape(blanks(line), maxLine)
	}
	if len(all) > maxBody {
		kept[maxBody-1] = "… " + words.Count(len(all)-maxBody+1, "more line")
	}
	return kept
}

// blanks replaces each white space in line with a blank, and removes white space at its end.
func blanks(line string) string {
	line = strings.ReplaceAll(strings.TrimRightFunc(line, unicode.IsSpace), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, line)
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

// JoinWords joins words with a blank between them, without empty ones.
func JoinWords(words ...string) string { return strings.TrimSpace(strings.Join(words, " ")) }

// Labelled returns a text after its label; "" if the text is empty.
func Labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

// Filled returns the lines that are not empty.
func Filled(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

// AsOf returns "as of" and an instant; "" if that is the zero time.
func AsOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "as of " + words.Time(t)
}
