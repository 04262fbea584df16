package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// errNoPooler says that PgBouncer is not installed.
var errNoPooler = errors.New("PgBouncer is not installed: install it (apt install pgbouncer)")

// Pooled returns the URL of a database through a PgBouncer of this test in transaction mode, which has fewer sessions than a store has
// connections. The test is skipped where PgBouncer is not installed.
func Pooled(t testing.TB, place string) string {
	t.Helper()
	binary, err := exec.LookPath("pgbouncer")
	if err != nil {
		binary = "/usr/sbin/pgbouncer"
	}
	if _, err := os.Stat(binary); err != nil {
		skipOrFail(t, errNoPooler)
	}
	u, err := url.Parse(place)
	require.NoError(t, err)
	port, err := freePort()
	require.NoError(t, err)
	folder, err := os.MkdirTemp("", "pgbouncer") //nolint:usetesting // another user could not enter the folder of a test
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	who, err := unprivileged(folder)
	require.NoError(t, err)
	password, _ := u.User.Password()
	settings := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
`, u.Hostname(), u.Port(), u.User.Username(), password, port)
	file := filepath.Join(folder, "pgbouncer.ini")
	require.NoError(t, os.WriteFile(file, []byte(settings), 0o644)) //nolint:gosec // the other user reads it
	pooler := exec.CommandContext(context.Background(), binary, "-q", file)
	pooler.SysProcAttr, pooler.Dir = dying(&syscall.SysProcAttr{Credential: who}), folder
	require.NoError(t, pooler.Start())
	t.Cleanup(func() {
		_ = pooler.Process.Kill()
		_ = pooler.Wait()
	})
	u.Host = net.JoinHostPort("127.0.0.1", port)
	require.Eventually(t, func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
		return err == nil && conn.Close() == nil
	}, 30*time.Second, 20*time.Millisecond)
	return u.String()
}
