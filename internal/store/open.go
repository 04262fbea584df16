package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"

	"notewatch/internal/store/prepared"
)

//go:embed migrations
var migrations embed.FS

// readers bounds the connections that read, each with a page cache of its own.
const readers = 4

// Open opens the SQLite database at path to write to it beside the process that runs on it, or makes one, readable by its owner
// only. Its errors name the path and the next step; ErrOlder, ErrNewer, ErrCorrupt and an UnavailableError are among them.
func Open(ctx context.Context, path string) (*Store, error) {
	s, err := openToWrite(ctx, path, create)
	return s, doing(err, "opening database %q", path)
}

// OpenToMigrate is Open for the holder of Lock. It brings the schema of an older version up to date; what that version stored as rows
// is left to ConvertProject and ConvertNext.
func OpenToMigrate(ctx context.Context, path string) (*Store, error) {
	s, err := openToWrite(ctx, path, migrate)
	return s, doing(err, "opening database %q", path)
}

// openToWrite opens a database or makes a file for one. prepare then brings its schema up to date, or says why not.
func openToWrite(ctx context.Context, path string, prepare func(context.Context, *sql.DB) error) (*Store, error) {
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
	s := &Store{write: write, read: read, file: file}
	err = prepare(ctx, write)
	if err == nil {
		_, err = write.ExecContext(ctx, `DELETE FROM work WHERE FALSE`) // SQLite opens a file that it may only read without an error
	}
	return s.opened(err)
}

// opened returns an open database, unless there was an error.
func (s *Store) opened(err error) (*Store, error) {
	if err == nil {
		s.info, err = os.Stat(s.file)
	}
	if err != nil {
		return nil, errors.Join(explained(err, s.file), s.Close())
	}
	return s, nil
}

// OpenReadOnly opens an existing database for looking only, beside a running process. Whatever writes fails. A user who may
// not write to the folder can read while another process has the database open, and when none has left a log there.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	s, err := openToRead(ctx, path)
	return s, doing(err, "opening database %q", path)
}

func openToRead(ctx context.Context, path string) (*Store, error) {
	file, err := locate(path)
	if err != nil {
		return nil, err
	}
	exists, err := inspect(file)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, errors.New("there is no such file: check the path, or start notewatch once to make it")
	}
	s, err := openAs(ctx, file, reading)
	failure, ok := errors.AsType[*UnavailableError](err)
	if ok && (failure.Cause == Barred || failure.Cause == ReadOnly) && !logged(file) {
		return openAs(ctx, file, reading+"&immutable=1") // SQLite would make a log, which it cannot
	}
	return s, err
}

// openAs opens an existing database for looking only.
func openAs(ctx context.Context, file, purpose string) (*Store, error) {
	db, err := connect(file, readers, purpose)
	if err != nil {
		return nil, err
	}
	s := &Store{write: db, read: db, file: file}
	return s.opened(migrated(ctx, db))
}

// logged reports whether part of a database is in its write-ahead log, as far as this user can see.
func logged(file string) bool {
	info, err := os.Stat(file + "-wal")
	return err == nil && info.Size() > 0
}

// touch returns the path of the database without links and makes an empty file there if there is none. It never opens a
// file that exists: closing it again would drop the locks that SQLite holds on it in this process.
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
	if err != nil {
		return "", unusable(err, file)
	}
	return file, empty.Close()
}

// What a connection is for.
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

// migrate brings the schema up to date.
func migrate(ctx context.Context, db *sql.DB) error {
	provider, current, known, err := schema(ctx, db)
	if err != nil || current == known {
		return err
	}
	if err := notOfDemo(ctx, db, current); err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// create makes the schema in an empty database. In any other it has to be up to date: another process may run on it.
func create(ctx context.Context, db *sql.DB) error {
	provider, current, known, err := schema(ctx, db)
	if err == nil && current == 0 {
		_, err = provider.Up(ctx)
		return err
	}
	if err == nil && current < known {
		err = older(ctx, db, current, known)
	}
	return err
}

// migrated checks that the schema is the one that this program knows, without writing.
func migrated(ctx context.Context, db *sql.DB) error {
	_, current, known, err := schema(ctx, db)
	if err == nil && current < known {
		err = older(ctx, db, current, known)
	}
	return err
}

// older is the error about a database of an older schema, which tells how it is brought up to date.
func older(ctx context.Context, db *sql.DB, current, known int64) error {
	if err := notOfDemo(ctx, db, current); err != nil {
		return err
	}
	return fmt.Errorf("%w (schema %d, this one knows %d): start notewatch run, or notewatch once, to bring it up to date",
		ErrOlder, current, known)
}

// demoSchema is the first schema that knows of demos.
const demoSchema = 4

// notOfDemo is an error about the database of a demo that has an older schema: nothing runs on it that would bring it up to date.
func notOfDemo(ctx context.Context, db *sql.DB, current int64) error {
	if current < demoSchema {
		return nil
	}
	var demo bool
	err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM demo)`).Scan(&demo)
	if err == nil && demo {
		err = fmt.Errorf("%w, by its demo: make a new one with notewatch demo --database", ErrOlder)
	}
	return err
}

// schema returns the version of the schema, 0 if there is none, and the one that this program knows, which is not older.
func schema(ctx context.Context, db *sql.DB) (provider *goose.Provider, current, known int64, err error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, 0, 0, err
	}
	provider, err = goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, 0, 0, err
	}
	for _, source := range provider.ListSources() {
		known = max(known, source.Version)
	}
	current, err = version(ctx, db)
	if err == nil && current > known {
		err = fmt.Errorf("%w (schema %d, this one knows %d): use that version, or restore a backup from before it",
			ErrNewer, current, known)
	}
	return provider, current, known, err
}

// version returns the version that goose has noted, 0 if the database is empty.
func version(ctx context.Context, db *sql.DB) (version int64, err error) {
	var all, noted int
	row := db.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN name = $1 THEN 1 END) FROM sqlite_master`,
		goose.DefaultTablename)
	switch err := row.Scan(&all, &noted); {
	case err != nil || all == 0:
		return 0, err
	case noted == 0:
		return 0, errors.New("it belongs to another program: choose another path")
	}
	err = db.QueryRowContext(ctx, `SELECT max(version_id) FROM `+goose.DefaultTablename).Scan(&version)
	return version, err
}
