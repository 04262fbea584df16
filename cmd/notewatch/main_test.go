package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"notewatch/internal/command"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
)

// TestMain runs more parallel tests at a time than there are processors: most of them wait for a program that waits.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "16"); err != nil { // a flag of the command line still wins
		panic(err)
	}
	testscript.Main(suite{m}, map[string]func(){"notewatch": main})
}

// A suite is the tests of this package.
type suite struct{ tests *testing.M }

// Run implements testscript.TestingM.
func (s suite) Run() int {
	return storetest.Run(func() int {
		defer func() { _ = os.RemoveAll(demoFolder) }()
		return s.tests.Run()
	})
}

// TestScript runs the scripts in testdata/script. Each has a simulated Notehub at $HUB, in real time, that knows the project
// app:1 and the token a-token, a port that is taken at $BUSY, one that is free at $PORT, two webhook receivers, at $FIRST_HOOK
// and $SECOND_HOOK, and a Slack, at $SLACK. The database notewatch.db is of SQLite; on PostgreSQL, where the condition postgres is true, it
// is a schema of a database of the script.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setupScript,
		Condition: func(name string) (bool, error) {
			if name != "postgres" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return storetest.OnPostgres(), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"database": useDatabase,
			"fail":     fail,
			"ready":    awaitReady,
			"polled":   awaitPoll,

			"answer":  answer,
			"capture": capture,
			"got":     got,

			"shows":     shows,
			"slack":     slackType,
			"slackhelp": slackHelp,
			"asks":      asks,
		},
	})
}

func setupScript(env *testscript.Env) error {
	devices := notehubtest.Fleet(1, 3, time.Now().AddDate(-1, 0, 0), notehubtest.Typical())
	hub := notehubtest.New(notehubtest.Config{
		Now: time.Now, Token: "a-token", Seed: 1,
		Organizations: []notehubtest.Organization{{UID: "org:1", Name: "Acme"}, {UID: "org:2", Name: "Lab"}},
		Clients:       []notehubtest.OAuthClient{{ID: "a-client", Secret: "an-oauth-secret"}},
		Projects: []notehubtest.Project{{
			UID: "app:1", Name: "one", Devices: devices,
			Routes: []string{"route:1", "route:2"}, RouteSettings: map[string]notehubtest.RouteSettings{"route:1": {Name: "orders"}, "route:2": {Name: "archive"}},
		}},
	})
	address, stop, err := hub.Start()
	if err != nil {
		return err
	}
	env.Defer(stop)
	busy, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Defer(func() { _ = busy.Close() })
	env.Values["hub"] = hub
	receive(env, "FIRST_HOOK", "SECOND_HOOK")
	playSlack(env)
	env.Setenv("HUB", address)
	env.Setenv("BUSY", busy.Addr().String())
	port, err := freePort()
	if err != nil {
		return err
	}
	env.Setenv("PORT", strconv.Itoa(port))
	env.Setenv("NOTEWATCH_NOTEHUB_URL", address)
	env.Setenv("NOTEWATCH_LISTEN", "127.0.0.1:0")
	if storetest.OnPostgres() {
		env.Values["server"] = postgrestest.New(env.T().(testing.TB))
		env.Setenv("NOTEWATCH_DATABASE", databaseOf(env.Values["server"], "notewatch"))
	}
	return nil
}

// databaseOf returns the place of a database of a script: a file, or a schema of the database of PostgreSQL at a URL.
func databaseOf(server any, name string) string {
	if url, ok := server.(string); ok {
		return url + "?search_path=" + name
	}
	return name + ".db"
}

// useDatabase has all commands from now on use another database of the script: database other.
func useDatabase(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("NOTEWATCH_DATABASE", databaseOf(ts.Value("server"), args[0]))
}

// lastPort is the last that freePort gave.
var lastPort atomic.Int64

// freePort returns a port that nobody listens on, and that nobody is given who asks for any: 32,768 is where these begin.
func freePort() (int, error) {
	const first, count = 20_000, 12_000
	lastPort.CompareAndSwap(0, rand.Int64N(count)) //nolint:gosec // no secret
	for range count {
		port := first + int(lastPort.Add(1)%count)
		free, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, free.Close()
		}
	}
	return 0, errors.New("no port is free")
}

// exits runs a program and checks its exit code: exits 2 notewatch frobnicate.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d: %v", got, want, err)
	}
}

// fail makes the simulated Notehub fail from now on: fail suspended.
func fail(ts *testscript.TestScript, _ bool, args []string) {
	hub := ts.Value("hub").(*notehubtest.Server)
	hub.ClearFaults()
	hub.Fail(notehubtest.Fault{Kind: notehubtest.FaultKind(args[0])})
}

// awaitReady waits until notewatch answers at an address that it was told to listen on.
func awaitReady(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.NewTimer(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		response, err := http.Get("http://" + args[0] + "/livez") //nolint:noctx,gosec // a script has no context
		if err == nil {
			_ = response.Body.Close()
			return
		}
		select {
		case <-deadline.C:
			ts.Fatalf("not ready: %v", err)
		case <-tick.C:
		}
	}
}

// polls matches the metric of a project that was polled: there is one of each project, with 0 until then.
var polls = regexp.MustCompile(`(?m)^notewatch_poll_duration_seconds_count\{.*\} [1-9]`)

// awaitPoll waits until the notewatch that listens on an address has polled a project.
func awaitPoll(ts *testscript.TestScript, _ bool, args []string) {
	seen(ts, "a poll", func() bool {
		all, err := scrape(args[0])
		ts.Check(err)
		return polls.MatchString(all)
	})
}

func TestExitCodes(t *testing.T) {
	require.Zero(t, codeOf(nil))
	require.Equal(t, 1, codeOf(errors.New("trouble")))
	require.Equal(t, 2, codeOf(command.UsageError{Err: errors.New("what?")}))
	require.Equal(t, 3, codeOf(fmt.Errorf("once: %w", errFiring)))
}
