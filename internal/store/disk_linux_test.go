package store_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
)

// smallDisk mounts a file system of 2 MiB and returns where.
func smallDisk(t *testing.T) string {
	t.Helper()
	place := t.TempDir()
	if err := syscall.Mount("tmpfs", place, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(place, syscall.MNT_DETACH)) })
	return place
}

// fillDisk leaves no space on the disk that holds a folder, until free is called.
func fillDisk(t *testing.T, folder string) (free func()) {
	t.Helper()
	name := filepath.Join(folder, "filler")
	file, err := os.Create(name)
	require.NoError(t, err)
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, file.Close())
	return func() { require.NoError(t, os.Remove(name)) }
}

// SQLite has many codes for a full disk. Whatever it says, the cause is named, and with space again all goes on.
func TestFullFileSystem(t *testing.T) {
	folder := smallDisk(t)
	path := filepath.Join(folder, "notewatch.db")
	s := open(t, path)
	require.NoError(t, s.CheckWrite(t.Context()))
	free := fillDisk(t, folder)
	requireCause(t, s.CheckDisk(), store.Full)
	requireCause(t, s.CheckWrite(t.Context()), store.Full)
	var err error
	for key := range 1000 { // what the log has room for is written
		if err = s.AddWork(t.Context(), store.Poll, []string{string(rune('a' + key))}, noon); err != nil {
			break
		}
	}
	requireCause(t, err, store.Full)
	free()
	require.NoError(t, s.CheckWrite(t.Context()))
	require.NoError(t, s.AddWork(t.Context(), store.Poll, []string{project}, noon))
	require.NoError(t, s.Close())

	free = fillDisk(t, folder)
	for name, use := range using {
		if name != "lock" { // which needs an empty file only
			requireCause(t, use(t, path), store.Full)
		}
	}
	free()
	open(t, path)
}

func TestReadOnlyFileSystem(t *testing.T) {
	folder := smallDisk(t)
	path := filepath.Join(folder, "notewatch.db")
	require.NoError(t, open(t, path).Close())
	remount := func(flags uintptr) { require.NoError(t, syscall.Mount("", folder, "", syscall.MS_REMOUNT|flags, "")) }
	remount(syscall.MS_RDONLY)
	requireCause(t, using["lock"](t, path), store.ReadOnly)
	requireCause(t, using["open"](t, path), store.ReadOnly)
	look, err := store.OpenReadOnly(t.Context(), path)
	require.NoError(t, err, "it can be read")
	requireCause(t, look.CheckDisk(), store.ReadOnly)
	require.NoError(t, look.Close())
	remount(0)
	open(t, path)
}
