package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
)

// smallDisk mounts a file system of some MiB and returns where.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	place := t.TempDir()
	if err := syscall.Mount("tmpfs", place, "tmpfs", 0, fmt.Sprintf("size=%dm", size)); err != nil {
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
	folder := smallDisk(t, 2)
	path := filepath.Join(folder, "notewatch.db")
	s := open(t, path)
	require.NoError(t, s.CheckWrite(t.Context()))
	free := fillDisk(t, folder)
	requireCause(t, s.CheckDisk(), database.Full)
	requireCause(t, s.CheckWrite(t.Context()), database.Full)
	var err error
	for key := range 1000 { // what the log has room for is written
		if err = s.Work.AddWork(t.Context(), work.Poll, []string{string(rune('a' + key))}, noon); err != nil {
			break
		}
	}
	requireCause(t, err, database.Full)
	free()
	require.NoError(t, s.CheckWrite(t.Context()))
	require.NoError(t, s.Work.AddWork(t.Context(), work.Poll, []string{project}, noon))
	require.NoError(t, s.Close())

	free = fillDisk(t, folder)
	for name, use := range using {
		if name != "lock" { // which needs an empty file only
			requireCause(t, use(t, path), database.Full)
		}
	}
	free()
	open(t, path)
}

func TestReadOnlyFileSystem(t *testing.T) {
	folder := smallDisk(t, 2)
	path := filepath.Join(folder, "notewatch.db")
	require.NoError(t, open(t, path).Close())
	remount := func(flags uintptr) { require.NoError(t, syscall.Mount("", folder, "", syscall.MS_REMOUNT|flags, "")) }
	remount(syscall.MS_RDONLY)
	requireCause(t, using["lock"](t, path), database.ReadOnly)
	requireCause(t, using["open"](t, path), database.ReadOnly)
	look, err := store.OpenReadOnly(t.Context(), path)
	require.NoError(t, err, "it can be read")
	requireCause(t, look.CheckDisk(), database.ReadOnly)
	require.NoError(t, look.Close())
	remount(0)
	open(t, path)
}

// A full disk of the server loses nothing either: what was not stored is not stored in part, and goes on when there is space.
func TestFullDiskOfServer(t *testing.T) {
	folder := smallDisk(t, 16)
	require.NoError(t, os.Chmod(filepath.Dir(folder), 0o755)) //nolint:gosec // the user of the server passes through
	data := filepath.Join(folder, "data")
	require.NoError(t, os.Mkdir(data, 0o700))
	postgrestest.Give(t, folder)
	postgrestest.Give(t, data)
	other := postgrestest.New(t)
	t.Cleanup(func() { postgrestest.Exec(t, other, "DROP TABLESPACE small") }) // after the database that uses it
	place := storetest.Postgres(t)
	postgrestest.Exec(t, place, "CREATE TABLESPACE small LOCATION '"+data+"'",
		"ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE small", "ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE small")
	s := open(t, place)
	free := fillDisk(t, folder)
	stored, large := 0, strings.Repeat("0123456789abcdef", 64)
	add := func() error {
		keys := make([]string, 100)
		for i := range keys {
			keys[i] = fmt.Sprint(stored, i, large[:1000])
		}
		return s.Work.AddWork(t.Context(), work.Poll, keys, noon)
	}
	err := add()
	for ; err == nil; err = add() { // what the pages of the tables have room for is written
		stored += 100
		require.Less(t, stored, 100_000)
	}
	requireCause(t, err, database.Full)
	require.ErrorContains(t, err, "SQLSTATE 53100")
	require.Len(t, dumpTable(t, s, "work"), stored)
	free()
	require.NoError(t, add())
	require.Len(t, dumpTable(t, s, "work"), stored+100)
}
