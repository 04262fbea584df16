package database

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers test for.
var (
	// ErrLocked means that another process runs on this database.
	ErrLocked = errors.New("another notewatch runs on this database")
	// ErrOlder means that an older notewatch made the database, and that this process may not migrate it.
	ErrOlder = errors.New("the database was made by an older notewatch")
	// ErrNewer means that a newer notewatch has migrated the database, so this one cannot use it.
	ErrNewer = errors.New("the database was made by a newer notewatch")
	// ErrMissing means that there is no database yet. Errors that include it say where.
	ErrMissing = errors.New("start notewatch once to make it")
	// ErrHalfCopied means that Transfer has not ended copying another database into this one.
	ErrHalfCopied = errors.New("it holds part of another database, since a copy was interrupted: run the same notewatch migrate again, " +
		"or delete the database")
	// ErrCorrupt means that the file is not an intact SQLite database.
	ErrCorrupt = errors.New("the database is damaged or not a database")
)

// Doing adds to err what was being done. It returns nil if err is nil.
func Doing(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}

// ViolatesUnique reports whether a row was not written because another row has its key.
func ViolatesUnique(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && failure.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || codeOf(err) == "23505"
}
