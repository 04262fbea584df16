package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"sync"

	"github.com/pressly/goose/v3"

	"notewatch/rules"
)

// A Store is an open database. It is safe for use by several goroutines. Its errors are an [UnavailableError] if the cause lies
// outside notewatch.
type Store struct {
	write *sql.DB // of SQLite one connection
	read  *sql.DB
	name  string      // path, or URL without its password
	info  fs.FileInfo // of the file when it was opened; nil for PostgreSQL

	postgres bool
	schema   string      // of PostgreSQL
	types    columnTypes // of PostgreSQL

	pruned struct { // the day before which all figures have been dropped
		sync.Mutex
		before rules.Day
	}
	damage struct { // columns that could not be read and that nobody has asked for yet
		sync.Mutex
		columns map[Damage]bool
	}
}

// Close closes the database.
func (s *Store) Close() error {
	// The writer goes last: whoever closes last folds the write-ahead log into the file.
	return errors.Join(s.read.Close(), s.write.Close())
}

// Path returns the absolute path of the database, links followed, or its URL without what is secret in it.
func (s *Store) Path() string { return s.name }

// Shared reports whether several processes may run on the database.
func (s *Store) Shared() bool { return s.postgres }

// view runs f in a transaction that only reads, all from one state of the database.
func (s *Store) view(ctx context.Context, f func(transaction) error) error {
	if s.postgres {
		return s.serve(ctx, s.read, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, f)
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(s.transact(ctx, s.read, &sql.TxOptions{ReadOnly: true}, f), s.name)
}

// update runs f in a transaction that writes, all or nothing. On PostgreSQL f may run several times, so what it changes in variables
// has to be the same afterwards.
func (s *Store) update(ctx context.Context, f func(transaction) error) error {
	if s.postgres {
		return s.serve(ctx, s.write, nil, f)
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(s.transact(ctx, s.write, nil, f), s.name)
}

// inPlace returns an error if the file at the path of the database is no longer the one that is open: what is read there is old,
// and what is written there is lost with the process.
func (s *Store) inPlace() error {
	info, err := os.Stat(s.name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, s.info) {
		return &UnavailableError{Cause: Moved}
	}
	return nil // another error is one that SQLite reports better
}

// sureSpace is how many bytes must be free for CheckWrite to succeed: enough for most transactions.
const sureSpace = 1 << 20

// CheckWrite returns an error if nothing can be written, or no more than a little.
func (s *Store) CheckWrite(ctx context.Context) error {
	err := s.CheckDisk()
	if err == nil {
		err = s.update(ctx, func(tx transaction) error {
			statement := `PRAGMA user_version = 0` // which nothing reads, and which is written even if it is 0
			if tx.postgres {
				statement = `UPDATE ` + goose.DefaultTablename + ` SET is_applied = is_applied` // which is written even if it is the same
			}
			_, err := tx.ExecContext(ctx, statement)
			return err
		})
	}
	return doing(err, "writing to the database")
}

// CheckDisk returns an error if the disk of the database is full or read-only. It does not write. The disk of a server cannot be seen.
func (s *Store) CheckDisk() error {
	if s.postgres {
		return nil
	}
	if cause := diskCause(s.name, sureSpace, ""); cause != "" {
		return &UnavailableError{Cause: cause}
	}
	return nil
}

// relax is update for what the machine may forget when it loses its power, though not when the process dies: leases, which
// are over then anyhow, and what was read from Notehub, which is read again. It does not wait for the disk; the next update
// waits for both.
func (s *Store) relax(ctx context.Context, f func(transaction) error) error {
	if s.postgres {
		return s.serve(ctx, s.write, nil, func(tx transaction) error {
			if _, err := tx.ExecContext(ctx, `SET LOCAL synchronous_commit = off`); err != nil {
				return err
			}
			return f(tx)
		})
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(s.relaxed(ctx, f), s.name)
}

// relaxed is relax without the cause of an error.
func (s *Store) relaxed(ctx context.Context, f func(transaction) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	always := context.WithoutCancel(ctx) // what is relaxed must be strict again, whoever stops meanwhile
	if _, err := conn.ExecContext(always, `PRAGMA synchronous = NORMAL`); err != nil {
		return err
	}
	err = s.transact(ctx, conn, nil, f)
	if _, strict := conn.ExecContext(always, `PRAGMA synchronous = FULL`); strict != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // nobody must write with it again
		return errors.Join(err, strict)
	}
	return err
}

// shrink lets go of the pages that SQLite keeps for the next write, as far as it can: the next poll comes long after this one.
func (s *Store) shrink(ctx context.Context) {
	if !s.postgres {
		_, _ = s.write.ExecContext(ctx, `PRAGMA shrink_memory`)
	}
}
