package storetest

import (
	"os"
	"path/filepath"
	"syscall"
)

const (
	memory      = "/dev/shm"       // a file system in memory
	memoryNeeds = 2 << 30          // bytes that must be free in it
	memoryName  = "notewatch-test" // what the names of folders in it begin with
)

// useMemory makes a folder in memory the one of temporary files, for this process and those that it starts, until remove is called. It does
// nothing if TMPDIR names another or memory is short. It removes what killed tests have left: the folder of a process that runs is locked.
func useMemory() (remove func()) {
	nothing := func() {}
	var free syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs(memory, &free) != nil || int64(free.Bavail)*free.Bsize < memoryNeeds { //nolint:gosec // it fits
		return nothing
	}
	one, err := lockFolder(memory, syscall.LOCK_EX) // no other test binary removes the folder before it is locked
	if err != nil {
		return nothing
	}
	defer func() { _ = one.Close() }()
	left, _ := filepath.Glob(filepath.Join(memory, memoryName+"*"))
	for _, folder := range left {
		if lock, err := lockFolder(folder, syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			_ = os.RemoveAll(folder)
			_ = lock.Close()
		}
	}
	folder, err := os.MkdirTemp(memory, memoryName)
	if err != nil {
		return nothing
	}
	lock, err := lockFolder(folder, syscall.LOCK_EX)
	if err == nil {
		err = os.Chmod(folder, 0o711) //nolint:gosec // PostgreSQL runs as another user and has its own folder in it
	}
	if err == nil {
		err = os.Setenv("TMPDIR", folder)
	}
	if err != nil {
		_ = os.RemoveAll(folder)
		return nothing
	}
	return func() {
		_ = os.RemoveAll(folder)
		_ = lock.Close()
	}
}

// lockFolder locks a folder until the file is closed or the process ends.
func lockFolder(folder string, how int) (*os.File, error) {
	file, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil { //nolint:gosec // a descriptor fits
		_ = file.Close()
		return nil, err
	}
	return file, nil
}
