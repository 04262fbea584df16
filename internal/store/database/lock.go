package database

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// Lock takes the lock file beside the database at path, symbolic links resolved, so that only one process at a time runs on it. The lock
// ends with the process. Lock returns ErrLocked if another process has it, with the process ID from the file. A path that cannot be a
// database gets no lock file. Call Lock before Open: see recognize. A database of PostgreSQL, named by a URL, has no lock, because any
// number of processes may run on it.
func Lock(path string) (release func() error, err error) {
	if IsURL(path) {
		return func() error { return nil }, nil
	}
	release, err = lock(path)
	if err != nil {
		return nil, fmt.Errorf("locking database %q: %w", NameOf(path), err)
	}
	return release, nil
}

func lock(path string) (release func() error, err error) {
	file, err := locate(path)
	if err != nil {
		return nil, err
	}
	exists, err := inspect(file)
	if err == nil && exists {
		err = recognize(file)
	}
	if err != nil {
		return nil, err
	}
	name := file + ".lock"
	lock := flock.New(name, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, unusable(err, name)
	}
	if !locked {
		return nil, fmt.Errorf("%w%s: end it, or choose another path", ErrLocked, holder(name))
	}
	if err := os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		_ = lock.Unlock()
		return nil, unusable(err, name)
	}
	return lock.Unlock, nil
}

// holder returns the process that wrote the lock file; "" if it cannot be read.
func holder(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	process, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", process)
}
