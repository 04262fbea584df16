package store_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

func TestOpenMakesAPrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder with %20 ? and #", "notewatch.db")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	s := open(t, path)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1"))}})
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode(), name)
	}
	require.NoError(t, s.Close())
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, files, "closing leaves one file")
}

func TestOpenSetsUpItsConnections(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "notewatch.db"))
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		require.NoError(t, s.DB().QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		require.Equal(t, want, got, pragma)
	}
}

// newest returns the number of the newest schema.
func newest(t *testing.T) string {
	t.Helper()
	files, err := os.ReadDir("database/migrations/sqlite")
	require.NoError(t, err)
	number, _, _ := strings.Cut(files[len(files)-1].Name(), "_")
	return strings.TrimLeft(number, "0")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	text := write("text.db", bytes.Repeat([]byte("rules: []\n"), 1000))
	for name, c := range map[string]struct {
		path string
		is   error
		want string
	}{
		"text file": {
			text, database.ErrCorrupt,
			"the database is damaged or not a database (file is not a database (26)): move the file away or restore a backup",
		},
		"damaged":   {damaged(t), database.ErrCorrupt, "move the file away or restore a backup"},
		"newer":     {newer(t), database.ErrNewer, "the database was made by a newer notewatch (schema 99, this one knows " + newest(t) + "): use that version, or restore a backup from before it"},
		"foreign":   {foreign(t), nil, "it belongs to another program: choose another path"},
		"folder":    {folder, nil, "this is a folder: name a file in it"},
		"nowhere":   {filepath.Join(folder, "no", "notewatch.db"), nil, fmt.Sprintf("there is no folder %q: make it, or choose another path", filepath.Join(folder, "no"))},
		"in a file": {filepath.Join(text, "notewatch.db"), nil, fmt.Sprintf("%q is not a folder: choose another path", text)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.Open(t.Context(), c.path)
			require.ErrorContains(t, err, fmt.Sprintf("opening database %q: ", c.path))
			require.ErrorContains(t, err, c.want)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestOpenUnwritable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "notewatch.db")
	require.NoError(t, open(t, path).Close())
	require.NoError(t, os.Chmod(path, 0o400))
	_, err := store.Open(t.Context(), path)
	require.ErrorContains(t, err, "let this user write to the file and its folder")
	old := filepath.Join(folder, "old.db")
	require.NoError(t, storetest.OldDatabase(t, old, storetest.RowSchema).Close())
	require.NoError(t, os.Chmod(old, 0o400))
	_, err = store.OpenToMigrate(t.Context(), old)
	require.ErrorContains(t, err, "let this user write to the file and its folder")
	require.NoError(t, os.Chmod(folder, 0o500))
	defer func() { require.NoError(t, os.Chmod(folder, 0o700)) }()
	_, err = store.Open(t.Context(), filepath.Join(folder, "new.db"))
	require.ErrorContains(t, err, fmt.Sprintf("permission denied: let this user write to the folder %q, or choose another path", folder))
	_, err = database.Lock(path)
	require.ErrorContains(t, err, "permission denied: let this user write to the folder")
}

// A user who may only read sees what is there, unless part of it is in a log that only SQLite can take in.
func TestReadWithoutWriting(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "notewatch.db")
	s := open(t, path)
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1"))}})
	copied := filepath.Join(filepath.Dir(left(t, path)), "notewatch.db")
	requireReadable := func() {
		t.Helper()
		look, err := store.OpenReadOnly(t.Context(), path)
		require.NoError(t, err)
		found, err := look.Alerts(t.Context(), store.AlertFilter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.ErrorContains(t, look.Work.AddWork(t.Context(), work.Poll, []string{"p"}, noon), "let this user write to the file and its folder")
		require.NoError(t, look.Close())
	}
	require.NoError(t, os.Chmod(folder, 0o500))
	defer func() { require.NoError(t, os.Chmod(folder, 0o700)) }()
	requireReadable()
	require.NoError(t, os.Chmod(folder, 0o700))
	require.NoError(t, s.Close())
	require.NoError(t, os.Chmod(folder, 0o500))
	require.NoError(t, os.Chmod(path, 0o400))
	requireReadable()

	require.NoError(t, os.Chmod(filepath.Dir(copied), 0o500))
	defer func() { require.NoError(t, os.Chmod(filepath.Dir(copied), 0o700)) }()
	_, err := store.OpenReadOnly(t.Context(), copied)
	require.ErrorContains(t, err, "let this user write to the file and its folder")
}

// damaged returns a database of which all pages but the first are noise.
func damaged(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "damaged.db")
	require.NoError(t, open(t, path).Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 4096; i < len(content); i++ {
		content[i] = 0xa5
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// newer returns a database that was migrated further than this program knows.
func newer(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "newer.db")
	s := open(t, path)
	_, err := s.DB().ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return path
}

// foreign returns the database of another program.
func foreign(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "foreign.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE usage (theirs TEXT)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return path
}

// An error after opening says what was being done, and what to do.
func TestDamageFoundLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notewatch.db")
	s := open(t, path)
	storetest.SaveDevices(t, s, project, manyDevices(5000), noon)
	require.NoError(t, s.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := len(content) / 2; i < len(content); i++ {
		content[i] = 0xa5
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))

	s = open(t, path)
	_, _, err = s.Usage.Devices(t.Context(), project)
	require.ErrorIs(t, err, database.ErrCorrupt)
	require.ErrorContains(t, err, fmt.Sprintf("reading the devices of project %q: ", project))
	require.ErrorContains(t, err, "move the file away or restore a backup")
}

func manyDevices(n int) []usage.Device {
	devices := make([]usage.Device, n)
	for i := range devices {
		devices[i] = usage.Device{UID: fmt.Sprintf("dev:%06d", i), Voltage: math.NaN()}
	}
	return devices
}

func TestFullDisk(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "notewatch.db"))
	require.NoError(t, s.Work.AddWork(t.Context(), work.Poll, []string{project}, noon))
	lease := claim(t, s, work.Poll, project)
	_, err := s.DB().ExecContext(t.Context(), "PRAGMA max_page_count = 1")
	require.NoError(t, err)
	before := dump(t, s)
	err = s.Usage.SaveDevices(t.Context(), lease, usage.NewDeviceList(manyDevices(5000)...), noon, nil)
	require.ErrorContains(t, err, fmt.Sprintf("saving the devices of project %q: ", project))
	require.ErrorContains(t, err, "full")
	require.ErrorContains(t, err, ": free some space on its disk")
	require.Equal(t, before, dump(t, s))
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notewatch.db")
	_, err := store.OpenReadOnly(t.Context(), path)
	require.ErrorContains(t, err, fmt.Sprintf("opening database %q: there is no such file: check the path, or start notewatch once to make it", path))
	require.NoFileExists(t, path)

	s := open(t, path)
	look, err := store.OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	defer func() { require.NoError(t, look.Close()) }()
	decide(t, s, store.Commit{Decision: store.Decision{Alerts: alerts(firing("a", "dev:1"))}})
	found, err := look.Alerts(t.Context(), store.AlertFilter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, found, 1, "it sees what the other has just written")
	err = look.Work.AddWork(t.Context(), work.Poll, []string{"p"}, noon)
	require.ErrorContains(t, err, "adding work of kind poll")
	require.ErrorContains(t, err, "readonly database (8)): let this user write to the file and its folder")

	require.NoError(t, s.Close())
	alone, err := store.OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	found, err = alone.Alerts(t.Context(), store.AlertFilter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.NoError(t, alone.Close())
}

func TestOpenReadOnlySaysWhatIsWrong(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.db")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	_, err := store.OpenReadOnly(t.Context(), empty)
	require.ErrorContains(t, err, "the database was made by an older notewatch (schema 0, this one knows "+newest(t)+"): start notewatch run, or notewatch once, to bring it up to date")
	_, err = store.OpenReadOnly(t.Context(), newer(t))
	require.ErrorIs(t, err, database.ErrNewer)
	_, err = store.OpenReadOnly(t.Context(), damaged(t))
	require.ErrorIs(t, err, database.ErrCorrupt)
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notewatch.db")
	release, err := database.Lock(path)
	require.NoError(t, err)
	_, err = database.Lock(path)
	require.ErrorIs(t, err, database.ErrLocked)
	require.EqualError(t, err, fmt.Sprintf(
		"locking database %q: another notewatch runs on this database (process %d): end it, or choose another path", path, os.Getpid()))
	require.NoError(t, os.WriteFile(path+".lock", []byte("?"), 0o600))
	_, err = database.Lock(path)
	require.EqualError(t, err, fmt.Sprintf(
		"locking database %q: another notewatch runs on this database: end it, or choose another path", path))
	open(t, path)
	require.NoError(t, release())
	release, err = database.Lock(path)
	require.NoError(t, err)
	require.NoError(t, release())
	_, err = database.Lock(filepath.Join(path, "below"))
	require.ErrorContains(t, err, "is not a folder: choose another path")
}

// There is one lock for a database, by whatever name it is opened.
func TestLockFollowsLinks(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "notewatch.db")
	require.NoError(t, os.Symlink(folder, filepath.Join(folder, "folder")))
	require.NoError(t, os.Symlink("notewatch.db", filepath.Join(folder, "relative.db")))
	require.NoError(t, os.Symlink(path, filepath.Join(folder, "absolute.db")))
	require.NoError(t, os.Symlink("absolute.db", filepath.Join(folder, "twice.db")))
	names := []string{"notewatch.db", "relative.db", "absolute.db", "twice.db", "folder/notewatch.db", "folder/folder/twice.db"}
	for _, missing := range []bool{true, false} { // links may be there before the file
		for _, first := range names {
			release, err := database.Lock(filepath.Join(folder, first))
			require.NoError(t, err)
			for _, second := range names {
				_, err := database.Lock(filepath.Join(folder, second))
				require.ErrorIs(t, err, database.ErrLocked, "%s and %s, missing %t", first, second, missing)
			}
			require.NoError(t, release())
		}
		open(t, filepath.Join(folder, "twice.db"))
		require.FileExists(t, path)
	}
	require.NoError(t, os.Symlink("loop.db", filepath.Join(folder, "loop.db")))
	_, err := database.Lock(filepath.Join(folder, "loop.db"))
	require.ErrorContains(t, err, "too many links")
}

// A second name of a file would get a log of its own, beside that name.
func TestHardLinksAreRefused(t *testing.T) {
	folder := t.TempDir()
	path, link := filepath.Join(folder, "notewatch.db"), filepath.Join(folder, "link.db")
	require.NoError(t, open(t, path).Close())
	require.NoError(t, os.Link(path, link))
	for name, use := range using {
		for _, path := range []string{path, link} {
			require.ErrorContains(t, use(t, path), "the file has 2 names (hard links), and SQLite would write a log of its own for each: "+
				"remove the other names, or make them symbolic links", name)
		}
	}
	require.NoError(t, os.Remove(link))
	for name, use := range using {
		require.NoError(t, use(t, path), name)
	}
}

// using are the ways to begin with a database.
var using = map[string]func(*testing.T, string) error{
	"lock": func(_ *testing.T, path string) error {
		release, err := database.Lock(path)
		if err == nil {
			err = release()
		}
		return err
	},
	"open": func(t *testing.T, path string) error {
		s, err := store.Open(t.Context(), path)
		if err == nil {
			err = s.Close()
		}
		return err
	},
	"read": func(t *testing.T, path string) error {
		s, err := store.OpenReadOnly(t.Context(), path)
		if err == nil {
			err = s.Close()
		}
		return err
	},
}

// Each way says what is wrong with a path, and leaves nothing there.
func TestPathsThatCannotWork(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	require.NoError(t, os.Mkdir("folder", 0o700))
	require.NoError(t, os.WriteFile("text", []byte("no database\n"), 0o600))
	require.NoError(t, syscall.Mkfifo("pipe", 0o600))
	before := list(t, folder)
	for path, want := range map[string]string{
		"":                     "the path is empty: name a file",
		"~":                    "only a shell replaces ~: write the whole path, such as /home/amy/notewatch.db",
		"~/notewatch.db":       "only a shell replaces ~: write the whole path, such as /home/amy/notewatch.db",
		":memory:":             "a database in memory does not survive the process: name a file",
		"file:notewatch.db":    "this is no URL of PostgreSQL: give one that begins with postgres://, or the path of an SQLite file",
		"mysql://db/notewatch": "this is no URL of PostgreSQL: give one that begins with postgres://, or the path of an SQLite file",
		"folder":               "this is a folder: name a file in it",
		"text":                 "the database is damaged or not a database",
		"text/notewatch.db":    "is not a folder: choose another path",
		"pipe":                 "this is not a regular file: choose another path",
		"no/notewatch.db":      fmt.Sprintf("there is no folder %q: make it, or choose another path", filepath.Join(folder, "no")),
	} {
		for name, use := range using {
			err := use(t, path)
			require.ErrorContains(t, err, want, name)
			require.ErrorContains(t, err, fmt.Sprintf("ing database %q: ", path), name)
		}
	}
	require.Equal(t, before, list(t, folder))
}

func list(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	return names
}

// writerEnv names the database that this test binary writes to when it is started as a process to be killed.
const writerEnv = "NOTEWATCH_TEST_WRITER"

// A process is killed while it writes. What it said was stored is there, and everything fits together.
func TestKilled(t *testing.T) {
	if path := os.Getenv(writerEnv); path != "" {
		writeForEver(t, path)
	}
	for _, commits := range []int{1, 5, 20} {
		path := filepath.Join(t.TempDir(), "notewatch.db")
		told := killAfter(t, path, commits)
		s := open(t, path)
		var verdict string
		require.NoError(t, s.DB().QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
		require.Equal(t, "ok", verdict)

		require.NoError(t, s.ReleaseAll(t.Context()))
		state, err := s.Project(t.Context(), project)
		require.NoError(t, err)
		require.GreaterOrEqual(t, state.Failures, told, "what was stored stays stored")
		d := undelivered(t, s, team)
		require.Equal(t, int64(state.Failures), d.Alert.Version, "a commit is whole or not there")
		claim(t, s, work.Receiver, team)
	}
}

// killAfter kills a process that writes after it has told of some commits, and returns the last that it told of.
func killAfter(t *testing.T, path string, commits int) (told int) {
	writer := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	writer.Env = append(os.Environ(), writerEnv+"="+path)
	out, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	lines := bufio.NewScanner(out)
	for told < commits && lines.Scan() {
		told, err = strconv.Atoi(lines.Text())
		require.NoError(t, err, lines.Text())
	}
	require.NoError(t, writer.Process.Kill())
	for lines.Scan() {
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			told = n
		}
	}
	require.ErrorContains(t, writer.Wait(), "killed")
	require.GreaterOrEqual(t, told, commits)
	return told
}

// writeForEver commits one version of an alert after the other, writes usage in between, and tells of each commit.
func writeForEver(t *testing.T, path string) {
	s := open(t, path)
	for version := 1; ; version++ {
		a := firing("a", "dev:1")
		a.Version = int64(version)
		decide(t, s, store.Commit{
			Project:  store.Project{Failures: version},
			Meanings: judged("r", "1"),
			Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team)},
		})
		fmt.Println(version)
		storetest.SaveUsage(t, s, project, []storetest.Usage{
			{Device: "dev:1", Day: today - 1, Figures: storetest.Figures{rules.Bytes: float64(version)}}, {Device: "dev:1", Day: today},
		})
	}
}
