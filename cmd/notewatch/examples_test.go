package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The examples that help shows can be typed as they stand, with the example rules and the database of the demo.
func TestExamplesCanBeTyped(t *testing.T) {
	demo := filepath.Join(t.TempDir(), "demo.db")
	typed(t, "notewatch demo --for 1s --database "+demo)
	t.Setenv("NOTEWATCH_RULES", "../../rules.example.yaml")
	t.Setenv("NOTEWATCH_DATABASE", demo)
	shown := map[string]int{}
	for _, command := range newRoot().Commands() {
		for line := range strings.Lines(command.Example) {
			shown[command.Name()]++
			typed(t, strings.TrimSpace(line))
		}
	}
	for _, name := range []string{"usage", "top", "explain", "status", "alerts", "history", "silence", "silences"} {
		require.Positive(t, shown[name], "%s shows no example", name)
	}
}

// typed runs a command line, whose words may stand in double quotes.
func typed(t *testing.T, line string) {
	t.Helper()
	var words []string
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(word, `"`))
	}
	require.Equal(t, "notewatch", words[0], line)
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), words[1:], &stdout, &stderr), "%s: %s", line, &stderr)
	require.NotEmpty(t, stdout.String()+stderr.String(), line)
}

// Every command that looks something up can print it as JSON, says so and says which fields it has.
func TestLookupsHaveJSON(t *testing.T) {
	for _, name := range []string{"usage", "top", "explain", "status", "alerts", "history", "silences"} {
		command, _, err := newRoot().Find([]string{name})
		require.NoError(t, err)
		require.NotNil(t, command.Flag("json"), name)
		require.Contains(t, command.Long, "--json prints an ", name)
	}
}
