package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/config/problem"
)

// However many problems there are and however long the names in them, what is printed can be read.
func TestManyProblemsAreCut(t *testing.T) {
	name := strings.Repeat("x", 100_000)
	text := "projects: [{uid: app:1}]\nreceivers: [{name: ops, terminal: {}}]\nrules:\n" +
		"  - {name: other, when: events.today > 1, notify: [" + name + "], remind: [" + strings.Repeat("1h,", 10_000) + "]}\n"
	_, err := config.Parse("rules.yaml", []byte(text), environment)
	problems, ok := errors.AsType[problem.Errors](err)
	require.True(t, ok)
	require.Greater(t, len(problems), 9_999)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 51)
	require.Regexp(t, `^and 9,9\d\d more$`, lines[50])
	for _, line := range lines {
		require.LessOrEqual(t, utf8.RuneCountInString(line), 500)
	}
	require.Len(t, strings.Split(problems.First(2), "\n"), 3)
	require.Len(t, strings.Split(problems[:2].First(2), "\n"), 2)
}

// A hint does not list all of many names, and looking for near names does not take long.
func TestHintsOfManyNames(t *testing.T) {
	var text strings.Builder
	text.WriteString("projects: [{uid: app:1}]\nreceivers:\n")
	for i := range 300 {
		fmt.Fprintf(&text, "  - {name: receiver-%d, terminal: {}}\n", i)
	}
	text.WriteString("rules:\n")
	for i := range 300 {
		fmt.Fprintf(&text, "  - {name: rule-%d, when: events.today > 1, notify: [q%d]}\n", i, i)
	}
	_, err := config.Parse("rules.yaml", []byte(text.String()), environment)
	require.ErrorContains(t, err, "receiver-23 or one of 276 others")
	require.Less(t, len(err.Error()), 51*500*utf8.UTFMax)
}
