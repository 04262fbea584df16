package nested

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// Open returns a database on a connection that is inside a transaction. The database has no other connection; closing it leaves the
// connection open. conn must be of one of this program's drivers, which run statements without preparing them.
func Open(conn driver.Conn) (*sql.DB, error) {
	inner, ok := conn.(runner)
	if !ok {
		return nil, errors.New("the driver lacks methods")
	}
	db := sql.OpenDB(connector{inner})
	db.SetMaxOpenConns(1)
	return db, nil
}

// A runner is the part of a connection that is used.
type runner interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
}

type connector struct{ conn runner }

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) { return conn{c.conn}, nil }

// Driver implements driver.Connector. It is not used.
func (connector) Driver() driver.Driver { return nil }

// A conn runs statements on the connection inside the transaction.
type conn struct{ runner runner }

// Prepare implements driver.Conn.
func (c conn) Prepare(query string) (driver.Stmt, error) { return c.runner.Prepare(query) }

// ExecContext implements driver.ExecerContext.
func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.runner.ExecContext(ctx, query, args)
}

// QueryContext implements driver.QueryerContext.
func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.runner.QueryContext(ctx, query, args)
}

// Close implements driver.Conn. The connection stays open.
func (c conn) Close() error { return nil }

// Begin implements driver.Conn.
func (c conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

// BeginTx implements driver.ConnBeginTx.
func (c conn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	_, err := c.ExecContext(ctx, "SAVEPOINT nested", nil)
	return savepoint{c}, err
}

// A savepoint replaces a transaction.
type savepoint struct{ conn conn }

// Commit implements driver.Tx.
func (s savepoint) Commit() error { return s.run("RELEASE SAVEPOINT nested") }

// Rollback implements driver.Tx.
func (s savepoint) Rollback() error {
	return errors.Join(s.run("ROLLBACK TO SAVEPOINT nested"), s.run("RELEASE SAVEPOINT nested"))
}

func (s savepoint) run(statement string) error {
	_, err := s.conn.ExecContext(context.Background(), statement, nil)
	return err
}
