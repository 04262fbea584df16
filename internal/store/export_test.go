package store

import (
	"context"
	"database/sql"

	"notewatch/internal/store/database"
)

// DB returns the connection that writes, to look at what a test cannot see otherwise.
func (s *Store) DB() *sql.DB { return s.db.Connections() }

// Relax runs f in a transaction that does not wait for the disk.
func (s *Store) Relax(ctx context.Context, f func(database.Tx) error) error {
	return s.db.Relax(ctx, f)
}

// A Transaction is what Relax runs a function in.
type Transaction = database.Tx

// Update runs f in a transaction.
func (s *Store) Update(ctx context.Context, f func(database.Tx) error) error {
	return s.db.Update(ctx, f)
}

// DecideIn stores a decision in a transaction.
func DecideIn(ctx context.Context, tx Transaction, d Decision) error { return decide(ctx, tx, d) }

// Long is the flag of the long form.
var Long = long
