package spelling_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/spelling"
)

func TestNearest(t *testing.T) {
	candidates := []string{"each", "where", "when", "for", "show", "summary", "severity"}
	for word, want := range map[string]string{
		"wen":      "when",
		"hwen":     "when",
		"WHEN":     "when",
		"fro":      "for",
		"summry":   "summary",
		"serverty": "severity",
		"colour":   "",
		"x":        "",
		"":         "",
	} {
		require.Equal(t, want, spelling.Nearest(word, candidates), word)
	}
}
