package database

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Several processes that start at once may all find no file: one creates it, and the others use that one.
func TestTouchAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		folder, err := filepath.EvalSymlinks(t.TempDir())
		require.NoError(t, err)
		path := filepath.Join(folder, "notewatch.db")
		start := make(chan struct{})
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				<-start
				file, err := touch(path)
				assert.NoError(t, err)
				assert.Equal(t, path, file)
			})
		}
		close(start)
		group.Wait()
	}
}
