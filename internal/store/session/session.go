// Package session connects to PostgreSQL in a way that leaves nothing behind in a session: every setting is one of a transaction,
// and no statement has a name. So a pooler that gives each transaction another session, as PgBouncer does, may stand in between. A connection
// that leads to another server than those before is refused.
//
// Callers of database/sql see no difference, but that statements run in transactions only.
package session

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// A Setting is a parameter of the server in every transaction.
type Setting struct{ Name, Value string }

// NewConnector connects to a server as config says. Every transaction begins with settings, which takes no round trip of its own.
func NewConnector(config pgx.ConnConfig, server *Server, settings ...Setting) driver.Connector {
	var text strings.Builder
	for _, s := range settings {
		fmt.Fprintf(&text, "; SET LOCAL %s = %s", s.Name, Quote(s.Value))
	}
	return connector{stdlib.GetConnector(config), server, text.String()}
}

// A Server is the server that all connections lead to, be they of one pool or of several. Its standbys are the same server.
type Server struct {
	mu sync.Mutex
	id string // "" before the first connection
}

// ErrOtherServer says that a connection was made to another server than those before.
var ErrOtherServer = errors.New("a connection was made to another server than those before")

// check returns ErrOtherServer if conn leads to another server than the first connection. Where a server does not let its users know, it
// returns nil.
func (s *Server) check(ctx context.Context, conn *pgx.Conn) error {
	var id string
	query := "SELECT CAST(system_identifier AS TEXT) FROM pg_control_system()"
	err := conn.QueryRow(ctx, query, pgx.QueryExecModeSimpleProtocol).Scan(&id)
	if code := new(pgconn.PgError); errors.As(err, &code) && code.Code == "42501" {
		return nil
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id == "" {
		s.id = id
	}
	if s.id != id {
		return ErrOtherServer
	}
	return nil
}

// Quote returns text as a literal of SQL.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

type connector struct {
	driver.Connector
	server   *Server
	settings string
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := opened.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the PostgreSQL driver has another connection: %T", opened), opened.Close())
	}
	if err := c.server.check(ctx, inner.Conn()); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &conn{inner, c.settings}, nil
}

// A conn is a connection whose transactions begin with settings.
type conn struct {
	*stdlib.Conn
	settings string
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if c.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn
	}
	begin := "BEGIN ISOLATION LEVEL READ COMMITTED"
	if sql.IsolationLevel(options.Isolation) == sql.LevelRepeatableRead {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ"
	}
	if options.ReadOnly {
		begin += " READ ONLY"
	}
	_, err := c.Conn.Conn().Exec(ctx, begin+c.settings, pgx.QueryExecModeSimpleProtocol)
	if err != nil && ctx.Err() == nil && c.Conn.Conn().IsClosed() {
		return nil, driver.ErrBadConn // it was lost while nobody used it, and nothing has been done: another one takes its place
	}
	return transaction{c}, err
}

type transaction struct{ conn *conn }

// Commit implements driver.Tx.
func (t transaction) Commit() error { return t.end("COMMIT") }

// Rollback implements driver.Tx.
func (t transaction) Rollback() error { return t.end("ROLLBACK") }

// errRolledBack says that the server answered a COMMIT with a rollback, since a statement before it had failed.
var errRolledBack = errors.New("the server has rolled the transaction back")

// endTime is how long the end of a transaction may take.
const endTime = time.Minute

func (t transaction) end(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	tag, err := t.conn.Conn.Conn().Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	if err == nil && tag.String() != statement {
		return errRolledBack
	}
	return err
}
