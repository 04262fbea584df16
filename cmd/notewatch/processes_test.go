package main

import (
	"database/sql"
	"encoding/json"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/status"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
)

// beside returns a program on the database of another one, with a rules file of its own.
func (r *reloading) beside(rules string) *reloading {
	other := &reloading{t: r.t, hook: r.hook, environment: slices.Clone(r.environment)}
	other.move(filepath.Join(r.t.TempDir(), "rules.yaml"))
	other.write(rules)
	return other
}

// says waits until the program has logged something so often.
func (r *reloading) says(text string, times int) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return strings.Count(r.stderr.String(), text) >= times }, 50*time.Second, 20*time.Millisecond,
		"%s\n%s", text, &r.stderr)
}

// processes returns what status prints of the processes.
func (r *reloading) processes() []status.Process {
	r.t.Helper()
	out, err := r.command("status", "--json").Output()
	require.NoError(r.t, err)
	var status struct{ Processes []status.Process }
	require.NoError(r.t, json.Unmarshal(out, &status))
	return status.Processes
}

// Two programs on one PostgreSQL with different rules files: the one that was started last works, the other stands by until its file is the
// same. What is started again with an old file changes nothing.
func TestTwoProcesses(t *testing.T) {
	database := storetest.Postgres(t)
	first := newReloading(t)
	first.environment = append(first.environment, "NOTEWATCH_DATABASE="+database)
	first.start()
	first.soon("reported", "watching", "it runs")
	changed := strings.Replace(reloadRules, "500000", "0 - 1", 1) // it fires at once
	second := first.beside(changed)
	stopSecond := second.start()
	second.soon("fired", "spike", "the rules of the second one are active")
	first.says("standing by: other rules are active", 1)
	first.says("read again, is another one", 1)

	require.NoError(t, first.process.Signal(syscall.SIGKILL))
	_, err := first.process.Wait()
	require.NoError(t, err)
	killed := first.process.Pid // it is taken to live for as long as a lease holds
	stopFirst := first.start()
	first.says("standing by: other rules are active", 2)
	listed := first.processes()
	require.Len(t, listed, 3)
	for _, p := range listed {
		require.True(t, p.Lives)
		require.Equal(t, p.RulesFile == first.file, p.StandsBy)
	}

	first.write(changed)
	first.says("msg=watching", 2) // once before it was killed
	first.spoil()
	first.soon("fired", "rules-file", "the file of the first one is not valid")
	require.NoError(t, second.process.Signal(syscall.SIGHUP))
	second.says("msg=watching", 2)
	require.False(t, first.told("resolved", "rules-file"), "that of the second one is another file")
	first.write(changed)
	require.NoError(t, first.process.Signal(syscall.SIGHUP))
	first.soon("resolved", "rules-file", "it is valid again")
	for _, p := range first.processes() {
		require.Equal(t, p.PID == killed, p.StandsBy)
	}
	stopSecond()
	stopFirst()
	left := first.processes()
	require.Len(t, left, 1)
	require.Equal(t, killed, left[0].PID)
}

// Of two programs on one PostgreSQL, one may reach it through PgBouncer in transaction mode. It polls and sends as any other.
func TestProcessBehindAPooler(t *testing.T) {
	database := storetest.Postgres(t)
	pooled := newReloading(t)
	pooled.environment = append(pooled.environment, "NOTEWATCH_DATABASE="+postgrestest.Pooled(t, database))
	rules := strings.Replace(reloadRules, "500000", "0 - 1", 1) // it fires at once
	pooled.write(rules)
	stopPooled := pooled.start()
	pooled.soon("fired", "spike", "it polls and sends")
	direct := pooled.beside(rules)
	direct.environment = append(direct.environment, "NOTEWATCH_DATABASE="+database)
	stopDirect := direct.start()
	direct.says("msg=watching", 1)
	require.Len(t, direct.processes(), 2)
	stopPooled()
	require.Len(t, direct.processes(), 1)
	stopDirect()
	require.Equal(t, map[string]int{"watching": 1, "spike": 3}, pooled.alerts())
	require.NotContains(t, pooled.stderr.String()+direct.stderr.String(), "level=ERROR")
}

// A user of the database who may only read can look things up. A program that needs more says once what it lacks.
func TestUserWhoOnlyReads(t *testing.T) {
	r := newReloading(t)
	database := storetest.Postgres(t)
	postgrestest.Exec(t, database, "DROP ROLE IF EXISTS notewatch_reader", "CREATE ROLE notewatch_reader LOGIN PASSWORD 'pa55word'",
		"GRANT USAGE ON SCHEMA notewatch TO notewatch_reader", "GRANT SELECT ON ALL TABLES IN SCHEMA notewatch TO notewatch_reader")
	u, err := url.Parse(database)
	require.NoError(t, err)
	u.User = url.UserPassword("notewatch_reader", "pa55word")
	r.environment = append(r.environment, "NOTEWATCH_DATABASE="+u.String())
	for command, refused := range map[string]bool{
		"status": false, "alerts": false, "run": true, "silence --rule spike --for 1h --because maintenance": true,
	} {
		said, err := r.command(strings.Fields(command)...).CombinedOutput()
		require.Equal(t, refused, err != nil, "%s: %s", command, said)
		if refused {
			require.Contains(t, string(said), "the database user lacks a right (permission denied for table ", command)
			require.Equal(t, 1, strings.Count(string(said), "\n"), "%s: %s", command, said)
		}
	}
}

// A program that runs ends with one error when a newer one has removed from the schema what it uses.
func TestContractedSchema(t *testing.T) {
	t.Parallel() // it waits for programs that wait
	for name, place := range map[string]func(t *testing.T, r *reloading) (exec func(statement string)){
		"SQLite": func(t *testing.T, r *reloading) func(string) {
			path := storetest.SQLite(t)
			r.environment = append(r.environment, "NOTEWATCH_DATABASE="+path)
			return func(statement string) {
				db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
				require.NoError(t, err)
				_, err = db.ExecContext(t.Context(), statement)
				require.NoError(t, err)
				require.NoError(t, db.Close())
			}
		},
		"PostgreSQL": func(t *testing.T, r *reloading) func(string) {
			database := storetest.Postgres(t)
			r.environment = append(r.environment, "NOTEWATCH_DATABASE="+database)
			return func(statement string) { postgrestest.Exec(t, database, "SET search_path = notewatch", statement) }
		},
	} {
		for what, change := range map[string]string{
			"what it uses at times":     "UPDATE usable SET oldest = 99",
			"what it uses all the time": "BEGIN; UPDATE usable SET oldest = 99; ALTER TABLE work RENAME COLUMN due_at TO due; COMMIT",
		} {
			t.Run(name+" without "+what, func(t *testing.T) {
				r := newReloading(t)
				contract := place(t, r)
				c := r.command("run")
				c.Stderr = &r.stderr
				require.NoError(t, c.Start())
				r.says("msg=watching", 1)
				contract(change)
				_ = c.Wait()
				require.Equal(t, exitFailure, c.ProcessState.ExitCode(), &r.stderr)
				require.Contains(t, r.stderr.String(), "notewatch: using the database: the database was made by a newer notewatch, which removed what this version uses")
				require.NotContains(t, r.stderr.String(), "level=ERROR")
			})
		}
	}
}
