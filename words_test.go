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

// retired are words that texts and comments no longer use, with the words to use instead.
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
	{regexp.MustCompile(`(?i)\b(nobody|somebody)\b`), "no one or someone, or say what happens"},
	{regexp.MustCompile(`(?i)\b(please|sorry)\b`), "the fact, then the action"},
	{regexp.MustCompile(`(?i)\bany more\b`), "no longer"},
	{regexp.MustCompile(`(?i)\bthere is no %q`), "unknown"},
	{regexp.MustCompile(`(?i)\bis over\b`), "ended"},
	{regexp.MustCompile(`(?i)\bwhat (came|comes|became|becomes|has come) of\b`), "result"},
	{regexp.MustCompile(`(?i)\bfor ever\b|\bof its own accord\b|\bof when\b`), "forever, by itself, the time of"},
	{regexp.MustCompile(`(?i)\bpieces? of work\b`), "work item"},
}

// old are files in which retired words stay: releases that are past, and the words that they had.
var old = []string{"CHANGELOG.md"}

// allowed are strings and comments that stay, as they begin.
var allowed = []string{
	`"it is over"`,       // the end of a silence, as people may type it
	`"nobody"`,           // a user of Unix
	`"judged"`, `"told"`, // a table and a column of the database
}

func TestTextsUseNoRetiredWord(t *testing.T) {
	listed, err := exec.CommandContext(t.Context(), "git", "ls-files").Output()
	if err != nil {
		t.Skip("not a checkout")
	}
	for path := range strings.FieldsSeq(string(listed)) {
		if !isChecked(path) {
			continue
		}
		source, err := os.ReadFile(filepath.FromSlash(path))
		require.NoError(t, err)
		for _, problem := range problemsOf(path, source) {
			t.Error(problem)
		}
	}
}

// The check finds retired words in texts and comments, and not in names.
func TestRetiredWordsAreFound(t *testing.T) {
	for source, want := range map[string]bool{
		`return "Nobody has it."`:                   true,
		`return "No open alerts."`:                  false,
		"Long: `Lists alerts.\nIt tells them.`,":    true,
		`// whoever reads the code is told more`:    true,
		`// The reader of the code finds more here`: false,
		`told := texts["tell"]`:                     true,
		`told := texts["text"]`:                     false,
		`SELECT := "SELECT alert.told FROM alert"`:  false,
		`end == "it is over"`:                       false,
	} {
		require.Equal(t, want, len(problemsOf("internal/terminal/x.go", []byte(source))) > 0, source)
	}
	require.Equal(t, []string{`README.md:2: "told": use notify, show, print`}, problemsOf("README.md", []byte("Receivers\nare told.")))
}

// isChecked reports whether a file is checked: programs without their tests, pages, and the example of rules.
func isChecked(path string) bool {
	if strings.HasSuffix(path, "_test.go") || slices.Contains(old, path) || strings.Contains(path, "testdata/") {
		return false
	}
	return slices.Contains([]string{".go", ".md", ".yaml", ".sh", ".service"}, filepath.Ext(path))
}

// sqlText matches strings of SQL, which hold names of tables and columns.
var sqlText = regexp.MustCompile(`->>|\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|AND|coalesce|IS DISTINCT|RETURNING)\b`)

// problemsOf returns where a file has retired words, and the words to use instead: anywhere in a page, in strings and comments of a program.
func problemsOf(path string, source []byte) (problems []string) {
	check := func(text string, line int) {
		if slices.ContainsFunc(allowed, func(start string) bool { return strings.HasPrefix(text, start) }) {
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
	tokens.Init(file, source, nil, scanner.ScanComments)
	for {
		at, kind, text := tokens.Scan()
		switch kind {
		case token.EOF:
			return problems
		case token.STRING:
			if !sqlText.MatchString(text) {
				check(text, file.Line(at))
			}
		case token.COMMENT:
			check(text, file.Line(at))
		}
	}
}
