package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The SQL of deliveries stores and finds rows. Whatever is decided about them is decided by package delivery.
func TestSQLDecidesNothing(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	about := regexp.MustCompile(`(FROM|JOIN|UPDATE|INTO) delivery\b|table: "delivery"`)
	writes := regexp.MustCompile(`(UPDATE|INTO|DELETE FROM) delivery\b|table: "delivery"`)
	decides := regexp.MustCompile(`\bCASE\b|% 2|\bwant\b|\bdead\b`)
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.HasSuffix(file, "_test.go") || !about.Match(text) {
			continue
		}
		if file == "prune.go" { // which decides about the days of figures
			continue
		}
		require.Empty(t, decides.FindAllString(string(text), -1), file)
		found += len(writes.FindAll(text, -1))
	}
	require.Equal(t, 5, found, "statements that write deliveries: insert, message, owed, displayed, move")
}
