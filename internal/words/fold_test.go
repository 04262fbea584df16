package words_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"no terminal", "one two three four\n", 0, "one two three four\n"},
		{"it fits", "one two three four\n", 18, "one two three four\n"},
		{"between words", "one two three four\n", 17, "one two three\n    four\n"},
		{"several breaks", "one two three four five six\n", 12, "one two\n    three\n    four\n    five six\n"},
		{"columns stay", " 9 Jun  FIRING    a b c d e\n", 22, " 9 Jun  FIRING    a b\n    c d e\n"},
		{"its own indent", "      one two three\n", 18, "      one two\n      three\n"},
		{"little room", "      one two three\n", 12, "      one\n    two\n    three\n"},
		{"a long word stays whole", "see https://blues.com/pricing now\n", 12, "see\n    https://blues.com/pricing\n    now\n"},
		{"a style has no width", "\x1b[1mone two\x1b[0m\n", 7, "\x1b[1mone two\x1b[0m\n"},
		{"characters, not bytes", "größe größe\n", 11, "größe größe\n"},
		{"several lines", "one two three\n\nfour\n", 8, "one two\n  three\n\nfour\n"},
	} {
		require.Equal(t, c.want, words.Fold(c.text, c.width, 4), c.name)
	}
}
