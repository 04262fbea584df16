package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/notify/webhook"
)

// expansion is a migration that only adds, as those of a next version do.
const expansion = `-- +goose Up
ALTER TABLE alert ADD COLUMN next_note TEXT NOT NULL DEFAULT '';
CREATE TABLE next_table (alert TEXT REFERENCES alert (id) ON DELETE CASCADE);
CREATE INDEX next_index ON work (process);
`

// nextVersion builds notewatch with one more migration of PostgreSQL, and returns the path of the program.
func nextVersion(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	migrations, err := filepath.Abs(filepath.Join("..", "..", "internal", "store", "database", "migrations", "postgres"))
	require.NoError(t, err)
	present, err := os.ReadDir(migrations)
	require.NoError(t, err)
	newest, err := strconv.Atoi(present[len(present)-1].Name()[:5])
	require.NoError(t, err)
	added, overlay := filepath.Join(folder, "next.sql"), filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(added, []byte(expansion), 0o600))
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(migrations, fmt.Sprintf("%05d_next.sql", newest+1)): added,
	}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replaced, 0o600))
	program := filepath.Join(folder, "notewatch")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", overlay, "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	return program
}

// A process of the next version brings the schema up to date beside one of this version, which goes on, alone too, until it is stopped. One
// process after the other is replaced, and nothing is lost or repeated. This version cannot be started any more then.
func TestUpgrade(t *testing.T) {
	this := newReloading(t)
	this.environment = append(this.environment, "NOTEWATCH_DATABASE="+storetest.Postgres(t))
	rule := func(name string) string { return fmt.Sprintf("  - {name: %s, when: events.today >= 0}\n", name) }
	rules := "accounts: [{name: acme, token: a-token, requests_per_minute: 600}]" + strings.Replace(reloadRules, "500000", "0 - 1", 1)
	this.write(rules)
	stopThis := this.start()
	this.soon("fired", "spike", "this version works")

	next := &reloading{t: t, hook: this.hook, environment: this.environment, file: this.file, program: nextVersion(t)}
	stopNext := next.start()
	next.says("msg=watching", 1)
	require.Len(t, next.processes(), 2)
	stopNext()
	rules += rule("alone")
	this.write(rules)
	require.NoError(t, this.process.Signal(syscall.SIGHUP))
	this.soon("fired", "alone", "this version works on the schema of the next one")

	stopNext = next.start()
	next.says("msg=watching", 2)
	stopThis()
	rules += rule("after")
	next.write(rules)
	require.NoError(t, next.process.Signal(syscall.SIGHUP))
	next.soon("fired", "after", "the next version works")
	stopNext()
	for _, command := range []string{"run", "status"} {
		said, err := this.command(command).CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(said), "the database was made by a newer notewatch")
		require.Contains(t, string(said), "use that version, or restore a backup from before it")
		require.Equal(t, 1, strings.Count(string(said), "\n"), string(said))
	}
	require.Equal(t, map[string]int{"watching": 1, "spike": 3, "alone": 3, "after": 3}, this.alerts(), "each of the three devices once")
	require.NotContains(t, this.stderr.String()+next.stderr.String(), "level=ERROR")
}

// alerts returns how many alerts of each rule the receiver was told of, counting each as often as it was.
func (r *reloading) alerts() map[string]int {
	r.t.Helper()
	all := map[string]int{}
	for _, request := range r.hook.Requests() {
		var body webhook.Body
		require.NoError(r.t, json.Unmarshal(request.Body, &body))
		all[body.Data.Rule] += len(body.Data.Alerts)
	}
	return all
}
