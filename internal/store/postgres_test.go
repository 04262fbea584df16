package store_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
)

// with returns a URL with something changed.
func with(t *testing.T, place string, change func(u *url.URL, query url.Values)) string {
	t.Helper()
	u, err := url.Parse(place)
	require.NoError(t, err)
	query := u.Query()
	change(u, query)
	u.RawQuery = query.Encode()
	return u.String()
}

// hangingUp returns the address of a server that ends each connection at once, as one that shuts down does, or a proxy without a server.
func hangingUp(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	}()
	return listener.Addr().String()
}

// What a server refuses is one clear error with the next step, without the password.
func TestServersThatCannotWork(t *testing.T) {
	t.Parallel()
	place := postgrestest.New(t)
	opening := strings.TrimPrefix(with(t, place, func(u *url.URL, _ url.Values) { u.Host, u.User = "", nil }), "postgres:///")
	user := func(name string) string {
		return with(t, place, func(u *url.URL, _ url.Values) { u.User = url.UserPassword(name, "pa55word") })
	}
	postgrestest.Exec(t, place, "DROP ROLE IF EXISTS notewatch_guest", "CREATE ROLE notewatch_guest LOGIN PASSWORD 'pa55word'",
		"CREATE SCHEMA foreign_schema", "CREATE TABLE foreign_schema.theirs (x INTEGER)", "GRANT ALL ON SCHEMA foreign_schema TO PUBLIC")
	for name, c := range map[string]struct {
		place string
		cause database.OutageCause
		want  string
	}{
		"host":     {with(t, place, func(u *url.URL, _ url.Values) { u.Host = "no-such-host.invalid" }), database.NoServer, "check that it runs, and host and port in the URL"},
		"port":     {with(t, place, func(u *url.URL, _ url.Values) { u.Host = "127.0.0.1:1" }), database.NoServer, "connection refused): check that it runs, and host and port in the URL"},
		"hangs up": {with(t, place, func(u *url.URL, _ url.Values) { u.Host = hangingUp(t) }), database.NoServer, "check that it runs, and host and port in the URL"},
		"password": {user(postgrestest.Sealed), database.Refused,
			`password authentication failed for user "notewatch_sealed" (SQLSTATE 28P01)): check user, password, database and sslmode in the URL`},
		"database": {with(t, place, func(u *url.URL, _ url.Values) { u.Path = "/nothing" }), database.Refused,
			`database "nothing" does not exist (SQLSTATE 3D000)): check user, password, database and sslmode in the URL`},
		"TLS": {with(t, place, func(_ *url.URL, q url.Values) { q.Set("sslmode", "require") }), database.Refused,
			"server refused TLS connection): check user, password, database and sslmode in the URL"},
		"rights": {user("notewatch_guest"), database.Unprivileged,
			"permission denied for database " + opening + " (SQLSTATE 42501)): grant it the right to create a schema in the database, or make it the owner of the schema"},
		"schema of others": {with(t, place, func(_ *url.URL, q url.Values) { q.Set("search_path", "foreign_schema") }), "",
			`the schema "foreign_schema" belongs to another program: add search_path=notewatch to the URL, or another name`},
	} {
		_, err := store.Open(t.Context(), c.place)
		require.ErrorContains(t, err, c.want, name)
		require.ErrorContains(t, err, `opening database "postgres://`, name)
		require.NotContains(t, err.Error(), "pa55word", name)
		require.NotContains(t, err.Error(), "\n", name)
		failure, ok := errors.AsType[*database.UnavailableError](err)
		require.Equal(t, c.cause != "", ok, name)
		if ok {
			require.Equal(t, c.cause, failure.Cause, name)
		}
	}
}

// A replica, or a server that was made read-only, can be looked at only.
func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	place := storetest.Postgres(t)
	s := open(t, place)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1"))}})
	postgrestest.Exec(t, place, "ALTER ROLE notewatch_test IN DATABASE "+nameOfDatabase(t, place)+" SET default_transaction_read_only = on")
	postgrestest.Exec(t, place, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")

	look, err := store.OpenReadOnly(t.Context(), place)
	require.NoError(t, err)
	defer func() { require.NoError(t, look.Close()) }()
	found, err := look.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.ErrorContains(t, look.Work.MakeDue(t.Context(), work.Receiver, team, noon), "the database server takes no changes")

	err = s.Work.MakeDue(t.Context(), work.Receiver, team, noon)
	failure, ok := errors.AsType[*database.UnavailableError](err)
	require.True(t, ok, err)
	require.Equal(t, database.Standby, failure.Cause)
	require.ErrorContains(t, err, "name the primary in the URL, or several hosts with target_session_attrs=read-write")
	require.Error(t, s.CheckWrite(t.Context()))
}

func nameOfDatabase(t *testing.T, place string) string {
	t.Helper()
	u, err := url.Parse(place)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// Nothing is made by looking, and schemas of one database have nothing to do with each other.
func TestSchemas(t *testing.T) {
	t.Parallel()
	place := postgrestest.New(t)
	_, err := store.OpenReadOnly(t.Context(), place)
	require.ErrorContains(t, err, `the schema "notewatch" has no database of notewatch: check the URL, or start notewatch once to make it`)
	first := open(t, place)
	other := open(t, with(t, place, func(_ *url.URL, q url.Values) { q.Set("search_path", "other") }))
	decide(t, first, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1"))}})
	for s, want := range map[*store.Store]int{first: 1, other: 0} {
		found, err := s.Alerts(t.Context(), store.AlertFilter{})
		require.NoError(t, err)
		require.Len(t, found, want)
	}
	postgrestest.Exec(t, place, "INSERT INTO other.goose_db_version (version_id, is_applied) VALUES (99, TRUE)")
	_, err = store.Open(t.Context(), with(t, place, func(_ *url.URL, q url.Values) { q.Set("search_path", "other") }))
	require.ErrorIs(t, err, database.ErrNewer)
	require.ErrorContains(t, err, "use that version, or restore a backup from before it")
}

// Of several processes that open an empty database one makes the schema, and no other sees it half done.
func TestOpenAtOnce(t *testing.T) {
	for name, place := range map[string]func(*testing.T) string{
		"SQLite":   func(t *testing.T) string { return t.TempDir() + "/notewatch.db" },
		"Postgres": func(t *testing.T) string { return postgrestest.New(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := place(t)
			openers := []func(context.Context, string) (*store.Store, error){store.Open, store.OpenToMigrate, store.OpenReadOnly}
			var group sync.WaitGroup
			for i := range 9 {
				group.Go(func() {
					s, err := openers[i%3](t.Context(), place)
					if err == nil {
						_, err = s.Alerts(t.Context(), store.AlertFilter{})
						err = errors.Join(err, s.Close())
					}
					if i%3 < 2 || err == nil {
						if err != nil {
							t.Error(err)
						}
						return
					}
					for _, want := range []string{"there is no such file", "has no database of notewatch", "(schema 0, this one knows"} {
						if strings.Contains(err.Error(), want) {
							return
						}
					}
					t.Error(err)
				})
			}
			group.Wait()
		})
	}
}

// A connection that is lost before the end of a transaction costs nothing: it is run once more. One that is lost at its end is an
// outage, since nobody knows whether it was stored.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.Postgres(t))
	const kill = "SELECT pg_terminate_backend(pg_backend_pid())"
	tries := 0
	require.NoError(t, s.Update(t.Context(), func(tx store.Transaction) error {
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO account (name, next_at) VALUES ('acme', 0)"); err != nil {
			return err
		}
		if tries++; tries == 1 {
			_, err := tx.ExecContext(t.Context(), kill)
			return err
		}
		return nil
	}))
	require.Equal(t, 2, tries)

	for _, statement := range []string{
		"CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
		"CREATE CONSTRAINT TRIGGER fall AFTER UPDATE ON account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fall()",
	} {
		_, err := s.DB().ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	tries = 0
	err := s.Update(t.Context(), func(tx store.Transaction) error {
		tries++
		_, err := tx.ExecContext(t.Context(), "UPDATE account SET next_at = 1")
		return err
	})
	require.Equal(t, 1, tries)
	failure, ok := errors.AsType[*database.UnavailableError](err)
	require.True(t, ok, err)
	require.Equal(t, database.NoServer, failure.Cause)
	require.NoError(t, s.CheckWrite(t.Context()), "it goes on by itself")
}

// Two transactions that lock each other's rows are both done, one after the other.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.Postgres(t))
	require.NoError(t, s.Work.AddWork(t.Context(), work.Receiver, []string{"a", "b"}, noon))
	bump := func(tx store.Transaction, key string) error {
		_, err := tx.ExecContext(t.Context(), "UPDATE work SET version = version + 1 WHERE key = $1", key)
		return err
	}
	var both, group sync.WaitGroup
	both.Add(2)
	for _, keys := range [][]string{{"a", "b"}, {"b", "a"}} {
		group.Go(func() {
			var once sync.Once
			err := s.Update(t.Context(), func(tx store.Transaction) error {
				if err := bump(tx, keys[0]); err != nil {
					return err
				}
				once.Do(func() { both.Done(); both.Wait() })
				return bump(tx, keys[1])
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	raised, err := s.Work.TimesMadeDue(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(4), raised)
}

// A process that starts beside others leaves their leases alone, and mends what one that died had begun to send.
func TestTakeOverBesideOthers(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.Postgres(t))
	a := firing("a", "dev:1")
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team, "on-call")}})
	alive, dead := claim(t, s, work.Receiver, team), claim(t, s, work.Receiver, "on-call")
	for _, lease := range []work.Lease{alive, dead} {
		_, err := beginOne(t.Context(), s, lease, outbox.Message{ID: "to " + lease.Key, Receiver: lease.Key}, fresh(t, s, lease.Key), noon)
		require.NoError(t, err)
	}
	later := machine.Add(work.LeaseTime)
	require.NoError(t, s.Work.Extend(t.Context(), alive, later))
	require.NoError(t, s.TakeOver(t.Context(), later))
	status := map[string]outbox.AttemptStatus{}
	attempts, err := s.Outbox.Attempts(t.Context(), "a")
	require.NoError(t, err)
	for _, attempt := range attempts {
		status[attempt.Receiver] = attempt.Status
	}
	require.Equal(t, map[string]outbox.AttemptStatus{team: "", "on-call": outbox.CutOff}, status)
	require.NoError(t, s.Work.Extend(t.Context(), alive, later), "the lease is still held")
	steal(t, s, dead)
}

// A pooler that gives every transaction another session may stand between a store and its server, from the making of the schema on.
func TestPooler(t *testing.T) {
	t.Parallel()
	place := postgrestest.Pooled(t, postgrestest.New(t))
	s := open(t, place)
	storetest.SaveDevices(t, s, project, manyDevices(3000), noon)
	devices, _, err := s.Usage.Devices(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, devices, 3000)
	testRivals(t, func() *store.Store { return open(t, place) })
}
