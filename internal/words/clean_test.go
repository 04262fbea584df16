package words_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
)

func TestClean(t *testing.T) {
	for _, test := range []struct{ text, clean, escape string }{
		{"pump 1", "pump 1", "pump 1"},
		{" two\n\tlines ", "two lines", ` two\n\tlines `},
		{"\x1b[31mred", `\x1b[31mred`, `\x1b[31mred`},
		{"\u202eright to left", `\u202eright to …`, `\u202eright to …`},
		{"a\xffb", "a\ufffdb", "a\ufffdb"},
		{"👩\u200d🚒", "👩\u200d🚒", "👩\u200d🚒"},
		{"sixteen letters.", "sixteen letters.", "sixteen letters."},
		{"seventeen letters", "seventeen lette…", "seventeen lette…"},
	} {
		require.Equal(t, test.clean, words.Clean(test.text, 16))
		require.Equal(t, test.escape, words.Escape(test.text, 16))
	}
}

func TestCut(t *testing.T) {
	for limit, want := range map[int]string{0: "…", 1: "…", 3: "né…", 4: "née…", 5: "néeéé"} {
		require.Equal(t, want, words.Cut("néeéé", limit), limit)
	}
}

func TestDotted(t *testing.T) {
	require.Equal(t, "a · b", words.Dotted("", "a", "", "b", ""))
	require.Empty(t, words.Dotted("", ""))
}
