package smallfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/smallfile"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(path("whole", "1234"), link))
	for name, test := range map[string]struct {
		path, want string
		fails      error
		says       string
	}{
		"file":         {path: path("small", "123"), want: "123"},
		"empty file":   {path: path("empty", "")},
		"at the bound": {path: path("full", "1234"), want: "1234"},
		"link":         {path: link, want: "1234"},
		"too large":    {path: path("large", "12345"), want: "1234", fails: smallfile.ErrTooLarge, says: "more than 4 bytes"},
		"missing":      {path: filepath.Join(dir, "none"), fails: fs.ErrNotExist, says: "no such file"},
		"directory":    {path: dir, fails: smallfile.ErrNotRegular, says: "a directory"},
		"FIFO":         {path: fifo, fails: smallfile.ErrNotRegular, says: "a FIFO"},
		"device":       {path: "/dev/zero", fails: smallfile.ErrNotRegular, says: "a device"},
	} {
		t.Run(name, func(t *testing.T) {
			content, err := smallfile.Read(test.path, 4)
			require.Equal(t, test.want, string(content))
			require.ErrorIs(t, err, test.fails)
			if err != nil {
				require.ErrorContains(t, err, test.says)
				require.NotContains(t, err.Error(), dir)
			}
		})
	}
}
