package database

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// An OutageCause says why the database cannot be used.
type OutageCause string

// The causes.
const (
	Full     OutageCause = "the disk is full"
	ReadOnly OutageCause = "the file system is read-only"
	Barred   OutageCause = "this user may not write to the database"
	Locked   OutageCause = "another program has locked the database"
	Moved    OutageCause = "the database file was deleted or replaced"
	Damaged  OutageCause = "the database is damaged or not a database"
	Failing  OutageCause = "the disk fails"

	// Of PostgreSQL.
	NoServer     OutageCause = "the database server cannot be reached"
	Refused      OutageCause = "the database server refuses the connection"
	Unprivileged OutageCause = "the database user lacks a right"
	Standby      OutageCause = "the database server takes no changes"
	Busy         OutageCause = "the database server takes too long"
	Another      OutageCause = "the database URL leads to another server than before"
)

// Advice returns the next step, in the imperative.
func (c OutageCause) Advice() string {
	switch c {
	case Full:
		return "free some space on its disk"
	case ReadOnly:
		return "make its file system writable, or choose another path"
	case Barred:
		return "let this user write to the file and its folder"
	case Locked:
		return "end the other program that is writing to the database"
	case Moved:
		return "put the file back, or restart notewatch"
	case Damaged:
		return replaceAdvice
	case NoServer:
		return "check that it runs, and host and port in the URL"
	case Refused:
		return "check user, password, database and sslmode in the URL"
	case Unprivileged:
		return "grant it the right to create a schema in the database, or make it the owner of the schema"
	case Standby:
		return "name the primary in the URL, or several hosts with target_session_attrs=read-write"
	case Another:
		return "have host and port in the URL lead to one server, or restart notewatch if the database has moved"
	case Busy:
		return "look for locks and long transactions in pg_stat_activity, and at the limit of its connections"
	}
	return "check its disk, and the disk quota of this user"
}

// replaceAdvice is the next step after ErrCorrupt.
const replaceAdvice = "move the file away or restore a backup"

// An UnavailableError says that the database cannot be used until someone removes the cause, or another program lets go of it.
type UnavailableError struct {
	Cause OutageCause
	Err   error // of SQLite or of the operating system; nil if there is none
}

// Error returns the cause, the error and the next step.
func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Cause, e.Cause.Advice())
	}
	return fmt.Sprintf("%s (%v): %s", e.Cause, e.Err, e.Cause.Advice())
}

// Unwrap returns the error, and ErrCorrupt for a damaged database.
func (e *UnavailableError) Unwrap() []error {
	switch {
	case e.Err == nil:
		return nil
	case e.Cause == Damaged:
		return []error{ErrCorrupt, e.Err}
	}
	return []error{e.Err}
}

// Unavailable reports whether err says that the database cannot be used.
func Unavailable(err error) bool { return errors.As(err, new(*UnavailableError)) }

// explained returns an error of SQLite about the database in file as an UnavailableError if the cause lies outside notewatch, and other
// errors unchanged.
func explained(err error, file string) error {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	if cause := causeOf(failure.Code(), file); cause != "" {
		return &UnavailableError{cause, err}
	}
	return err
}

// causeOf returns why SQLite failed with an extended result code; "" if the cause lies in notewatch. SQLite reports a full or read-only
// file system with many codes, so the file system is checked too.
func causeOf(code int, file string) OutageCause {
	if code == sqlite3.SQLITE_READONLY_DBMOVED {
		return Moved
	}
	switch code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return Damaged
	case sqlite3.SQLITE_FULL:
		return Full
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return Locked
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return diskCause(file, 0, Barred)
	case sqlite3.SQLITE_CANTOPEN:
		return diskCause(file, leastSpace, Barred)
	case sqlite3.SQLITE_IOERR:
		return diskCause(file, leastSpace, Failing)
	}
	return ""
}

// leastSpace is the number of bytes that SQLite needs to open a database and to write a small transaction.
const leastSpace = 64 << 10

// diskCause returns Full or ReadOnly if the disk of a file has less than space bytes left or is read-only; else otherwise.
func diskCause(file string, space uint64, otherwise OutageCause) OutageCause {
	disk, err := diskOf(filepath.Dir(file))
	switch {
	case err != nil:
		return otherwise
	case disk.readOnly:
		return ReadOnly
	case disk.free < space:
		return Full
	}
	return otherwise
}

// unusable adds the next step to an error of the operating system about the file at path. It returns nil if err is nil.
func unusable(err error, path string) error {
	folder := filepath.Dir(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %q: make it, or choose another path", folder)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%q is not a folder: choose another path", folder)
	}
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		err = failure.Err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &UnavailableError{Full, err}
	case errors.Is(err, syscall.EROFS):
		return &UnavailableError{ReadOnly, err}
	}
	return fmt.Errorf("%w: let this user write to the folder %q, or choose another path", err, folder)
}
