package store

import (
	"context"
	"database/sql"
)

// DB returns the connection that writes, to look at what a test cannot see otherwise.
func (s *Store) DB() *sql.DB { return s.write }

// Relax runs f in a transaction that does not wait for the disk.
func (s *Store) Relax(ctx context.Context, f func(transaction) error) error { return s.relax(ctx, f) }

// A Transaction is what Relax runs a function in.
type Transaction = transaction

// Update runs f in a transaction.
func (s *Store) Update(ctx context.Context, f func(transaction) error) error { return s.update(ctx, f) }

// DecideIn stores a decision in a transaction.
func DecideIn(ctx context.Context, tx Transaction, d Decision) error { return decide(ctx, tx, d) }
