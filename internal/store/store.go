// Package store keeps everything that must survive a restart: usage history, alerts, what each receiver was shown, and
// the work that is due.
//
// Times are kept to the millisecond and come back in UTC; the zero time and NaN are kept as NULL. Every method is one
// transaction unless it says otherwise, and reads all it returns before it returns.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// A Store is an open database. It is safe for use by several goroutines.
type Store struct {
	write *sql.DB // one connection
	read  *sql.DB
}

// Close closes the database.
func (s *Store) Close() error {
	// The writer goes last: whoever closes last folds the write-ahead log into the file.
	return errors.Join(s.read.Close(), s.write.Close())
}

// view runs f in a transaction that only reads.
func (s *Store) view(ctx context.Context, f func(*sql.Tx) error) error {
	return transact(ctx, s.read, &sql.TxOptions{ReadOnly: true}, f)
}

// update runs f in a transaction that writes, all or nothing.
func (s *Store) update(ctx context.Context, f func(*sql.Tx) error) error {
	return transact(ctx, s.write, nil, f)
}

// relax is update for what the machine may forget when it loses its power, though not when the process dies: leases, which
// are over then anyhow. It does not wait for the disk.
func (s *Store) relax(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	always := context.WithoutCancel(ctx) // what is relaxed must be strict again, whoever stops meanwhile
	if _, err := conn.ExecContext(always, `PRAGMA synchronous = NORMAL`); err != nil {
		return err
	}
	err = transact(ctx, conn, nil, f)
	if _, strict := conn.ExecContext(always, `PRAGMA synchronous = FULL`); strict != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // nobody must write with it again
		return errors.Join(err, strict)
	}
	return err
}

// A beginner is a database or a connection to one.
type beginner interface {
	BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
}

func transact(ctx context.Context, db beginner, options *sql.TxOptions, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err = f(tx); err == nil {
		err = tx.Commit()
	}
	if err != nil && ctx.Err() != nil && errors.Is(tx.Rollback(), sql.ErrTxDone) {
		return ctx.Err() // which has ended the transaction: what else went wrong follows from that
	}
	return err
}
