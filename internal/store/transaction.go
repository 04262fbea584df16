package store

import (
	"context"
	"database/sql"
	"errors"
)

// A transaction runs statements, all or nothing.
type transaction struct{ tx *sql.Tx }

// ExecContext runs a statement that returns no rows.
func (t transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, query, args...)
}

// QueryContext runs a statement that returns rows. No other statement may run before they are closed.
func (t transaction) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, query, args...)
}

// QueryRowContext runs a statement that returns at most one row.
func (t transaction) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, query, args...)
}

// PrepareContext prepares a statement that is run many times. It ends with the transaction.
func (t transaction) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return t.tx.PrepareContext(ctx, query)
}

// A beginner is a database or a connection to one.
type beginner interface {
	BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
}

func transact(ctx context.Context, db beginner, options *sql.TxOptions, f func(transaction) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err = f(transaction{tx}); err == nil {
		err = tx.Commit()
	}
	if err != nil && ctx.Err() != nil && errors.Is(tx.Rollback(), sql.ErrTxDone) {
		return ctx.Err() // which has ended the transaction: what else went wrong follows from that
	}
	return err
}
