package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the demo offers at its end, and the examples that help shows, can be typed as they stand, with what the demo has kept.
func TestExamplesCanBeTyped(t *testing.T) {
	played := playDemo(t)
	said := strings.ReplaceAll(played.stdout, played.database, played.useCopy(t))
	_, offered, found := strings.Cut(said, "To query it, type:\n\n  export ")
	require.True(t, found, said)
	exported, offered, _ := strings.Cut(offered, "\n")
	for assignment := range strings.FieldsSeq(exported) {
		name, value, _ := strings.Cut(assignment, "=")
		t.Setenv(name, value)
	}
	shown := map[string]int{}
	for line := range strings.Lines(offered) {
		line = strings.TrimSpace(line)
		if first, rest, _ := strings.Cut(line, " "); strings.Contains(first, "=") {
			name, value, _ := strings.Cut(first, "=")
			t.Setenv(name, value)
			line = rest
		}
		shown[strings.Fields(line)[1]]++
		typed(t, line)
	}
	for _, name := range []string{"status", "alerts", "top", "check", "usage", "explain", "history", "ack", "silence"} {
		require.Equal(t, 1, shown[name], "the demo does not offer %s", name)
	}
	require.Contains(t, typed(t, "notewatch status"), "Demo database, ended at Wed 1 Jul 15:00 UTC\n")
	require.Regexp(t, `(?m)^\w{10}  critical  firing, acknowledged `, typed(t, "notewatch alerts"))
	require.NotContains(t, typed(t, "notewatch usage today"), "no data")
	require.Contains(t, typed(t, "notewatch check"), "is valid: 1 project, 8 rules, 1 receiver\n", "no receiver needs a secret")

	clear(shown)
	t.Chdir(exampleTests(t))
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

// exampleTests returns a directory with the files of rule tests that the examples of help name.
func exampleTests(t *testing.T) (directory string) {
	t.Helper()
	directory = t.TempDir()
	const test = "rules: {rules: [{name: any, when: events.today > 9}]}\ntests: [{name: a flood, poll: 12h, expect: {alerts: []}}]\n"
	require.NoError(t, os.Mkdir(filepath.Join(directory, "team"), 0o700))
	for _, name := range []string{"rules_test.yaml", filepath.Join("team", "a_test.yaml")} {
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte(test), 0o600))
	}
	return directory
}

// typed runs a command line, whose words may stand in double quotes, and returns what it printed.
func typed(t *testing.T, line string) (said string) {
	t.Helper()
	var words []string
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(word, `"`))
	}
	require.Equal(t, "notewatch", words[0], line)
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), words[1:], &stdout, &stderr), "%s: %s", line, &stderr)
	require.NotEmpty(t, stdout.String()+stderr.String(), line)
	return stdout.String()
}

// Every command that looks something up can print it as JSON, says so and says which fields it has.
func TestLookupsHaveJSON(t *testing.T) {
	for _, name := range []string{"usage", "top", "explain", "status", "alerts", "history", "silences"} {
		command, _, err := newRoot().Find([]string{name})
		require.NoError(t, err)
		require.NotNil(t, command.Flag("json"), name)
		require.Contains(t, strings.ReplaceAll(command.Long, "\n", " "), "--json prints an ", name)
	}
}
