package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"sync"

	"notewatch/rules"
)

// A Store is an open database. It is safe for use by several goroutines. Its errors are an [UnavailableError] if the cause lies
// outside notewatch.
type Store struct {
	write *sql.DB // one connection
	read  *sql.DB
	file  string      // path
	info  fs.FileInfo // of the file when it was opened

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

// Path returns the absolute path of the database, links followed.
func (s *Store) Path() string { return s.file }

// view runs f in a transaction that only reads.
func (s *Store) view(ctx context.Context, f func(transaction) error) error {
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(transact(ctx, s.read, &sql.TxOptions{ReadOnly: true}, f), s.file)
}

// update runs f in a transaction that writes, all or nothing.
func (s *Store) update(ctx context.Context, f func(transaction) error) error {
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(transact(ctx, s.write, nil, f), s.file)
}

// inPlace returns an error if the file at the path of the database is no longer the one that is open: what is read there is old,
// and what is written there is lost with the process.
func (s *Store) inPlace() error {
	info, err := os.Stat(s.file)
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
			_, err := tx.ExecContext(ctx, `PRAGMA user_version = 0`) // which nothing reads, and which is written even if it is 0
			return err
		})
	}
	return doing(err, "writing to the database")
}

// CheckDisk returns an error if the disk of the database is full or read-only. It does not write.
func (s *Store) CheckDisk() error {
	if cause := diskCause(s.file, sureSpace, ""); cause != "" {
		return &UnavailableError{Cause: cause}
	}
	return nil
}

// relax is update for what the machine may forget when it loses its power, though not when the process dies: leases, which
// are over then anyhow, and what was read from Notehub, which is read again. It does not wait for the disk; the next update
// waits for both.
func (s *Store) relax(ctx context.Context, f func(transaction) error) error {
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(s.relaxed(ctx, f), s.file)
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
	err = transact(ctx, conn, nil, f)
	if _, strict := conn.ExecContext(always, `PRAGMA synchronous = FULL`); strict != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // nobody must write with it again
		return errors.Join(err, strict)
	}
	return err
}
