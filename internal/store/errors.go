package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors that callers test for.
var (
	// ErrLeaseLost means that the work was taken over: whoever gets it must drop what it did and start over.
	ErrLeaseLost = errors.New("the lease was lost")
	// ErrMoved means that something else was decided meanwhile: look again, and decide afresh.
	ErrMoved = errors.New("somebody else has decided meanwhile")
	// ErrNoMessage means that there is no message of that ID, or no more.
	ErrNoMessage = errors.New("there is no such message")
	// ErrLocked means that another process runs on this database.
	ErrLocked = errors.New("another notewatch runs on this database")
	// ErrNewer means that a newer notewatch has migrated the database.
	ErrNewer = errors.New("the database was made by a newer notewatch")
	// ErrCorrupt means that the file is not an intact SQLite database.
	ErrCorrupt = errors.New("the database is damaged or not a database")
)

// replaceAdvice is the next step after ErrCorrupt.
const replaceAdvice = "move the file away or restore a backup"

// doing says what was being done when err happened. It returns nil if err is nil.
func doing(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), explained(err))
}

// barred reports whether err says that this user, or the file system, does not allow SQLite to write.
func barred(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && (failure.Code()&0xff == sqlite3.SQLITE_READONLY || failure.Code()&0xff == sqlite3.SQLITE_CANTOPEN)
}

// violatesUnique reports whether a row was not written because there is another one with its key.
func violatesUnique(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && failure.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// explained adds the next step to an error of SQLite that somebody can do something about.
func explained(err error) error {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch primary := failure.Code() & 0xff; primary {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w (%w): %s", ErrCorrupt, err, replaceAdvice)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%w: let this user write to the file and its folder", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: free some space on its disk", err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: end the other program that is writing to the database", err)
	}
	return err
}
