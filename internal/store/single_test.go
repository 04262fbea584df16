package store_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
)

// The server is who it has to be by the URL, or nothing is sent to it.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewSingle(t)
	root := server.Secure(t)
	other := filepath.Join(t.TempDir(), "other.crt")
	content, err := os.ReadFile(postgrestest.NewSingle(t).Secure(t))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(other, content, 0o600))
	place := func(host, mode, root string) string {
		return with(t, server.URL(), func(u *url.URL, q url.Values) {
			u.Host = net.JoinHostPort(host, u.Port())
			q.Set("sslmode", mode)
			if root != "" {
				q.Set("sslrootcert", root)
			}
		})
	}
	for _, mode := range []string{"require", "verify-ca", "verify-full"} {
		s := open(t, place("127.0.0.1", mode, root))
		var encrypted bool
		row := s.DB().QueryRowContext(t.Context(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
		require.NoError(t, row.Scan(&encrypted))
		require.True(t, encrypted, mode)
	}
	open(t, place("localhost", "verify-ca", root))
	for name, refused := range map[string]string{
		"another authority": place("127.0.0.1", "verify-ca", other),
		"another host":      place("localhost", "verify-full", root),
		"unknown authority": place("127.0.0.1", "verify-full", ""),
	} {
		_, err := store.Open(t.Context(), refused)
		requireCause(t, err, database.Refused)
		require.ErrorContains(t, err, "check user, password, database and sslmode in the URL", name)
		require.ErrorContains(t, err, "certificate", name)
	}
}

// What was stored before a server crashes is there when it is back, and what was not known to be stored is there as a whole or not at all. Work
// goes on by itself, and leases that the crash has lost are found.
func TestServerCrashes(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewSingle(t)
	const writers, crashes = 4, 3
	type result struct{ stored, unsure []string }
	results, stop := make([]result, writers), make(chan struct{})
	var group sync.WaitGroup
	for i := range writers {
		s := open(t, server.URL())
		group.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("%d-%d", i, n)
				pair := alerts(firing(id+"a", id+"a"), firing(id+"b", id+"b"))
				err := s.Decide(t.Context(), store.Decision{Alerts: pair, Show: shown(id+"a", team), Now: noon})
				switch {
				case err == nil:
					results[i].stored = append(results[i].stored, id)
				case database.Unavailable(err):
					results[i].unsure = append(results[i].unsure, id)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	watching := open(t, server.URL())
	count := func() int {
		found, err := watching.Alerts(t.Context(), store.AlertFilter{})
		require.NoError(t, err)
		return len(found)
	}
	for range crashes {
		before := count()
		require.Eventually(t, func() bool { return count() > before+100 }, time.Minute, time.Millisecond)
		server.Crash()
		requireCause(t, watching.CheckWrite(t.Context()), database.NoServer)
		server.Restart(t)
		require.Eventually(t, func() bool { return watching.CheckWrite(t.Context()) == nil }, time.Minute, 10*time.Millisecond)
	}
	close(stop)
	group.Wait()
	found, err := watching.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	there := map[string]bool{}
	for _, a := range found {
		there[a.ID] = true
	}
	for _, r := range results {
		for _, id := range r.stored {
			require.True(t, there[id+"a"] && there[id+"b"], id)
		}
		for _, id := range r.unsure {
			require.Equal(t, there[id+"a"], there[id+"b"], id)
		}
	}
}

// Two servers that one name leads to are not taken for one: what belongs together would be stored in both, and sent twice.
func TestOneNameForTwoServers(t *testing.T) {
	t.Parallel()
	first, second := postgrestest.NewSingle(t), postgrestest.NewSingle(t)
	target := &atomic.Value{}
	target.Store(first.URL())
	place := with(t, first.URL(), func(u *url.URL, _ url.Values) { u.Host = forwarding(t, target) })
	s := open(t, place)
	require.NoError(t, s.Work.AddWork(t.Context(), work.Receiver, []string{team}, noon))
	open(t, second.URL()) // it has a database of notewatch too
	target.Store(second.URL())
	first.Crash()
	for range 3 {
		err := s.Work.MakeDue(t.Context(), work.Receiver, team, noon)
		requireCause(t, err, database.Another)
		require.ErrorContains(t, err, "have host and port in the URL lead to one server, or restart notewatch if the database has moved")
	}
	first.Restart(t)
	target.Store(first.URL())
	require.NoError(t, s.Work.MakeDue(t.Context(), work.Receiver, team, noon), "it goes on by itself")
}

// forwarding returns the address of a proxy that leads each connection to the host of the URL that is the target then.
func forwarding(t *testing.T, target *atomic.Value) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			u, err1 := url.Parse(target.Load().(string))
			far, err2 := new(net.Dialer).DialContext(t.Context(), "tcp", u.Host)
			if errors.Join(err1, err2) != nil {
				_ = near.Close()
				continue
			}
			for from, to := range map[net.Conn]net.Conn{near: far, far: near} {
				go func() {
					_, _ = io.Copy(to, from)
					_ = to.Close()
				}()
			}
		}
	}()
	return listener.Addr().String()
}

// A store has as many connections as the URL says, twice, and no statement or transaction takes for ever.
func TestLimitsOfConnections(t *testing.T) {
	t.Parallel()
	place := with(t, storetest.Postgres(t), func(_ *url.URL, q url.Values) {
		q.Set("pool_max_conns", "2")
		q.Set("application_name", "limited")
	})
	s := open(t, place)
	var group sync.WaitGroup
	for range 10 {
		for _, use := range []func() error{
			func() error { return s.Work.MakeDue(t.Context(), work.Receiver, team, noon) },
			func() error { return second(s.Alerts(t.Context(), store.AlertFilter{})) },
		} {
			group.Go(func() {
				if err := use(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	require.NoError(t, s.Update(t.Context(), func(tx store.Transaction) error {
		for name, want := range map[string]string{"statement_timeout": "1min", "lock_timeout": "20s", "idle_in_transaction_session_timeout": "30s"} {
			var set string
			require.NoError(t, tx.QueryRowContext(t.Context(), "SELECT current_setting('"+name+"')").Scan(&set))
			require.Equal(t, want, set, name)
		}
		var connections int
		query := "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'limited'"
		require.NoError(t, tx.QueryRowContext(t.Context(), query).Scan(&connections))
		require.LessOrEqual(t, connections, 4, "2 that write and 2 that read")
		return nil
	}))
	err := s.Update(t.Context(), func(tx store.Transaction) error {
		_, err := tx.ExecContext(t.Context(), "SET LOCAL statement_timeout = 1")
		return errors.Join(err, second(tx.ExecContext(t.Context(), "SELECT pg_sleep(60)")))
	})
	requireCause(t, err, database.Busy)
	require.ErrorContains(t, err, "look for locks and long transactions in pg_stat_activity")
}
