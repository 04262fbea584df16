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

// A Setting is a parameter of the server for every transaction.
type Setting struct{ Name, Value string }

// NewConnector connects to a server. Every transaction begins with settings, which take no additional round trip.
func NewConnector(config pgx.ConnConfig, server *Server, settings ...Setting) driver.Connector {
	var text strings.Builder
	for _, s := range settings {
		fmt.Fprintf(&text, "; SET LOCAL %s = %s", s.Name, Quote(s.Value))
	}
	return connector{stdlib.GetConnector(config), server, text.String()}
}

// A Server identifies the server of all connections, of one pool or of several. A standby counts as the same server as its primary.
type Server struct {
	mu sync.Mutex
	id string // "" before the first connection
}

// ErrOtherServer says that a connection leads to another server than earlier ones.
var ErrOtherServer = errors.New("a connection was made to another server than those before")

// check returns ErrOtherServer if conn leads to another server than the first connection. It returns nil if the server does not show its
// identity.
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
		return nil, driver.ErrBadConn // lost while it was idle; nothing has been done, and another one replaces it
	}
	return transaction{c}, err
}

type transaction struct{ conn *conn }

// Commit implements driver.Tx.
func (t transaction) Commit() error { return t.end("COMMIT") }

// Rollback implements driver.Tx.
func (t transaction) Rollback() error { return t.end("ROLLBACK") }

// errRolledBack says that the server answered a COMMIT with a rollback, because an earlier statement had failed.
var errRolledBack = errors.New("the server has rolled the transaction back")

// endTime is the time limit of a commit or rollback.
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
