package slackapp

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The table in docs/slack.md is made of the words.
func TestWordsInDocs(t *testing.T) {
	const file, begin, end = "../../docs/slack.md", "<!-- words -->\n", "<!-- /words -->"
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(doc), begin)
	require.True(t, found)
	written, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		written = wordTable()
		require.NoError(t, os.WriteFile(file, []byte(before+begin+written+end+after), 0o600))
	}
	require.Equal(t, wordTable(), written, "go test ./internal/slackapp -run Docs -update writes it anew")
}

// wordTable is a table of all words in Markdown.
func wordTable() string {
	var b strings.Builder
	b.WriteString("| after `/notewatch` | what it does |\n|---|---|\n")
	for _, w := range words() {
		typed := strings.ReplaceAll(strings.TrimSpace(w.name+" "+w.hint), "|", `\|`)
		b.WriteString("| `" + typed + "` | " + w.summary + " |\n")
	}
	return b.String()
}

// All that is made of the words needs them to be whole.
func TestWordsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range words() {
		require.Equal(t, strings.ToLower(w.name), w.name)
		require.False(t, seen[w.name], w.name)
		seen[w.name] = true
		require.NotNil(t, w.answer, w.name)
		require.NotEmpty(t, w.examples, w.name)
		require.True(t, strings.HasSuffix(w.summary, "."), w.summary)
		require.LessOrEqual(t, utf8.RuneCountInString(w.hint), maxSaid)
	}
	require.LessOrEqual(t, len(usageHint()), 1000)
}

// A name is shown so that it is read back as that name.
func TestNamesInCommandsAreReadBack(t *testing.T) {
	for _, name := range []string{"sensor-1", "truck 7", "today", "7d", "share", "because", "device", "12", "bytes", "für-elise", "a&b"} {
		l, err := parse("usage " + called(name))
		require.NoError(t, err)
		order, err := parseUsage(l.rest)
		require.NoError(t, err)
		require.Equal(t, usageOrder{name: name, span: order.span}, order)
		require.True(t, plain(name))
	}
	for _, name := range []string{"", " a", `a"b`, "a\u202eb", "“a”", "`a`", strings.Repeat("x", 100)} {
		require.False(t, plain(name), name)
	}
}
