package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

// A reader that goes away ends the command without a word.
func TestExportIntoABrokenPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("rules.yaml", []byte(`
projects: [{uid: 'app:1', name: one}]
receivers: [{name: team, terminal: {}}]
rules: [{name: busy, each: device, when: events.today > 1}]
`), 0o600))
	db, err := store.Open(t.Context(), "notewatch.db")
	require.NoError(t, err)
	var usage []storetest.Usage
	for day := rules.Day(1000); day < 1030; day++ {
		for i := range 50 {
			usage = append(usage, storetest.Usage{Device: fmt.Sprintf("dev:%d", i), Day: day})
		}
	}
	storetest.SaveUsage(t, db, "app:1", usage)
	require.NoError(t, db.Close())
	read, write, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, read.Close())
	defer func() { _ = write.Close() }()
	var stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"export", "--from", "1970-01-02"}, write, &stderr))
	require.Empty(t, stderr.String())
}
