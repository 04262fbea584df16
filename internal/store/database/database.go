package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
)

// A DB is an open database. It is safe for concurrent use. An error whose cause lies outside notewatch is an [UnavailableError].
type DB struct {
	write *sql.DB // one connection for SQLite
	read  *sql.DB
	name  string      // path, or URL without its password
	info  fs.FileInfo // of the file when it was opened; nil for PostgreSQL

	postgres bool
	schema   string      // of PostgreSQL; "" for SQLite
	types    columnTypes // of PostgreSQL
}

// Close closes the database.
func (s *DB) Close() error {
	// The writer is closed last, because the last connection writes the write-ahead log back into the file.
	return errors.Join(s.read.Close(), s.write.Close())
}

// Path returns the absolute path of the database without symbolic links, or its URL without secrets.
func (s *DB) Path() string { return s.name }

// Postgres reports whether it is a database of PostgreSQL.
func (s *DB) Postgres() bool { return s.postgres }

// Schema returns the name of the schema in PostgreSQL.
func (s *DB) Schema() string { return s.schema }

// View runs f in a read-only transaction, in which all reads see one state of the database.
func (s *DB) View(ctx context.Context, f func(Tx) error) error {
	if s.postgres {
		return s.serve(ctx, s.read, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, f)
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(s.transact(ctx, s.read, &sql.TxOptions{ReadOnly: true}, f), s.name)
}

// Update runs f in a transaction that writes, all or nothing. On PostgreSQL f may run several times, so it must set outside variables to
// the same values each time.
func (s *DB) Update(ctx context.Context, f func(Tx) error) error {
	if s.postgres {
		return s.serve(ctx, s.write, nil, f)
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	return explained(s.transact(ctx, s.write, nil, f), s.name)
}

// inPlace returns an error if the file at the path of the database is no longer the open one: its data is old, and what is written to it is
// lost with the process.
func (s *DB) inPlace() error {
	info, err := os.Stat(s.name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, s.info) {
		return &UnavailableError{Cause: Moved}
	}
	return nil // SQLite reports other errors better
}

// sureSpace is the number of bytes that must be free for CheckWrite to succeed: enough for most transactions.
const sureSpace = 1 << 20

// CheckWrite returns an error if nothing, or only little, can be written.
func (s *DB) CheckWrite(ctx context.Context) error {
	err := s.CheckDisk()
	if err == nil {
		err = s.Update(ctx, func(tx Tx) error {
			statement := `PRAGMA user_version = 0` // nothing reads it, and it is written even if it is 0
			if tx.Postgres {
				statement = `UPDATE ` + goose.DefaultTablename + ` SET is_applied = is_applied` // it is written even if it does not change
			}
			_, err := tx.ExecContext(ctx, statement)
			return err
		})
	}
	return Doing(err, "writing to the database")
}

// CheckDisk returns an error if the disk of the database is full or read-only. It does not write. It cannot check the disk of a server.
func (s *DB) CheckDisk() error {
	if s.postgres {
		return nil
	}
	if cause := diskCause(s.name, sureSpace, ""); cause != "" {
		return &UnavailableError{Cause: cause}
	}
	return nil
}

// Relax is Update without waiting for the disk. Its changes survive a crash of the process, but not a power failure. Use it only for
// leases, which end with a reboot anyway, and for data from Notehub, which can be read again. The next Update waits for both.
func (s *DB) Relax(ctx context.Context, f func(Tx) error) error {
	if s.postgres {
		return s.serve(ctx, s.write, nil, func(tx Tx) error {
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

// relaxed is Relax without the cause of an error.
func (s *DB) relaxed(ctx context.Context, f func(Tx) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	always := context.WithoutCancel(ctx) // the connection must be strict again, even if ctx ends meanwhile
	if _, err := conn.ExecContext(always, `PRAGMA synchronous = NORMAL`); err != nil {
		return err
	}
	err = s.transact(ctx, conn, nil, f)
	if _, strict := conn.ExecContext(always, `PRAGMA synchronous = FULL`); strict != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the connection must not be used for writing again
		return errors.Join(err, strict)
	}
	return err
}

// Shrink frees the pages that SQLite keeps for the next write, as far as possible, because the next poll comes much later.
func (s *DB) Shrink(ctx context.Context) {
	if !s.postgres {
		_, _ = s.write.ExecContext(ctx, `PRAGMA shrink_memory`)
	}
}

// Unhurried runs f once, in a transaction without a time limit.
func (s *DB) Unhurried(ctx context.Context, f func(Tx) error) error {
	err := s.transact(ctx, s.write, nil, func(tx Tx) error {
		if s.postgres {
			if err := unlimited(ctx, tx, "statement_timeout", "idle_in_transaction_session_timeout"); err != nil {
				return err
			}
		}
		return f(tx)
	})
	if s.postgres {
		return explainedByServer(err)
	}
	return explained(err, s.name)
}
