package words

import (
	"regexp"
	"strings"
)

var bareWord = regexp.MustCompile(`^[\w./:@%+,-]+$`)

// ShellWord returns text quoted as one word of a shell.
func ShellWord(text string) string {
	if bareWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
