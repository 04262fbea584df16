package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A Tx runs statements, all or nothing. Queries have one text for both kinds of database, except for Fold, for locks (locks.go) and for
// writing many rows (upsert.go).
type Tx struct {
	SQL      *sql.Tx
	Postgres bool
	types    columnTypes // of PostgreSQL
}

// Fold returns SQL for a text that compares and sorts without regard to the case of ASCII letters.
func (t Tx) Fold(text string) string {
	if t.Postgres {
		return "lower(" + text + ")"
	}
	return text + " COLLATE NOCASE"
}

// Among returns SQL that is true for the elements of a list, which is the parameter $param: texts or numbers. PostgreSQL plans a query with
// an array well for any size of the table. With any other form it would compare each row with each element if it expects few rows.
func (t Tx) Among(param int) string {
	if t.Postgres {
		return fmt.Sprintf("= ANY ($%d)", param)
	}
	return fmt.Sprintf("IN (SELECT value FROM json_each($%d))", param)
}

// ExecContext runs a statement that returns no rows.
func (t Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.SQL.ExecContext(ctx, query, t.accepted(args)...)
}

// QueryContext runs a statement that returns rows. No other statement may run before they are closed.
func (t Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.SQL.QueryContext(ctx, query, t.accepted(args)...)
}

// QueryRowContext runs a statement that returns at most one row.
func (t Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.SQL.QueryRowContext(ctx, query, t.accepted(args)...)
}

// accepted returns arguments with texts that the database accepts, because text from people and from Notehub may contain any bytes.
func (t Tx) accepted(args []any) []any {
	if !t.Postgres {
		return args
	}
	for i, arg := range args {
		args[i] = acceptable(arg)
	}
	return args
}

// acceptable returns an argument in a form that PostgreSQL accepts.
func acceptable(arg any) any {
	switch arg := arg.(type) {
	case string:
		return Storable(arg)
	case *string:
		return Storable(*arg)
	case Texts:
		all := make([]string, len(arg))
		for i := range arg {
			all[i] = Storable(arg[i])
		}
		return all
	case Numbers:
		return []int64(arg)
	}
	return arg
}

// A beginner is a database or a connection to one.
type beginner interface {
	BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
}

// transact runs f in a transaction. If the commit fails, the error is an endError: it is unknown whether the changes were stored.
func (s *DB) transact(ctx context.Context, db beginner, options *sql.TxOptions, f func(Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err = f(Tx{tx, s.postgres, s.types}); err == nil {
		if err = tx.Commit(); err != nil {
			err = &endError{err}
		}
	}
	if err != nil && ctx.Err() != nil && errors.Is(tx.Rollback(), sql.ErrTxDone) {
		return ctx.Err() // it ended the transaction, which caused any other error
	}
	return err
}

// An endError is an error of the commit or rollback of a transaction.
type endError struct{ err error }

// Error returns the error.
func (e *endError) Error() string { return e.err.Error() }

// Unwrap returns the error.
func (e *endError) Unwrap() error { return e.err }
