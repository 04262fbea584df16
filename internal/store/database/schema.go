package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"notewatch/internal/store/nested"
)

//go:embed migrations
var migrations embed.FS

// TransferTable exists in a database as long as a copy of another one into it is incomplete. Nothing else uses such a database. The table
// holds the place of the other database.
const TransferTable = "transfer"

// An Access is what a process that opens a database may do to its schema.
type Access int

// The kinds of access.
const (
	Looking   Access = iota // nothing
	Creating                // create it in an empty database. Another process may be running on any other database
	Migrating               // the same, and migrate an older schema
	Filling                 // create it in an empty database, and copy another database into it
)

// prepare creates or migrates the schema, as far as access allows, or returns the reason why the database cannot be used.
func (s *DB) prepare(ctx context.Context, a Access) error {
	files, known, err := s.migrations()
	if err != nil {
		return err
	}
	due := false
	err = s.transact(ctx, s.write, &sql.TxOptions{ReadOnly: true}, func(tx Tx) (err error) {
		due, err = s.migrationDue(ctx, tx, a, known)
		return err
	})
	if err != nil || !due {
		return err
	}
	return s.migrate(ctx, a, files, known)
}

// migrations returns the migrations for this kind of database and the number of the newest.
func (s *DB) migrations() (files fs.FS, newest int64, err error) {
	files, err = fs.Sub(migrations, "migrations/"+s.kind())
	if err != nil {
		return nil, 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, 0, err
	}
	for _, name := range names {
		number, err := goose.NumericComponent(name)
		if err != nil {
			return nil, 0, err
		}
		newest = max(newest, number)
	}
	return files, newest, nil
}

// KnownSchema returns the number of the newest schema that this program knows.
func (s *DB) KnownSchema() (int64, error) {
	_, newest, err := s.migrations()
	return newest, err
}

// kind returns the name of the directory of the migrations.
func (s *DB) kind() string {
	if s.postgres {
		return "postgres"
	}
	return "sqlite"
}

// migrationDue reports whether the schema has to be created or migrated. It returns an error if access does not allow that, or if the
// schema is that of a newer version.
func (s *DB) migrationDue(ctx context.Context, tx Tx, a Access, known int64) (bool, error) {
	current, half, err := s.currentSchema(ctx, tx)
	switch {
	case err != nil:
		return false, err
	case half && (a != Filling || current != known):
		return false, ErrHalfCopied
	case current == known:
		return false, nil
	case current > known:
		return false, fmt.Errorf("%w (schema %d, this one knows %d): use that version, or restore a backup from before it",
			ErrNewer, current, known)
	case current == 0 && s.postgres && a == Looking:
		return false, fmt.Errorf("the schema %q has no database of notewatch: check the URL, or %w", s.schema, ErrMissing)
	}
	if err := s.notOfDemo(ctx, tx, current); err != nil {
		return false, err
	}
	if a == Looking || a != Migrating && current > 0 {
		return false, fmt.Errorf("%w (schema %d, this one knows %d): start notewatch run, or notewatch once, to bring it up to date",
			ErrOlder, current, known)
	}
	return true, nil
}

// migrate creates or migrates the schema in one transaction, so that no process sees it half done. If several processes start, one of them
// does it while the others wait.
func (s *DB) migrate(ctx context.Context, a Access, files fs.FS, known int64) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return s.transact(ctx, conn, nil, func(tx Tx) error {
		if s.postgres {
			if err := s.lockSchema(ctx, tx); err != nil {
				return err
			}
		}
		due, err := s.migrationDue(ctx, tx, a, known)
		if err != nil || !due {
			return err
		}
		return conn.Raw(func(opened any) error { return s.apply(ctx, opened, files) })
	})
}

// lockSchema waits for other processes that create or migrate the schema, and creates an empty schema of PostgreSQL if there is none. The
// lock ends with the transaction, which has no time limit.
func (s *DB) lockSchema(ctx context.Context, tx Tx) error {
	if err := unlimited(ctx, tx, "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "notewatch schema "+s.schema); err != nil {
		return err
	}
	var exists bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)`, s.schema).Scan(&exists)
	if err == nil && !exists {
		_, err = tx.ExecContext(ctx, `CREATE SCHEMA `+s.schema)
	}
	return err
}

// unlimited removes time limits of PostgreSQL from a transaction.
func unlimited(ctx context.Context, tx Tx, limits ...string) error {
	for _, name := range limits {
		if _, err := tx.ExecContext(ctx, `SET LOCAL `+name+` = 0`); err != nil {
			return err
		}
	}
	return nil
}

// apply runs the due migrations on a connection inside a transaction.
func (s *DB) apply(ctx context.Context, opened any, files fs.FS) error {
	conn, ok := opened.(driver.Conn)
	if !ok {
		return fmt.Errorf("the driver has another connection: %T", opened)
	}
	db, err := nested.Open(conn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	dialect := goose.DialectSQLite3
	if s.postgres {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = provider.Up(ctx)
	}
	return err
}

// demoSchema is the first schema of SQLite that supports demo databases.
const demoSchema = 4

// notOfDemo returns an error for a demo database with an older schema, because nothing runs on it that would migrate it.
func (s *DB) notOfDemo(ctx context.Context, tx Tx, current int64) error {
	if current == 0 || !s.postgres && current < demoSchema {
		return nil
	}
	var demo bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM demo)`).Scan(&demo)
	if err == nil && demo {
		err = fmt.Errorf("%w, by its demo: make a new one with notewatch demo --database", ErrOlder)
	}
	return err
}

// currentSchema returns the version that goose recorded, 0 if the database is empty. half says that a copy into it is incomplete.
func (s *DB) currentSchema(ctx context.Context, tx Tx) (version int64, half bool, err error) {
	made, half, err := s.SchemaTables(ctx, tx)
	if err != nil || !made {
		return 0, false, err
	}
	err = tx.QueryRowContext(ctx, `SELECT max(version_id) FROM `+goose.DefaultTablename).Scan(&version)
	return version, half, err
}

// CheckSchema returns ErrNewer if a newer notewatch has migrated the schema since the database was opened, and this one can no longer use
// it.
func (s *DB) CheckSchema(ctx context.Context) error {
	_, known, err := s.migrations()
	if err != nil {
		return err
	}
	return Doing(s.View(ctx, func(tx Tx) error { return Usable(ctx, tx, known) }), "using the database")
}

// Usable returns ErrNewer if a program that knows schemas up to known cannot use the present one.
func Usable(ctx context.Context, tx Tx, known int64) error {
	var oldest int64
	err := tx.QueryRowContext(ctx, `SELECT oldest FROM usable`).Scan(&oldest)
	if err == nil && oldest > known {
		err = fmt.Errorf("%w, which removed what this version uses (schema %d or later is needed, this one knows %d): "+
			"install the newer version and start it", ErrNewer, oldest, known)
	}
	return err
}

// SchemaTables reports whether the schema exists, and whether a copy into it is incomplete. It returns an error if the tables belong to
// another program.
func (s *DB) SchemaTables(ctx context.Context, tx Tx) (made, half bool, err error) {
	query, args := `
		SELECT count(*), count(CASE WHEN name = $1 THEN 1 END), count(CASE WHEN name = $2 THEN 1 END) FROM sqlite_master`,
		[]any{goose.DefaultTablename, TransferTable}
	if s.postgres {
		query, args = `
			SELECT count(*), count(CASE WHEN relname = $1 THEN 1 END), count(CASE WHEN relname = $2 THEN 1 END) FROM pg_class
			WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $3) AND relkind IN ('r', 'p', 'v', 'm')`, append(args, s.schema)
	}
	var all, noted, copying int
	switch err := tx.QueryRowContext(ctx, query, args...).Scan(&all, &noted, &copying); {
	case err != nil || all == 0:
		return false, false, err
	case noted == 0 && s.postgres:
		return false, false, fmt.Errorf("the schema %q belongs to another program: add search_path=notewatch to the URL, or another name", s.schema)
	case noted == 0:
		return false, false, errors.New("it belongs to another program: choose another path")
	}
	return true, copying > 0, nil
}
