package lang_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// The manual names what rules can read, with its unit and scopes, and nothing else.
func TestManualListsAllLeaves(t *testing.T) {
	content, err := os.ReadFile("../../../docs/rules.md")
	require.NoError(t, err)
	text := string(content)
	var scopes []string
	for _, scope := range rules.Scopes() {
		scopes = append(scopes, string(scope))
	}
	all := strings.Join(scopes, ", ")
	isMetric := func(field reflect.StructField) bool {
		return field.Type == reflect.TypeFor[rules.Metric]() || field.Type == reflect.TypeFor[rules.Keyed]()
	}
	var metrics, members, objects [][]string
	for _, l := range vocabulary.Leaves() {
		field, ok := reflect.TypeFor[rules.Env]().FieldByNameFunc(func(name string) bool {
			field, _ := reflect.TypeFor[rules.Env]().FieldByName(name)
			return field.Tag.Get("expr") == l.Object
		})
		require.True(t, ok)
		unit, scope := "–", all
		if l.Unit != "" {
			unit = l.Unit
		}
		if l.Scopes() != nil {
			scope = strings.Join(l.Scopes(), ", ")
		}
		if !isMetric(field) {
			objects = append(objects, []string{l.Path(), scope})
			continue
		}
		if l.Member == "today" {
			metrics = append(metrics, []string{vocabulary.Example(l.Object), unit, scope})
		}
		if !slices.ContainsFunc(members, func(row []string) bool { return row[0] == l.Member }) {
			members = append(members, []string{l.Member})
		}
	}
	require.Equal(t, metrics, rows(t, text, "metrics", 3))
	require.Equal(t, members, rows(t, text, "members", 1))
	require.Equal(t, objects, rows(t, text, "objects", 2))
}

// rows returns the first cells of each row of the table between two marks.
func rows(t *testing.T, text, mark string, cells int) (all [][]string) {
	t.Helper()
	found := regexp.MustCompile(`(?s)<!-- ` + mark + ` -->\n(.*)<!-- /` + mark + ` -->`).FindStringSubmatch(text)
	require.NotNil(t, found, mark)
	lines := strings.Split(strings.TrimSpace(found[1]), "\n")
	require.Greater(t, len(lines), 2)
	for _, line := range lines[2:] {
		row := strings.Split(strings.Trim(line, "|"), "|")
		for i, cell := range row {
			row[i] = strings.Trim(cell, " `")
			require.NotEmpty(t, row[i], line)
		}
		require.Greater(t, len(row), cells)
		all = append(all, row[:cells])
	}
	return all
}
