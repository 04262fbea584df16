package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"notewatch/internal/pause"
	"notewatch/internal/store/prepared"
)

// readers is the maximum number of connections that read. Each has its own page cache.
const readers = 4

// Open opens a database: that of PostgreSQL at a URL that begins with postgres:// or postgresql://, else the SQLite file at a path. Unless
// access is Looking, it creates a missing file, readable only by its owner. A user who may not write to the directory of a file can look
// while another process has the database open, and if no process has left a log there. Errors name the database and the next step, and
// contain no password; they include ErrMissing, ErrOlder, ErrNewer, ErrCorrupt and UnavailableError.
func Open(ctx context.Context, place string, a Access) (s *DB, err error) {
	switch {
	case IsURL(place):
		s, err = openServer(ctx, place, a)
	case a == Looking:
		s, err = openToRead(ctx, place)
	default:
		s, err = openToWrite(ctx, place, a)
	}
	return s, Doing(err, "opening database %q", NameOf(place))
}

// Over returns a DB on open connections to an SQLite database in memory, for tests that need thousands of them, and simulations. It creates the schema.
// place is a path that exists.
func Over(ctx context.Context, connections *sql.DB, place string) (*DB, error) {
	info, err := os.Stat(place)
	if err != nil {
		return nil, err
	}
	s := &DB{write: connections, read: connections, name: place, info: info}
	return s, s.prepare(ctx, Creating)
}

// Temporary returns a new database with its schema, for simulations. It is in memory; what it holds beyond 16 MiB is in a file of os.TempDir that
// ends with it. It has one connection, so a transaction must not wait for another one.
func Temporary(ctx context.Context) (*DB, error) {
	connector, err := prepared.NewConnector("file:?_txlock=immediate&_pragma=journal_mode(MEMORY)&_pragma=cache_size(-16384)" + both)
	if err != nil {
		return nil, err
	}
	connections := sql.OpenDB(connector)
	connections.SetMaxOpenConns(1)
	connections.SetConnMaxIdleTime(0) // closing it would lose the data
	s, err := Over(ctx, connections, os.TempDir())
	if err != nil {
		return nil, errors.Join(err, connections.Close())
	}
	return s, nil
}

// Connections returns the connections that write, for tests that check what they cannot see otherwise.
func (s *DB) Connections() *sql.DB { return s.write }

// openToWrite opens an SQLite database and creates a missing file.
func openToWrite(ctx context.Context, path string, a Access) (*DB, error) {
	file, err := touch(path)
	if err != nil {
		return nil, err
	}
	write, err := connect(file, 1, writing)
	if err != nil {
		return nil, err
	}
	read, err := connect(file, readers, reading)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &DB{write: write, read: read, name: file}
	err = s.prepareUnlocked(ctx, a)
	if err == nil {
		_, err = write.ExecContext(ctx, `DELETE FROM work WHERE FALSE`) // SQLite opens a read-only file without an error
	}
	return s.opened(err)
}

// patience is how long SQLite waits for a lock, in busy_timeout of both.
const patience = 5 * time.Second

// prepareUnlocked is prepare, again for as long as SQLite waits for a lock elsewhere: SQLite reports at once that a new file is locked
// while another process makes its write-ahead log.
func (s *DB) prepareUnlocked(ctx context.Context, a Access) error {
	for deadline := time.Now().Add(patience); ; {
		err := s.prepare(ctx, a)
		failure, ok := errors.AsType[*UnavailableError](explained(err, s.name))
		if !ok || failure.Cause != Locked || time.Now().After(deadline) {
			return err
		}
		if err := pause.For(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// opened returns s, or closes it and returns err if there was an error.
func (s *DB) opened(err error) (*DB, error) {
	if err == nil {
		s.info, err = os.Stat(s.name)
	}
	if err != nil {
		return nil, errors.Join(explained(err, s.name), s.Close())
	}
	return s, nil
}

// openToRead opens an existing SQLite database read-only.
func openToRead(ctx context.Context, path string) (*DB, error) {
	file, err := locate(path)
	if err != nil {
		return nil, err
	}
	exists, err := inspect(file)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, fmt.Errorf("there is no such file: check the path, or %w", ErrMissing)
	}
	s, err := openFile(ctx, file, reading)
	failure, ok := errors.AsType[*UnavailableError](err)
	if ok && (failure.Cause == Barred || failure.Cause == ReadOnly) && !logged(file) {
		return openFile(ctx, file, reading+"&immutable=1") // SQLite would create a log, which it cannot
	}
	return s, err
}

// openFile opens an existing file read-only.
func openFile(ctx context.Context, file, purpose string) (*DB, error) {
	db, err := connect(file, readers, purpose)
	if err != nil {
		return nil, err
	}
	s := &DB{write: db, read: db, name: file}
	return s.opened(s.prepare(ctx, Looking))
}

// logged reports whether a part of a database is in its write-ahead log, as far as this user can see.
func logged(file string) bool {
	info, err := os.Stat(file + "-wal")
	return err == nil && info.Size() > 0
}

// touch returns the path of the database without symbolic links, and creates a missing file as an empty one. It never opens an existing
// file, because closing it would drop the locks that SQLite holds on it in this process.
func touch(path string) (string, error) {
	file, err := locate(path)
	if err != nil {
		return "", err
	}
	exists, err := inspect(file)
	if exists || err != nil {
		return file, err
	}
	empty, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) { // another process has just created it
		_, err = inspect(file)
		return file, err
	}
	if err != nil {
		return "", unusable(err, file)
	}
	return file, empty.Close()
}

// The purposes of connections.
const (
	writing = "mode=rw&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=journal_size_limit(16777216)&_pragma=cache_size(-32768)" // 32 MiB
	reading = "mode=ro&_pragma=query_only(1)&_pragma=cache_size(-4096)"
	both    = "&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_dqs=0&_error_rc=1"
)

// connect returns a pool of at most size connections to file, each opened when it is first used.
func connect(file string, size int, purpose string) (*sql.DB, error) {
	connector, err := prepared.NewConnector("file:" + (&url.URL{Path: file}).EscapedPath() + "?" + purpose + both)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}
