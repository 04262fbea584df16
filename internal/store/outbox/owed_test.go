package outbox_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The SQL of the store stores and finds deliveries. Whatever is decided about them is decided by package delivery.
func TestSQLDecidesNothing(t *testing.T) {
	files, err := filepath.Glob("../*.go")
	require.NoError(t, err)
	rooms, err := filepath.Glob("../*/*.go")
	require.NoError(t, err)
	files = append(files, rooms...)
	about := regexp.MustCompile(`(FROM|JOIN|UPDATE|INTO) delivery\b|Table: "delivery"`)
	writes := regexp.MustCompile(`(UPDATE|INTO|DELETE FROM) delivery\b|Table: "delivery"`)
	decides := regexp.MustCompile(`\bCASE\b|% 2|\bwant\b|\bdead\b`)
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.HasSuffix(file, "_test.go") || !about.Match(text) {
			continue
		}
		require.Empty(t, decides.FindAllString(string(text), -1), file)
		found += len(writes.FindAll(text, -1))
	}
	require.Equal(t, 5, found, "statements that write deliveries: insert, message, owed, displayed, move")
}
