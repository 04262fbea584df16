package postgrestest

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// A Cluster is two servers of one test: a primary, and a standby that receives what the primary writes.
type Cluster struct{ primary, standby *server }

// NewCluster starts a cluster with an empty database. It needs installed binaries, also where NOTEWATCH_TEST_POSTGRES is a URL.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	primary, err := launch()
	if err != nil {
		skipOrFail(t, err)
	}
	c := &Cluster{primary: primary, standby: &server{who: primary.who, binaries: primary.binaries}}
	endWith(t, primary)
	require.NoError(t, primary.exec(t.Context(), roleStatement, "CREATE DATABASE fleet OWNER "+owner, "ALTER DATABASE fleet SET search_path = notewatch"))
	c.standby.folder, err = os.MkdirTemp("", "standby") //nolint:usetesting // another user could not enter the folder of a test
	require.NoError(t, err)
	_, err = unprivileged(c.standby.folder)
	require.NoError(t, err)
	data := filepath.Join(c.standby.folder, "data")
	backup := exec.CommandContext(t.Context(), filepath.Join(primary.binaries, "pg_basebackup"), "--dbname", primary.url, "--pgdata", data,
		"--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	backup.SysProcAttr, backup.Dir = &syscall.SysProcAttr{Credential: primary.who}, c.standby.folder
	out, err := backup.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, c.standby.run(data))
	endWith(t, c.standby)
	return c
}

// endWith ends a server with a test.
func endWith(t testing.TB, s *server) {
	t.Helper()
	t.Cleanup(func() {
		s.kill()
		require.NoError(t, os.RemoveAll(s.folder))
	})
}

// URL returns the URL of the database that finds the primary, whichever server that is.
func (c *Cluster) URL(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(c.primary.database("fleet"))
	require.NoError(t, err)
	second, err := url.Parse(c.standby.url)
	require.NoError(t, err)
	u.Host += "," + second.Host
	u.RawQuery = "target_session_attrs=read-write"
	return u.String()
}

// Standby returns the URL of the database on the standby.
func (c *Cluster) Standby() string { return c.standby.database("fleet") }

// Await waits until the standby holds all that the primary has committed.
func (c *Cluster) Await(t testing.TB) {
	t.Helper()
	written := c.primary.value(t, "SELECT pg_current_wal_insert_lsn()::text") // leases are committed before they are written
	require.Eventually(t, func() bool {
		return c.standby.value(t, "SELECT CASE WHEN pg_last_wal_replay_lsn() >= '"+written+"' THEN 'all' ELSE '' END") == "all"
	}, 30*time.Second, 20*time.Millisecond)
}

// Detach has the standby receive nothing more.
func (c *Cluster) Detach(t testing.TB) {
	t.Helper()
	require.NoError(t, c.standby.exec(t.Context(), "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"))
	require.Eventually(t, func() bool { return c.standby.value(t, "SELECT count(*)::text FROM pg_stat_wal_receiver") == "0" }, 30*time.Second, 20*time.Millisecond)
}

// Kill ends the primary at once.
func (c *Cluster) Kill() { c.primary.kill() }

// Promote makes the standby the primary.
func (c *Cluster) Promote(t testing.TB) {
	t.Helper()
	require.Equal(t, "true", c.standby.value(t, "SELECT pg_promote()::text"))
}

// value returns the text that a query returns.
func (s *server) value(t testing.TB, query string) (text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	require.NoError(t, conn.QueryRow(t.Context(), query).Scan(&text))
	return text
}

// Give gives a folder to the user that the server of this test binary runs as. The test is skipped if that is not known.
func Give(t testing.TB, folder string) {
	t.Helper()
	s, err := start()
	if err != nil {
		skipOrFail(t, err)
	}
	if s.process == nil {
		t.Skip("the server was not started by this test")
	}
	if s.who != nil {
		require.NoError(t, os.Chown(folder, int(s.who.Uid), int(s.who.Gid)))
	}
}
