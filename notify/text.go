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
	maxLine    = 200 // of a body
	maxBody    = 200 // lines
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

// lines makes outside text fit to be shown as written: lines that are clean but for their blanks, without empty ones at
// the end. Of more than maxBody lines the last counts what is missing.
func lines(s string) []string {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	if s == "" {
		return nil
	}
	all := strings.Split(s, "\n")
	kept := all[:min(len(all), maxBody)]
	for i, line := range kept {
		kept[i] = printable(blanks(line), maxLine)
	}
	if len(all) > maxBody {
		kept[maxBody-1] = "… " + count(len(all)-maxBody+1, "more lines")
	}
	return kept
}

// blanks is line with blanks for all its white space, and none at its end.
func blanks(line string) string {
	line = strings.ReplaceAll(strings.TrimRightFunc(line, unicode.IsSpace), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, line)
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

// count is a number of things: "1,234 more".
func count(n int, what string) string { return FormatFigure(float64(n), "") + " " + what }
