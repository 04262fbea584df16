package prepared

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"modernc.org/sqlite"
)

const (
	maxIdle = 200      // prepared statements that a connection keeps
	maxText = 16 << 10 // longest text in bytes of a statement to keep
)

// NewConnector is sqlite.NewConnector for connections that keep their prepared statements.
func NewConnector(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return connector{c}, nil
}

type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := opened.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver lacks methods: %T", opened), opened.Close())
	}
	return &conn{sqliteConn: inner, byText: map[string]*list.Element{}}, nil
}

// sqliteConn is the part of a connection of the driver that database/sql uses.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// A conn is a connection that keeps its prepared statements while they are not in use. Like any driver.Conn, with its statements and rows,
// it is used by one goroutine at a time.
type conn struct {
	sqliteConn
	idle   list.List // of *stmt, the last used first, with different texts
	byText map[string]*list.Element
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if !reusable(query) {
		return c.sqliteConn.PrepareContext(ctx, query)
	}
	return c.take(ctx, query)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !reusable(query) {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	if closed := s.Close(); err == nil {
		err = closed
	}
	return result, err
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !reusable(query) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if closed := s.Close(); err == nil {
		err = closed
	}
	return rows, err
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	var errs []error
	for c.idle.Len() > 0 {
		errs = append(errs, c.remove(c.idle.Front()).sqliteStmt.Close())
	}
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// reusable reports whether a statement may be prepared once and run many times. Others take effect when they are prepared, like some
// PRAGMAs, or change the schema and are not repeated.
func reusable(query string) bool {
	if len(query) > maxText {
		return false
	}
	text := strings.TrimLeft(query, " \t\n")
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} {
		if strings.HasPrefix(text, verb) {
			return true
		}
	}
	return false
}

// take returns a statement that is not in use, until it is closed.
func (c *conn) take(ctx context.Context, query string) (*stmt, error) {
	if e, ok := c.byText[query]; ok {
		s := c.remove(e)
		s.users = 1
		return s, nil
	}
	prepared, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	inner, ok := prepared.(sqliteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver lacks methods: %T", prepared), prepared.Close())
	}
	return &stmt{sqliteStmt: inner, conn: c, text: query, users: 1}, nil
}

// keep makes a statement idle. It may close another one in exchange.
func (c *conn) keep(s *stmt) error {
	if _, ok := c.byText[s.text]; ok { // two with the same text were in use
		return s.sqliteStmt.Close()
	}
	c.byText[s.text] = c.idle.PushFront(s)
	if c.idle.Len() > maxIdle {
		return c.remove(c.idle.Back()).sqliteStmt.Close()
	}
	return nil
}

// remove removes a statement from the idle ones.
func (c *conn) remove(e *list.Element) *stmt {
	s := c.idle.Remove(e).(*stmt)
	delete(c.byText, s.text)
	return s
}

// sqliteStmt is the part of a statement of the driver that database/sql uses.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A stmt is a prepared statement of a conn.
type stmt struct {
	sqliteStmt
	conn   *conn
	text   string
	users  int  // its open rows, and the caller that has prepared it
	failed bool // it may not be run again, because the driver does not always reset it
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := s.sqliteStmt.ExecContext(ctx, args)
	s.failed = s.failed || err != nil
	return result, err
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	opened, err := s.sqliteStmt.QueryContext(ctx, args)
	if err != nil {
		s.failed = true
		return nil, err
	}
	s.users++
	return &rows{opened, s}, nil
}

// Close implements driver.Stmt. Open rows can still be read.
func (s *stmt) Close() error {
	s.users--
	switch {
	case s.users > 0:
		return nil
	case s.failed:
		return s.sqliteStmt.Close()
	}
	return s.conn.keep(s)
}

// rows are the rows of a stmt.
type rows struct {
	driver.Rows
	stmt *stmt
}

// Next implements driver.Rows.
func (r *rows) Next(row []driver.Value) error {
	err := r.Rows.Next(row)
	r.stmt.failed = r.stmt.failed || err != nil && !errors.Is(err, io.EOF)
	return err
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	err := r.Rows.Close()
	r.stmt.failed = r.stmt.failed || err != nil
	if closed := r.stmt.Close(); err == nil {
		err = closed
	}
	return err
}
