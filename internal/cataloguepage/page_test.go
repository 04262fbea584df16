package cataloguepage_test

import (
	"flag"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/cataloguepage"
	"notewatch/rules/catalogue"
)

var (
	long  = flag.Bool("long", false, "rehearse the incidents, and compare the page and the plots with what follows")
	write = flag.Bool("write", false, "write them")
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // much is decoded and dropped
	m.Run()
}

const (
	docs = "../../docs"
	how  = "to make it: go test ./internal/cataloguepage -long -write"
)

// The page has each rule as it is in the catalogue, and a plot of it.
func TestThePageHasEachRule(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(docs, "catalogue.md"))
	require.NoError(t, err, how)
	var plots []string
	for _, name := range cataloguepage.Rules() {
		require.Contains(t, string(page), cataloguepage.Before(name), how)
		require.Contains(t, string(page), cataloguepage.After(name), how)
		plots = append(plots, name+".svg")
	}
	entries, err := os.ReadDir(filepath.Join(docs, "catalogue"))
	require.NoError(t, err, how)
	var kept []string
	for _, entry := range entries {
		kept = append(kept, entry.Name())
	}
	slices.Sort(plots)
	require.Equal(t, plots, kept, how)
	names := catalogue.Names()
	for i, plot := range plots {
		require.Equal(t, names[i], strings.TrimSuffix(plot, ".svg"), "every rule has a note")
	}
}

// Messages, delays and plots on the page are those of the incidents.
func TestThePageIsCurrent(t *testing.T) {
	if !*long {
		t.Skip("without -long")
	}
	records, err := cataloguepage.RecordAll(t.Context())
	require.NoError(t, err)
	files := map[string][]byte{"catalogue.md": cataloguepage.Page(records)}
	for name, r := range records {
		files[filepath.Join("catalogue", name+".svg")] = cataloguepage.Plot(r)
	}
	for name, content := range files {
		path := filepath.Join(docs, name)
		if *write {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, content, 0o644))
		}
		kept, err := os.ReadFile(path)
		require.NoError(t, err, how)
		require.Equal(t, string(content), string(kept), "%s is not current; %s", path, how)
	}
}
