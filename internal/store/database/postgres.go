package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"notewatch/internal/pause"
	"notewatch/internal/store/session"
)

const (
	oldestServer  = 15 // version of PostgreSQL
	defaultSchema = "notewatch"
	defaultPool   = 4 // connections that write; as many again read
	maxPool       = 100

	connectTime   = 10 * time.Second // after this, another host of the URL is tried
	statementTime = time.Minute
	lockTime      = 20 * time.Second // longest wait of a statement for a row that another process changes
	idleTime      = 30 * time.Second // of a frozen process in a transaction, after which the server ends the transaction
	longestTime   = 5 * time.Minute  // longest transaction, whatever happens to the network
)

// A server is a database of PostgreSQL, given by a URL.
type server struct {
	config pgx.ConnConfig
	schema string
	pool   int
	name   string // the URL without secrets
}

// IsURL reports whether text is the URL of a database of PostgreSQL, not a path.
func IsURL(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// NameOf returns the path of a database, or its URL without secrets.
func NameOf(place string) string {
	scheme, _, isURL := strings.Cut(place, "://") // also a URL of another kind, which may contain a password too
	if !isURL {
		return place
	}
	u, err := url.Parse(place)
	if err != nil {
		return scheme + "://…"
	}
	public := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User.Username() != "" {
		public.User = url.User(u.User.Username())
	}
	return public.String()
}

// errNotURL shows how to write a URL. It contains no part of the given text: if a password contains an illegal character, any part may be
// the password.
var errNotURL = errors.New("this is not a URL: write postgres://user:password@host:5432/database, with %40 for @, %3A for :, " +
	"%2F for / and %25 for % in the password")

// parseURL parses the URL of a database. Its errors contain no password.
func parseURL(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil {
		return server{}, errNotURL
	}
	s := server{name: NameOf(text)}
	query := u.Query()
	if s.pool, err = poolOf(query); err != nil {
		return s, err
	}
	query.Del(poolParameter)
	u.RawQuery = query.Encode()
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return s, refusedURL(err, u)
	}
	s.config = *config
	s.schema = cmp.Or(config.RuntimeParams["search_path"], defaultSchema)
	delete(s.config.RuntimeParams, "search_path")
	if !plainSchema.MatchString(s.schema) {
		return s, fmt.Errorf("search_path is %q: name one schema, of small letters, digits and _", s.schema)
	}
	if !query.Has(modeParameter) {
		s.config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if mode := s.config.DefaultQueryExecMode; mode == pgx.QueryExecModeExec || mode == pgx.QueryExecModeSimpleProtocol {
		return s, fmt.Errorf("%s is %q, which sends no types of parameters: leave it out", modeParameter, query.Get(modeParameter))
	}
	if s.config.RuntimeParams["application_name"] == "" {
		s.config.RuntimeParams["application_name"] = "notewatch"
	}
	if !query.Has("connect_timeout") {
		s.config.ConnectTimeout = connectTime
	}
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}}
	s.config.DialFunc = dialer.DialContext
	return s, nil
}

// Parameters of a URL.
const (
	poolParameter = "pool_max_conns"
	modeParameter = "default_query_exec_mode"
)

// plainSchema matches names that need no quotes.
var plainSchema = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func poolOf(query url.Values) (int, error) {
	if !query.Has(poolParameter) {
		return defaultPool, nil
	}
	size, err := strconv.Atoi(query.Get(poolParameter))
	if err != nil || size < 1 || size > maxPool {
		return 0, fmt.Errorf("%s is %q: want a number from 1 to %d", poolParameter, query.Get(poolParameter), maxPool)
	}
	return size, nil
}

// refusedURL returns the driver's objection to a URL.
func refusedURL(err error, u *url.URL) error {
	modes := []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	if mode := u.Query().Get("sslmode"); mode != "" && !slices.Contains(modes, mode) {
		return fmt.Errorf("sslmode is %q: want %s", mode, strings.Join(modes, ", "))
	}
	password, _ := u.User.Password()
	cause := errors.Unwrap(err)
	if cause == nil || password != "" && strings.Contains(cause.Error(), password) {
		return errNotURL
	}
	return fmt.Errorf("reading the URL: %w: compare it with postgres://user:password@host:5432/database?sslmode=verify-full", cause)
}

// connect returns a pool of connections, each opened when it is first used.
func (s server) connect(one *session.Server, settings ...session.Setting) *sql.DB {
	all := append([]session.Setting{
		{Name: "search_path", Value: s.schema},
		{Name: "statement_timeout", Value: inMilliseconds(statementTime)},
		{Name: "lock_timeout", Value: inMilliseconds(lockTime)},
		{Name: "idle_in_transaction_session_timeout", Value: inMilliseconds(idleTime)},
	}, settings...)
	db := sql.OpenDB(session.NewConnector(s.config, one, all...))
	db.SetMaxOpenConns(s.pool)
	db.SetMaxIdleConns(s.pool)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

func inMilliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// openServer opens a database of PostgreSQL.
func openServer(ctx context.Context, text string, a Access) (*DB, error) {
	server, err := parseURL(text)
	if err != nil {
		return nil, err
	}
	var settings []session.Setting
	if a == Looking {
		settings = append(settings, session.Setting{Name: "transaction_read_only", Value: "on"})
	}
	var one session.Server
	s := &DB{postgres: true, name: server.name, schema: server.schema, write: server.connect(&one, settings...), read: server.connect(&one, settings...)}
	err = s.checkServer(ctx, a)
	if err == nil {
		err = s.prepare(ctx, a)
	}
	if err == nil {
		err = s.View(ctx, func(tx Tx) (err error) {
			s.types, err = readColumnTypes(ctx, tx)
			return err
		})
	}
	if err != nil {
		return nil, errors.Join(explainedByServer(err), s.Close())
	}
	return s, nil
}

// checkServer returns an error if the server cannot be used.
func (s *DB) checkServer(ctx context.Context, a Access) error {
	var version int
	var name string
	var standby bool
	err := s.View(ctx, func(tx Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT CAST(current_setting('server_version_num') AS INTEGER), current_setting('server_version'), pg_is_in_recovery()`).
			Scan(&version, &name, &standby)
	})
	if err == nil {
		err = supported(version, name)
	}
	if err == nil && standby && a != Looking {
		err = &UnavailableError{Cause: Standby}
	}
	return err
}

// supported returns an error if a version of PostgreSQL, given as a number such as 150018, is too old.
func supported(version int, name string) error {
	if version < oldestServer*10_000 {
		return fmt.Errorf("the server is PostgreSQL %s: use version %d or later", name, oldestServer)
	}
	return nil
}

// maxTries is the maximum number of attempts at a transaction that the server ends in favour of others.
const maxTries = 6

// serve runs f in a transaction of PostgreSQL. It starts over if the server ended the transaction in favour of another one, if a row
// appeared meanwhile that f had to lock first, or if the connection was lost before the commit. If the connection is lost during the
// commit, it is unknown whether the changes were stored, and the error is an UnavailableError.
func (s *DB) serve(ctx context.Context, db *sql.DB, options *sql.TxOptions, f func(Tx) error) error {
	limited, cancel := context.WithTimeout(ctx, longestTime)
	defer cancel()
	for try := 1; ; try++ {
		err := s.transact(limited, db, options, f)
		if try < maxTries && startsOver(err) && pause.For(limited, beforeRetry(try)) == nil {
			continue
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err() // it ended the transaction, which caused any other error
		case limited.Err() != nil:
			return &UnavailableError{Busy, err}
		}
		return explainedByServer(err)
	}
}
