package store_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
)

// A write is something that a store is asked to keep.
type write struct {
	name string
	do   func(context.Context, *store.Store) error
}

// daysWork is what a process writes one after the other, each building on what went before. Whatever can be large is.
func daysWork() []write {
	large := strings.Repeat("x", 1<<20)
	var poll, receiver work.Lease
	var attempts []int64
	a, b := firing("a", "dev:1"), firing("b", "dev:2")
	a.Texts.Summary, b.Texts.Summary = large, large
	message := outbox.Message{ID: "m" + large, Receiver: team}
	members := []outbox.Delivery{waits(a)}
	claim := func(ctx context.Context, s *store.Store, kind work.Kind, key string, lease *work.Lease) error {
		found, ok, err := s.Work.Claim(ctx, kind, key, noon, machine)
		if err == nil && !ok {
			return errors.New("it is not due")
		}
		*lease = found
		return err
	}
	return []write{
		{"adding work", func(ctx context.Context, s *store.Store) error {
			return s.Work.AddWork(ctx, work.Poll, []string{project}, noon)
		}},
		{"claiming poll", func(ctx context.Context, s *store.Store) error {
			return claim(ctx, s, work.Poll, project, &poll)
		}},
		{"committing the poll", func(ctx context.Context, s *store.Store) error {
			return s.Commit(ctx, poll, store.Commit{
				Project: store.Project{UID: project}, Decision: store.Decision{Alerts: alerts(a), Show: shown("a", team), Now: noon},
			})
		}},
		{"storing what was decided", func(ctx context.Context, s *store.Store) error {
			return s.Decide(ctx, store.Decision{Alerts: alerts(b), Show: shown("b", "on-call"), Now: noon})
		}},
		{"storing a silence", func(ctx context.Context, s *store.Store) error {
			silence := silence("s", noon, noon.Add(time.Hour))
			silence.Because = large
			return s.AddSilence(ctx, silence, noon)
		}},
		{"claiming receiver", func(ctx context.Context, s *store.Store) error {
			return claim(ctx, s, work.Receiver, team, &receiver)
		}},
		{"beginning to send", func(ctx context.Context, s *store.Store) (err error) {
			attempts, err = s.Outbox.Begin(ctx, receiver, []outbox.Sending{{Message: message, Members: members}}, noon, machine)
			return err
		}},
		{"recording 1 attempts", func(ctx context.Context, s *store.Store) error {
			out := posted(message, members...)
			out.Message.Ref = large
			return s.Outbox.End(ctx, receiver, of(attempts[0], out))
		}},
		{"extending the lease", func(ctx context.Context, s *store.Store) error {
			return s.Work.Extend(ctx, receiver, machine)
		}},
		{"completing receiver", func(ctx context.Context, s *store.Store) error {
			return s.Work.Complete(ctx, receiver, noon, never, 0)
		}},
	}
}

// While there is trouble nothing is written, and afterwards everything goes on where it was.
func requireSurvives(t *testing.T, s *store.Store, some func(write) bool, begin, end func(), advice string) {
	t.Helper()
	for _, w := range daysWork() {
		if some(w) {
			before := dump(t, s)
			begin()
			err := w.do(t.Context(), s)
			require.ErrorContains(t, err, w.name)
			require.ErrorContains(t, err, advice)
			require.NotErrorIs(t, err, work.ErrLeaseLost)
			requireStrict(t, s)
			require.Equal(t, before, dump(t, s), w.name)
			end()
		}
		require.NoError(t, w.do(t.Context(), s), w.name)
		requireStrict(t, s)
	}
	require.Equal(t, int64(1), told(t, s, "a")[team].Have)
	require.True(t, due(t, s, work.Receiver, team).IsZero())
}

// requireStrict checks that what is written next waits for the disk.
func requireStrict(t *testing.T, s *store.Store) {
	t.Helper()
	require.Equal(t, 2, synchronous(t, s), "FULL")
}

func synchronous(t *testing.T, s *store.Store) (level int) {
	t.Helper()
	require.NoError(t, s.DB().QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&level))
	return level
}

func TestDiskFullLosesNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "notewatch.db"))
	pages := func(most string) func() {
		return func() {
			_, err := s.DB().ExecContext(t.Context(), "PRAGMA max_page_count = "+most)
			require.NoError(t, err)
		}
	}
	small := []string{"adding work", "claiming poll", "claiming receiver", "extending the lease", "completing receiver"}
	large := func(w write) bool { return !slices.Contains(small, w.name) }
	requireSurvives(t, s, large, pages("1"), pages("4294967294"), "the disk is full (database or disk is full (13)): free some space on its disk")
}

func TestLockedLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notewatch.db")
	s := open(t, path)
	_, err := s.DB().ExecContext(t.Context(), "PRAGMA busy_timeout = 1") // not the five seconds that it is else
	require.NoError(t, err)
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	var tx *sql.Tx
	lock := func() {
		tx, err = other.BeginTx(t.Context(), nil)
		require.NoError(t, err)
	}
	unlock := func() { require.NoError(t, tx.Rollback()) }
	all := func(write) bool { return true }
	requireSurvives(t, s, all, lock, unlock, "another program has locked the database (database is locked (5) (SQLITE_BUSY)): end the other program that is writing to the database")
}

// What is written to a file that was deleted is lost with the process, so nothing is. What is read there is old, so it is not shown.
func TestMovedFileIsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notewatch.db")
	s := open(t, path)
	move := func(from, to string) func() {
		return func() { require.NoError(t, os.Rename(from, to)) }
	}
	all := func(write) bool { return true }
	requireSurvives(t, s, all, move(path, path+".away"), move(path+".away", path),
		"the database file was deleted or replaced: put the file back, or restart notewatch")

	require.NoError(t, os.Rename(path, path+".away"))
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	requireCause(t, s.CheckWrite(t.Context()), database.Moved)
	_, err := s.Project(t.Context(), project)
	requireCause(t, err, database.Moved)
}

// requireCause checks why the database cannot be used.
func requireCause(t *testing.T, err error, want database.OutageCause) {
	t.Helper()
	failure, ok := errors.AsType[*database.UnavailableError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, failure.Cause, "%v", err)
}

// What does not wait for the disk is followed by what does, however it ended.
func TestRelaxedIsFollowedByStrict(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "notewatch.db"))
	write := func(ctx context.Context) error {
		return s.Relax(ctx, func(tx store.Transaction) error {
			var level int
			if err := tx.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
				return err
			}
			require.Equal(t, 1, level, "NORMAL")
			_, err := tx.ExecContext(ctx, "INSERT INTO account (name, next_at) VALUES ('acme', 0)")
			return err
		})
	}
	for uses := int32(1); ; uses++ {
		ctx, cancel := context.WithCancel(t.Context())
		err := write(&fuse{Context: ctx, cancel: cancel, uses: uses})
		cancel()
		requireStrict(t, s)
		if err == nil {
			require.Greater(t, uses, int32(5), "it was cancelled at many points before")
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, dumpTable(t, s, "account"))
	}
	require.ErrorContains(t, write(t.Context()), "UNIQUE constraint failed")
	requireStrict(t, s)

	_, _, err := s.Work.Claim(t.Context(), work.Poll, "nothing", noon, machine)
	require.NoError(t, err)
	requireStrict(t, s)
	require.ErrorIs(t, s.Work.Extend(t.Context(), work.Lease{Kind: work.Poll}, machine), work.ErrLeaseLost)
	requireStrict(t, s)
}

// A lease does not wait for the disk, but outlives the process: the files hold it at once.
func TestLeasesOutliveTheProcess(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "notewatch.db")
	s := open(t, path)
	require.NoError(t, s.Work.AddWork(ctx, work.Receiver, []string{team}, noon))
	lease := claim(t, s, work.Receiver, team)

	next := open(t, left(t, path))
	_, ok, err := next.Work.Claim(ctx, work.Receiver, team, noon, machine)
	require.NoError(t, err)
	require.False(t, ok, "it is held")
	require.NoError(t, next.Work.Extend(ctx, lease, machine))

	require.NoError(t, s.Work.Extend(ctx, lease, machine.Add(time.Hour)))
	next = open(t, left(t, path))
	_, ok, err = next.Work.Claim(ctx, work.Receiver, team, noon, machine.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, ok, "it was extended")

	require.NoError(t, s.Work.Complete(ctx, lease, noon, noon.Add(time.Hour), 3))
	next = open(t, left(t, path))
	require.Equal(t, noon.Add(time.Hour), due(t, next, work.Receiver, team))
}

// left copies a database as a process that dies now leaves it: with what is in its log, and without what is in memory.
func left(t *testing.T, path string) string {
	t.Helper()
	after := filepath.Join(t.TempDir(), filepath.Base(path))
	for _, name := range []string{"", "-wal"} {
		from, err := os.Open(path + name)
		require.NoError(t, err)
		to, err := os.Create(after + name)
		require.NoError(t, err)
		_, err = io.Copy(to, from)
		require.NoError(t, err)
		require.NoError(t, errors.Join(from.Close(), to.Close()))
	}
	return after
}
