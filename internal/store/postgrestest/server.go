package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// variable names a server, or requires one to be installed.
const variable = "NOTEWATCH_TEST_POSTGRES"

// Sealed is a user that does not exist, and whose password is asked for.
const Sealed = "notewatch_sealed"

// required is the value of the variable that makes a skip a failure.
const required = "required"

// errMissing says that no server is installed.
var errMissing = errors.New("PostgreSQL 15 or later is not installed: install it (apt install postgresql), or set " + variable +
	" to the URL of a server")

// A server is a running server.
type server struct {
	url     string // of its database postgres
	process *exec.Cmd
	folder  string

	who      *syscall.Credential // user that it runs as; nil is that of the test
	binaries string              // folder of its programs
	port     string              // "" until it runs
	settings []string            // beside those of all servers, as in "ssl=on"
}

var running struct {
	sync.Mutex
	server *server
	err    error
}

// start returns the server of this test binary.
func start() (*server, error) {
	running.Lock()
	defer running.Unlock()
	if running.server != nil || running.err != nil {
		return running.server, running.err
	}
	if given := os.Getenv(variable); given != "" && given != required {
		running.server = &server{url: given}
		return running.server, nil
	}
	running.server, running.err = launch()
	return running.server, running.err
}

// Stop stops the server of this test binary, if one was started, after the last test.
func Stop() {
	running.Lock()
	defer running.Unlock()
	if s := running.server; s != nil && s.process != nil {
		s.kill() // nothing of it is kept
		_ = os.RemoveAll(s.folder)
	}
}

// launch starts a server in a temporary folder. It listens on the loopback interface only.
func launch() (s *server, err error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	s = &server{folder: folder}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(folder)
		}
	}()
	who, err := unprivileged(folder)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(folder, "data")
	s.who, s.binaries = who, binaries
	// Texts are ordered as in English, so that an order that depends on the server shows.
	initialize := exec.CommandContext(context.Background(), filepath.Join(binaries, "initdb"), "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US", "--no-sync", "--no-instructions")
	initialize.SysProcAttr, initialize.Dir = &syscall.SysProcAttr{Credential: who}, folder
	if out, err := initialize.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	// A user of this name has to have a password, any other is trusted.
	trust := "host all " + Sealed + " all scram-sha-256\nhost all all all trust\nhost replication all all trust\n"
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(trust), 0o600); err != nil {
		return nil, err
	}
	return s, s.run(data)
}

// run starts the server on a folder of data, and waits until it answers.
func (s *server) run(data string) error {
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	if s.port == "" {
		if s.port, err = freePort(); err != nil {
			return err
		}
	}
	args := []string{"-D", data, "-p", s.port}
	for _, setting := range append([]string{
		"unix_socket_directories=", "listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "max_connections=300", "shared_buffers=64MB",
		"deadlock_timeout=100ms",
	}, s.settings...) {
		args = append(args, "-c", setting)
	}
	s.process = exec.CommandContext(context.Background(), filepath.Join(s.binaries, "postgres"), args...)
	s.process.SysProcAttr, s.process.Dir = dying(&syscall.SysProcAttr{Credential: s.who}), s.folder
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	s.url = (&url.URL{Scheme: "postgres", User: url.User("postgres"), Host: "127.0.0.1:" + s.port, Path: "/postgres"}).String()
	if err := s.await(); err != nil {
		said, _ := os.ReadFile(log.Name())
		s.kill()
		return fmt.Errorf("starting PostgreSQL: %w: %s", err, said)
	}
	return nil
}

// kill ends the server at once, as a crash does.
func (s *server) kill() {
	_ = s.process.Process.Signal(syscall.SIGQUIT)
	_ = s.process.Wait()
}

// freePort returns a port that nothing listens on.
func freePort() (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}

// await waits until the server answers.
func (s *server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// findBinaries returns the folder of the newest server that is installed.
func findBinaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/postgres", "/usr/pgsql-*/bin/postgres", "/usr/local/pgsql/bin/postgres"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, some...)
	}
	if len(found) == 0 {
		return "", errMissing
	}
	return filepath.Dir(slices.Max(found)), nil
}

// unprivileged returns the user that a server runs as, and gives it the folder: PostgreSQL refuses to run as root. Any other user
// runs it himself.
func unprivileged(folder string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		who, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(folder, int(uid), int(gid))
}
