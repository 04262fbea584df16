package notewatch_test

import (
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// retired are words that texts for users no longer use, with the words to use instead.
var retired = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\b(told|tells?|telling)\b`), "notify, show, print"},
	{regexp.MustCompile(`(?i)\bmend(s|ed|ing)?\b`), "fix"},
	{regexp.MustCompile(`(?i)\b(whom|whoever)\b`), "a name, or someone"},
	{regexp.MustCompile(`(?i)\bafresh\b`), "again"},
	{regexp.MustCompile(`(?i)\bjudg(e[sd]?|ing|ement)\b`), "evaluate"},
	{regexp.MustCompile(`(?i)\btaken? on\b|\bgiven? back\b|\backed\b`), "acknowledge, unacknowledge"},
	{regexp.MustCompile(`(?i)\b(nobody|somebody)\b`), "someone, or say what happens"},
	{regexp.MustCompile(`(?i)\b(please|sorry)\b`), "the fact, then the action"},
	{regexp.MustCompile(`(?i)\bany more\b`), "no longer"},
	{regexp.MustCompile(`(?i)\bthere is no %q`), "unknown"},
	{regexp.MustCompile(`(?i)\bis over\b`), "ended"},
}

// rooms are the paths whose texts use no retired word. Extend the list when another room is free of them.
var rooms = []string{
	"README.md", "docs/delivery.md", "docs/slack.md", "cmd/notewatch/", "internal/check/", "internal/complete/", "internal/deliver/",
	"internal/delivery/", "internal/dispatch/", "internal/explain/", "internal/lookup/", "internal/service/", "internal/setup/",
	"internal/silences/", "internal/slackapi/", "internal/slackapp/", "internal/terminal/", "internal/timeline/", "internal/words/", "notify/",
}

// allowed are texts that stay.
var allowed = []string{
	`"it is over"`, // the end of a silence, as people may type it
}

func TestTextsUseNoRetiredWord(t *testing.T) {
	listed, err := exec.CommandContext(t.Context(), "git", "ls-files").Output()
	if err != nil {
		t.Skip("not a checkout")
	}
	for path := range strings.FieldsSeq(string(listed)) {
		if !inRooms(path) {
			continue
		}
		source, err := os.ReadFile(filepath.FromSlash(path))
		require.NoError(t, err)
		for _, problem := range problemsOf(path, source) {
			t.Error(problem)
		}
	}
}

// The check finds retired words where users see them, and nowhere else.
func TestRetiredWordsAreFound(t *testing.T) {
	for source, want := range map[string]bool{
		`return "Nobody has it."`:                true,
		`return "No open alerts."`:               false,
		"Long: `Lists alerts.\nIt tells them.`,": true,
		`// whoever reads the code is told more`: false,
		`told := texts["told"]`:                  true,
		`told := texts["text"]`:                  false,
		`end == "it is over"`:                    false,
	} {
		require.Equal(t, want, len(problemsOf("internal/terminal/x.go", []byte(source))) > 0, source)
	}
	require.Equal(t, []string{`README.md:2: "told": use notify, show, print`}, problemsOf("README.md", []byte("Receivers\nare told.")))
}

// inRooms reports whether a file is checked: tests and what has not been revised yet are not.
func inRooms(path string) bool {
	if strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".md") {
		return false
	}
	return slices.ContainsFunc(rooms, func(room string) bool { return strings.HasPrefix(path, room) })
}

// problemsOf says where a file shows retired words to users, and what to use instead: anywhere in a page, in strings of a program.
func problemsOf(path string, source []byte) (problems []string) {
	check := func(text string, line int) {
		if slices.Contains(allowed, text) {
			return
		}
		for _, word := range retired {
			for _, at := range word.pattern.FindAllStringIndex(text, -1) {
				line := line + strings.Count(text[:at[0]], "\n")
				problems = append(problems, fmt.Sprintf("%s:%d: %q: use %s", path, line, text[at[0]:at[1]], word.instead))
			}
		}
	}
	if !strings.HasSuffix(path, ".go") {
		check(string(source), 1)
		return problems
	}
	file := token.NewFileSet().AddFile(path, -1, len(source))
	var tokens scanner.Scanner
	tokens.Init(file, source, nil, 0)
	for {
		at, kind, text := tokens.Scan()
		switch kind {
		case token.EOF:
			return problems
		case token.STRING:
			check(text, file.Line(at))
		}
	}
}
