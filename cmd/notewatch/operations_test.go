package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/environ"
	"notewatch/internal/store/database"
	"notewatch/internal/store/postgrestest"
)

// The scripts of docs/operations.md back a database up and restore it, of either kind, and a file also without sqlite3.
func TestBackup(t *testing.T) {
	playDemo(t).useCopy(t)
	file := os.Getenv("NOTEWATCH_DATABASE")
	server := postgrestest.New(t)
	typed(t, "notewatch migrate --to "+server)
	folder := t.TempDir()
	run := func(name, argument, path string) (said, complained string, err error) {
		c := exec.CommandContext(t.Context(), "/bin/sh", filepath.Join("..", "..", "docs", name), argument)
		c.Env = append(os.Environ(), "PATH="+path)
		var stderr strings.Builder
		c.Stderr = &stderr
		out, err := c.Output()
		return strings.TrimSpace(string(out)), stderr.String(), err
	}
	script := func(name, argument, path string) string {
		t.Helper()
		said, complained, err := run(name, argument, path)
		require.NoError(t, err, complained)
		return said
	}
	path := os.Getenv("PATH")
	bare := t.TempDir() // a PATH without sqlite3
	for _, program := range []string{"notewatch", "date", "mv", "rm", "cp", "sed"} {
		found, err := exec.LookPath(program)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(found, filepath.Join(bare, program)))
	}
	cases := map[string]struct{ database, path string }{"SQLite without sqlite3": {file, bare}}
	if _, err := exec.LookPath("sqlite3"); err == nil {
		cases["SQLite"] = struct{ database, path string }{file, path}
	}
	if _, err := exec.LookPath("pg_dump"); err == nil {
		cases["PostgreSQL"] = struct{ database, path string }{server + "?pool_max_conns=2&sslmode=disable&search_path=notewatch", path}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NOTEWATCH_DATABASE", c.database)
			target := filepath.Join(folder, strings.ReplaceAll(name, " ", "-"))
			require.NoError(t, os.Mkdir(target, 0o700))
			before := typed(t, "notewatch alerts --all --json") + typed(t, "notewatch export 7d") + typed(t, "notewatch silences --json")
			backup := script("backup.sh", target, c.path)
			typed(t, `notewatch silence --rule data-budget --for 2h --because "after the backup"`)
			require.Contains(t, typed(t, "notewatch silences --json"), "after the backup")
			if name == "PostgreSQL" { // as a newer version may have done
				postgrestest.Exec(t, server, "CREATE TABLE notewatch.newer (alert TEXT REFERENCES notewatch.alert (id))")
				whole, err := os.ReadFile(backup)
				require.NoError(t, err)
				half := filepath.Join(t.TempDir(), "half.dump")
				require.NoError(t, os.WriteFile(half, whole[:len(whole)*3/4], 0o600))
				_, complained, err := run("restore.sh", half, c.path)
				require.Error(t, err)
				require.Contains(t, complained, "could not read from input file")
				require.Contains(t, typed(t, "notewatch silences --json"), "after the backup", "nothing has changed")
			}
			script("restore.sh", backup, c.path)
			require.Equal(t, before, typed(t, "notewatch alerts --all --json")+typed(t, "notewatch export 7d")+typed(t, "notewatch silences --json"))
			left, err := os.ReadDir(target)
			require.NoError(t, err)
			require.Len(t, left, 1, "nothing but the backup")
			info, err := left[0].Info()
			require.NoError(t, err)
			require.Zero(t, info.Mode().Perm()&0o077, "others cannot read it")
		})
	}
}

// The scripts take the database from where notewatch takes it, and do nothing without one.
func TestBackupNeedsADatabase(t *testing.T) {
	playDemo(t).useCopy(t)
	file := os.Getenv("NOTEWATCH_DATABASE")
	setting := filepath.Join(t.TempDir(), "database")
	require.NoError(t, os.WriteFile(setting, []byte(file), 0o600))
	for name, c := range map[string]struct{ database, setting, complains string }{
		"by a file":        {setting: setting},
		"nothing is set":   {complains: "set NOTEWATCH_DATABASE or NOTEWATCH_DATABASE_FILE"},
		"there is no file": {database: filepath.Join(t.TempDir(), "missing.db"), complains: "there is no database file"},
	} {
		t.Run(name, func(t *testing.T) {
			target := t.TempDir()
			script := exec.CommandContext(t.Context(), "/bin/sh", filepath.Join("..", "..", "docs", "backup.sh"), target)
			script.Env = append(os.Environ(), "NOTEWATCH_DATABASE="+c.database, "NOTEWATCH_DATABASE_FILE="+c.setting)
			out, err := script.CombinedOutput()
			left, readErr := os.ReadDir(target)
			require.NoError(t, readErr)
			if c.complains == "" {
				require.NoError(t, err, string(out))
				require.Len(t, left, 1)
				return
			}
			require.Error(t, err)
			require.Contains(t, string(out), c.complains)
			require.Empty(t, left)
		})
	}
}

// A database that is in use is not replaced.
func TestRestoreRefusesARunningDatabase(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("flock is not installed (package util-linux)")
	}
	playDemo(t).useCopy(t)
	file := os.Getenv("NOTEWATCH_DATABASE")
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	release, err := database.Lock(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, release()) }()
	out, err := exec.CommandContext(t.Context(), "/bin/sh", filepath.Join("..", "..", "docs", "restore.sh"), os.Args[0]).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "stop it first")
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// The compose file and the unit set variables that are settings.
func TestDeploymentFiles(t *testing.T) {
	text, err := os.ReadFile("../../docs/compose.yaml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct {
			Environment map[string]string
			Volumes     []string
			DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		}
		Secrets map[string]struct{ File string }
		Volumes map[string]any
	}
	require.NoError(t, yaml.Unmarshal(text, &compose))
	require.Equal(t, "service_healthy", compose.Services["notewatch"].DependsOn["database"].Condition)
	for name, value := range compose.Services["notewatch"].Environment {
		secret, isSecret := strings.CutPrefix(value, "/run/secrets/")
		require.True(t, isSecret, name)
		require.Contains(t, compose.Secrets, secret)
		path := filepath.Join(t.TempDir(), secret)
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
		t.Setenv(name, path)
	}
	unit, err := os.ReadFile("../../docs/notewatch.service")
	require.NoError(t, err)
	for _, name := range regexp.MustCompile(`\bNOTEWATCH_[A-Z_]+\b`).FindAllString(string(unit), -1) {
		if name != "NOTEWATCH_DATABASE" { // which the compose file names by its file
			t.Setenv(name, "x")
		}
	}
	_, err = environ.Read()
	require.NoError(t, err)

	if analyze, err := exec.LookPath("systemd-analyze"); err == nil {
		binary := filepath.Join(t.TempDir(), "notewatch.service")
		program, err := os.Executable()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(binary, []byte(strings.Replace(string(unit), "/usr/local/bin/notewatch", program, 1)), 0o600))
		out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", binary).CombinedOutput()
		require.NoError(t, err, string(out))
	}
}

// The alerts of docs/alerts.yaml are those of the table in docs/operations.md, and both name metrics that there are.
func TestAlertsOnMetrics(t *testing.T) {
	operations, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	metrics, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	text, err := os.ReadFile("../../docs/alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	var alerts, explained []string
	for _, r := range file.Groups[0].Rules {
		alerts = append(alerts, r.Alert)
		require.NotEmpty(t, r.Expr)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(Notewatch[A-Za-z]+)` \\|").FindAllStringSubmatch(string(operations), -1) {
		explained = append(explained, row[1])
	}
	require.Equal(t, alerts, explained)
	names := regexp.MustCompile(`\bnotewatch_[a-z_]+\b`).FindAllString(string(text)+string(operations), -1)
	require.Greater(t, len(names), 10)
	for _, name := range names {
		require.Contains(t, string(metrics), "`"+name+"`")
	}
}
