package document

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// scalarOf returns the value of the only key of a document.
func scalarOf(t *testing.T, data string) *yaml.Node {
	t.Helper()
	var document yaml.Node
	require.NoError(t, yaml.Load([]byte(data), &document))
	return document.Content[0].Content[1]
}

// Each document marks with ‸ where the X of its value comes from; the mark is taken out before it is read.
func TestLocate(t *testing.T) {
	for name, marked := range map[string]string{
		"plain":                           "k: a > ‸X",
		"plain after a list dash":         "- k: a > ‸X",
		"plain over two lines":            "k: a >\n     ‸X",
		"plain over lines with empty one": "k: a >\n\n\n  b ‸X",
		"plain with trailing blanks":      "k: a > \t\n  b  ‸X  # rest",
		"plain in a flow mapping":         "{j: 1, k: a > ‸X}",
		"after an anchor":                 "k: &a b ‸X",
		"after an anchor and a tag":       "k: &a !!str\n  b ‸X",
		"after a lone tag sign":           "k: ! b ‸X",
		"after multi-byte characters":     "k: 'é€😀 ‸X'",
		"multi-byte key":                  "é: b ‸X",
		"windows line ends":               "j: 1\r\nk: a\r\n  b ‸X\r\n",
		"old mac line ends":               "j: 1\rk: a\r  b ‸X\r",
		"byte order mark":                 "\ufeffk: a ‸X",
		"single quotes":                   "k: 'a ‸X'",
		"single quotes, doubled":          "k: 'it''s ''a'' ‸X'",
		"single quotes over lines":        "k: 'a\n\n   b''\n  c ‸X'",
		"single quotes, blank at start":   "k: '  ‸X'",
		"double quotes":                   `k: "a ‸X"`,
		"double quotes, escaped":          `k: "\"a\" \\ \t\x41\u00e9\U0001F600 ‸X"`,
		"double quotes, X escaped":        `k: "a ‸\x58"`,
		"double quotes over lines":        "k: \"a\n  b\n\n  c ‸X\"",
		"double quotes, line joined":      "k: \"a \\\n   b\\\n\n  \\ c ‸X\"",
		"literal":                         "k: |\n  a >\n    b\n\n  ‸X\n",
		"literal, stripped":               "k: |-\n  a\n  ‸X",
		"literal, kept":                   "k: |+\n  a\n  ‸X\n\n\n",
		"literal with comment":            "k: |  # why\n  ‸X\n",
		"literal after empty lines":       "k: |\n\n\n  ‸X\n",
		"literal, indentation given":      "k: |2\n    a\n   ‸X\n",
		"literal within lists":            "- - k: |\n      a\n      ‸X\n",
		"literal, windows line ends":      "k: |\r\n  a\r\n  ‸X\r\n",
		"folded":                          "k: >\n  a\n  b\n\n  c\n  ‸X\n",
		"folded, stripped":                "k: >-\n  a\n  ‸X\n",
		"folded, indented lines":          "k: >\n  a\n\n    b\n    c\n\n  d\n  ‸X\n",
		"folded, indentation given":       "k: >1-\n   a\n  b\n\n\n  ‸X\n",
		"folded, blank lines around":      "k: >+\n\n  a\n   \n  ‸X\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			before, after, _ := strings.Cut(marked, "‸")
			data := before + after
			var document yaml.Node
			require.NoError(t, yaml.Load([]byte(data), &document))
			node := document.Content[0]
			for node.Kind != yaml.ScalarNode {
				node = node.Content[len(node.Content)-1]
			}
			src := New([]byte(data))
			wantLine, wantColumn := src.position(len(before))

			line, column := src.Locate(node, strings.Index(node.Value, "X"))

			require.Equal(t, fmt.Sprintf("%d:%d", wantLine, wantColumn), fmt.Sprintf("%d:%d", line, column),
				"of %q in %q", node.Value, data)
		})
	}
}

func TestLocateFallsBackToTheStart(t *testing.T) {
	data := "k: 'a b c'\n"
	node := scalarOf(t, data)
	for name, change := range map[string]func(*yaml.Node){
		"value that is not in the source": func(n *yaml.Node) { n.Value = "a b d" },
		"value longer than the source":    func(n *yaml.Node) { n.Value = strings.Repeat("a b c", 9) },
		"line behind the end":             func(n *yaml.Node) { n.Line = 7 },
		"column behind the end":           func(n *yaml.Node) { n.Column = 70 },
	} {
		changed := *node
		change(&changed)
		line, column := New([]byte(data)).Locate(&changed, 2)
		require.Equal(t, []int{changed.Line, changed.Column}, []int{line, column}, name)
	}
	line, column := New([]byte(data)).Locate(node, -1)
	require.Equal(t, []int{1, 4}, []int{line, column})
}

func TestLocateBehindTheEnd(t *testing.T) {
	data := "k: a >   # rest\n"
	line, column := New([]byte(data)).Locate(scalarOf(t, data), 3)
	require.Equal(t, []int{1, 7}, []int{line, column})
}

// What locate points at begins the character asked for, or is an escape or a line break that stands for it. Only in text
// that nobody writes may it fall back to the start of the scalar.
func FuzzLocate(f *testing.F) {
	for style := range byte(6) {
		f.Add("a > 'b' \\ \"c\"\n\n  d # é\n", style, 9)
	}
	f.Add("  \n x\n\n\n y \n", byte(4), 6)
	f.Fuzz(func(t *testing.T, text string, style byte, offset int) {
		data := written(text, style)
		var document yaml.Node
		if err := yaml.Load([]byte(data), &document); err != nil {
			return
		}
		if document.Content[0].Kind != yaml.MappingNode || document.Content[0].Content[1].Kind != yaml.ScalarNode {
			return
		}
		node := document.Content[0].Content[1]
		if offset < 0 || offset >= len(node.Value) || !utf8.RuneStart(node.Value[offset]) {
			return
		}
		src := New([]byte(data))
		line, column := src.Locate(node, offset)
		at, ok := src.offset(line, column)
		require.True(t, ok, "%d:%d is not in %q", line, column, data)
		if line == node.Line && column == node.Column && unusual(text) {
			return
		}
		want, _ := utf8.DecodeRuneInString(node.Value[offset:])
		found, _ := utf8.DecodeRuneInString(data[at:])
		broken := (want == '\n' || want == ' ') && breakSize([]byte(data), at) > 0
		escaped := node.Style&yaml.DoubleQuotedStyle != 0 && found == '\\'
		require.True(t, found == want || broken || escaped,
			"offset %d of %q is at %d:%d of %q: %q", offset, node.Value, line, column, data, found)
	})
}

// written returns a document whose only value is text, or something like it, in one of the styles.
func written(text string, style byte) string {
	indented := "  " + strings.ReplaceAll(text, "\n", "\n  ")
	switch style % 6 {
	case 0:
		return "k: " + strings.TrimSpace(indented) + "\n"
	case 1:
		return "k: '" + strings.ReplaceAll(indented, "'", "''") + "'\n"
	case 2:
		return "k: \"" + strings.ReplaceAll(indented, `"`, `\"`) + "\"\n"
	case 3:
		return "k: |\n" + indented + "\n"
	case 4:
		return "k: >\n" + indented + "\n"
	default:
		return "k: >2+ # why\n" + indented + "\n"
	}
}

// unusual reports whether text has characters that YAML takes for line breaks and others do not.
func unusual(text string) bool { return strings.ContainsAny(text, "\u0085\u2028\u2029") }
