package store

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
)

// A Store keeps what notewatch knows in a database. It is safe for use by several goroutines. Its errors are a
// [database.UnavailableError] if the cause lies outside notewatch.
type Store struct {
	Work   *work.Store
	Usage  *usage.Store
	Outbox *outbox.Store

	db *database.DB
}

// Open opens a database to write to it beside the processes that run on it, and makes one if there is none, as [database.Open].
func Open(ctx context.Context, place string) (*Store, error) {
	return open(ctx, place, database.Creating)
}

// OpenToMigrate is Open for the holder of [database.Lock]. It brings the schema of an older version up to date; what that version stored as
// rows is left to ConvertProject and ConvertNext.
func OpenToMigrate(ctx context.Context, place string) (*Store, error) {
	return open(ctx, place, database.Migrating)
}

// OpenReadOnly opens an existing database for looking only, beside a running process. Whatever writes fails.
func OpenReadOnly(ctx context.Context, place string) (*Store, error) {
	return open(ctx, place, database.Looking)
}

func open(ctx context.Context, place string, a database.Access) (*Store, error) {
	db, err := database.Open(ctx, place, a)
	if err != nil {
		return nil, err
	}
	return newStore(db), nil
}

func newStore(db *database.DB) *Store {
	return &Store{Work: work.New(db), Usage: usage.New(db), Outbox: outbox.New(db), db: db}
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Path returns the absolute path of the database, links followed, or its URL without what is secret in it.
func (s *Store) Path() string { return s.db.Path() }

// Shared reports whether several processes may run on the database.
func (s *Store) Shared() bool { return s.db.Postgres() }

// CheckWrite returns an error if nothing can be written, or no more than a little.
func (s *Store) CheckWrite(ctx context.Context) error { return s.db.CheckWrite(ctx) }

// CheckDisk returns an error if the disk of the database is full or read-only. It does not write. The disk of a server cannot be seen.
func (s *Store) CheckDisk() error { return s.db.CheckDisk() }

// CheckSchema returns database.ErrNewer if the schema, which a newer notewatch has brought up to date since the database was opened, can no
// longer be used by this one.
func (s *Store) CheckSchema(ctx context.Context) error { return s.db.CheckSchema(ctx) }
