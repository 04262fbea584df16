package words_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
)

func TestOutsideTextCannotControlATerminal(t *testing.T) {
	for _, c := range []struct{ name, text, printable, line string }{
		{"plain", "pump 1", "pump 1", "pump 1"},
		{"escape sequence", "\x1b[31mred\x07", `\x1b[31mred\a`, `\x1b[31mred\a`},
		{"8-bit escape sequence", "\u009b31mred", `\u009b31mred`, `\u009b31mred`},
		{"writing direction", "a\u202Eb", `a\u202eb`, `a\u202eb`},
		{"carriage return", "fine\rfake", `fine\rfake`, "fine fake"},
		{"lines", "one\n\ttwo  ", "one\n\ttwo  ", "one two"},
		{"invalid UTF-8", "a\xffb", "a\uFFFDb", "a\uFFFDb"},
		{"joiner", "👩\u200d🚒", "👩\u200d🚒", "👩\u200d🚒"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.printable, words.Printable(c.text))
			require.Equal(t, c.line, words.Line(c.text))
		})
	}
}

func TestPage(t *testing.T) {
	for _, page := range []string{"https://notehub.io/device/dev:1", "http://intranet/x?y=<z>&é"} {
		require.Equal(t, page, words.Page(page))
	}
	for _, other := range []string{
		"", "notehub.io", "/device", "javascript:alert(1)", "ftp://h/", "https:///x", "https://h/%zz", "https://h/a  b", "https://h/\u202e",
		"https://h/" + strings.Repeat("x", 500),
	} {
		require.Empty(t, words.Page(other), other)
	}
}
