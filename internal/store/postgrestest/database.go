package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// created counts the databases of this process.
var created atomic.Int64

// New returns the URL of a new, empty database of this test. Its user owns it and has no other right.
func New(t testing.TB) (url string) {
	t.Helper()
	return create(t, "template0")
}

// Copy returns the URL of a new database of this test: a copy of one that fill has filled. fill is called once in a test binary, and
// has to leave no connection open.
func Copy(t testing.TB, fill func(url string) error) (url string) {
	t.Helper()
	template.Lock()
	defer template.Unlock()
	if template.name == "" {
		name, err := template.make(fill)
		if err != nil {
			skipOrFail(t, err)
		}
		template.name = name
	}
	return create(t, template.name)
}

// template is the database that is copied.
var template filled

type filled struct {
	sync.Mutex
	name string
}

func (f *filled) make(fill func(url string) error) (name string, err error) {
	s, err := start()
	if err != nil {
		return "", err
	}
	name = newName()
	err = s.exec(context.Background(), roleStatement, "CREATE DATABASE "+name+" OWNER "+owner+" TEMPLATE template0")
	if err == nil {
		err = fill(s.database(name))
	}
	return name, err
}

// create makes a database of a test and drops it at its end.
func create(t testing.TB, from string) string {
	t.Helper()
	s, err := start()
	if err != nil {
		skipOrFail(t, err)
	}
	name := newName()
	require.NoError(t, s.exec(t.Context(), roleStatement, "CREATE DATABASE "+name+" OWNER "+owner+" TEMPLATE "+from,
		"ALTER DATABASE "+name+" SET search_path = notewatch")) // for what a test looks at
	t.Cleanup(func() { require.NoError(t, s.exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")) })
	return s.database(name)
}

func newName() string { return fmt.Sprintf("notewatch_test_%d_%d", os.Getpid(), created.Add(1)) }

// Exec runs statements on the database of a URL as the user who may do everything.
func Exec(t testing.TB, place string, statements ...string) {
	t.Helper()
	s, err := start()
	require.NoError(t, err)
	admin, err := url.Parse(s.url)
	require.NoError(t, err)
	database, err := url.Parse(place)
	require.NoError(t, err)
	admin.Path = database.Path
	require.NoError(t, (&server{url: admin.String()}).exec(context.WithoutCancel(t.Context()), statements...)) // also at the end of a test
}

// Shut ends all connections to the database of a URL and lets no one connect until Reopen.
func Shut(t testing.TB, place string) {
	t.Helper()
	onServer(t, place, "ALTER DATABASE %[1]s ALLOW_CONNECTIONS false", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%[1]s'")
}

// Reopen ends what Shut began.
func Reopen(t testing.TB, place string) {
	t.Helper()
	onServer(t, place, "ALTER DATABASE %s ALLOW_CONNECTIONS true")
}

// onServer runs statements about the database of a URL, each of which is a format for its name, over a connection to another one.
func onServer(t testing.TB, place string, statements ...string) {
	t.Helper()
	s, err := start()
	require.NoError(t, err)
	u, err := url.Parse(place)
	require.NoError(t, err)
	for i := range statements {
		statements[i] = fmt.Sprintf(statements[i], strings.TrimPrefix(u.Path, "/"))
	}
	require.NoError(t, s.exec(t.Context(), statements...))
}

// skipOrFail skips a test that has no server, unless one is required.
func skipOrFail(t testing.TB, err error) {
	t.Helper()
	if (errors.Is(err, errMissing) || errors.Is(err, errNoPooler)) && os.Getenv(variable) != required {
		t.Skip(err)
	}
	t.Fatal(err)
}

// owner is the user of the databases of tests.
const owner = "notewatch_test"

// roleStatement makes the owner, unless it is there.
const roleStatement = `DO $$ BEGIN CREATE ROLE ` + owner + ` LOGIN PASSWORD 'secret-of-tests'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`

// database returns the URL of a database.
func (s *server) database(name string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url
	}
	u.Path, u.User = "/"+name, url.UserPassword(owner, "secret-of-tests")
	return u.String()
}

// exec runs statements as the user who may do everything.
func (s *server) exec(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
