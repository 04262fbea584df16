package store

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
)

// A Store keeps the data of notewatch in a database. It is safe for concurrent use. Its errors are a [database.UnavailableError] if the
// cause lies outside notewatch.
type Store struct {
	Work   *work.Store
	Usage  *usage.Store
	Outbox *outbox.Store

	db *database.DB
}

// Open opens a database for writing while other processes may be running on it, and creates a missing one, like [database.Open].
func Open(ctx context.Context, place string) (*Store, error) {
	return open(ctx, place, database.Creating)
}

// OpenToMigrate is Open for the holder of [database.Lock]. It migrates the schema of an older version; the rows of that version are left to
// ConvertProject and ConvertNext.
func OpenToMigrate(ctx context.Context, place string) (*Store, error) {
	return open(ctx, place, database.Migrating)
}

// OpenReadOnly opens an existing database for reading, while a process may be running on it. Everything that writes fails.
func OpenReadOnly(ctx context.Context, place string) (*Store, error) {
	return open(ctx, place, database.Looking)
}

// Temporary returns a new database for simulations, which ends when it is closed. It needs little memory.
func Temporary(ctx context.Context) (*Store, error) {
	db, err := database.Temporary(ctx)
	if err != nil {
		return nil, err
	}
	return newStore(db), nil
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

// Path returns the absolute path of the database without symbolic links, or its URL without secrets.
func (s *Store) Path() string { return s.db.Path() }

// Shared reports whether several processes may run on the database.
func (s *Store) Shared() bool { return s.db.Postgres() }

// CheckWrite returns an error if nothing, or only little, can be written.
func (s *Store) CheckWrite(ctx context.Context) error { return s.db.CheckWrite(ctx) }

// CheckDisk returns an error if the disk of the database is full or read-only. It does not write. It cannot check the disk of a server.
func (s *Store) CheckDisk() error { return s.db.CheckDisk() }

// CheckSchema returns database.ErrNewer if a newer notewatch has migrated the schema since the database was opened, and this one can no
// longer use it.
func (s *Store) CheckSchema(ctx context.Context) error { return s.db.CheckSchema(ctx) }
