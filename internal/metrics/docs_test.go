package metrics_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of metrics instead of comparing with it")

const manual = "../../docs/metrics.md"

// The table in the manual is what a scrape says of itself.
func TestManualListsAllMetrics(t *testing.T) {
	text, err := os.ReadFile(manual)
	require.NoError(t, err)
	table := regexp.MustCompile(`(?s)<!-- metrics -->\n.*<!-- end -->`)
	require.Regexp(t, table, string(text))
	now := table.ReplaceAllLiteralString(string(text), "<!-- metrics -->\n"+tableOf(families(t, busy()))+"<!-- end -->")
	if *update {
		require.NoError(t, os.WriteFile(manual, []byte(now), 0o644))
		return
	}
	require.Equal(t, now, string(text), "go test ./internal/metrics -update")
}

func tableOf(all map[string]*dto.MetricFamily) string {
	var table strings.Builder
	table.WriteString("| metric | type | labels | what |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		family := all[name]
		var labels []string
		for _, pair := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+pair.GetName()+"`")
		}
		slices.Sort(labels)
		_, _ = fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n",
			name, strings.ToLower(family.GetType().String()), strings.Join(labels, " "), family.GetHelp())
	}
	return table.String()
}

// Its examples and explanations speak of the metrics, labels and values that there are, and leave no class out.
func TestManualNamesWhatExists(t *testing.T) {
	content, err := os.ReadFile(manual)
	require.NoError(t, err)
	text, all := string(content), families(t, busy())
	names := regexp.MustCompile(`\bnotewatch_\w+`).FindAllString(text, -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		if all[name] == nil {
			name = strings.TrimSuffix(name, "_count")
		}
		require.Contains(t, all, name)
	}
	uses := regexp.MustCompile(`(notewatch_\w+)\{(\w+)!?="(\w+)"`).FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, uses)
	for _, use := range uses {
		require.Contains(t, valuesOf(all[use[1]], use[2]), use[3], use[0])
	}
	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [^|]+ \\|$").FindAllStringSubmatch(text, -1) {
		explained = append(explained, row[1])
	}
	require.ElementsMatch(t, valuesOf(all["notewatch_poll_errors_total"], "class"), explained)
}

// valuesOf returns the values that a label of a family has, each once.
func valuesOf(family *dto.MetricFamily, label string) []string {
	found := map[string]bool{}
	for _, m := range family.GetMetric() {
		found[valueOf(m, label)] = true
	}
	return slices.Collect(maps.Keys(found))
}
