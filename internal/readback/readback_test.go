package readback_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/readback"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

const token = "a-token"

var now = time.Date(2026, 6, 30, 15, 0, 0, 0, time.UTC)

// A rig reads a simulated project into a database.
type rig struct {
	t      *testing.T
	hub    *notehubtest.Server
	reader readback.Reader
	days   int    // to read before today
	shown  func() // is called when a project begins to be read
}

func newRig(t *testing.T) *rig {
	t.Helper()
	clock := driven.NewClock(now)
	r := &rig{t: t, days: 40, shown: func() {}, hub: notehubtest.New(notehubtest.Config{Now: clock.Now, Token: token, Seed: 1, Projects: []notehubtest.Project{
		{UID: "app:1", Name: "one", Devices: notehubtest.Fleet(1, 3, now.AddDate(-1, 0, 0), nil)},
	}})}
	db, err := store.Temporary(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	file, err := config.Parse("rules.yaml", []byte("projects: [{uid: 'app:1', name: one}]\nreceivers: [{name: team, terminal: {}}]\n"+
		"rules: [{name: busy, when: events.today > 5 && sessions.today > 5}]\n"), func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	r.reader = readback.Reader{
		Store: db, Clock: clock.Clock(), Machine: driven.NewClock(now).Now, Reads: readback.ReadsOf(file), Log: slog.New(slog.DiscardHandler),
		First:    func(_ readback.Project, today rules.Day) rules.Day { return today - rules.Day(r.days) },
		Progress: func(string) { r.shown() },
	}
	return r
}

// read reads the projects with some UIDs, and returns the number of requests that it made.
func (r *rig) read(ctx context.Context, uids ...string) (requests int, skipped []readback.Skipped, err error) {
	r.t.Helper()
	client, err := notehub.New(notehub.Config{BaseURL: "http://notehub.invalid", Token: secret.New(token), HTTP: r.hub.Client()})
	require.NoError(r.t, err)
	var projects []readback.Project
	for _, uid := range uids {
		projects = append(projects, readback.Project{UID: uid, Name: "one", Account: "acme", PerMinute: 1e6, Client: client})
	}
	before := len(r.hub.Requests())
	_, skipped, err = r.reader.Read(ctx, projects)
	return len(r.hub.Requests()) - before, skipped, err
}

// requireDays fails unless all days that are wanted are in the database.
func (r *rig) requireDays() {
	r.t.Helper()
	coverage, err := r.reader.Store.Usage.Coverage(r.t.Context(), "app:1")
	require.NoError(r.t, err)
	today := rules.DayOf(now)
	for _, figure := range []rules.Figure{rules.Events, rules.Sessions} {
		require.LessOrEqual(r.t, coverage[figure].First, today-rules.Day(r.days))
		require.Equal(r.t, today, coverage[figure].Last)
	}
}

// What has been read is not read again; more days are read beside those that are there.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first, _, err := r.read(t.Context(), "app:1")
	require.NoError(t, err)
	require.Equal(t, readback.Requests(r.reader.Reads), first, "as announced")
	r.requireDays()
	again, _, err := r.read(t.Context(), "app:1")
	require.NoError(t, err)
	require.Zero(t, again)
	r.days = 150
	more, _, err := r.read(t.Context(), "app:1")
	require.NoError(t, err)
	require.Positive(t, more)
	r.requireDays()
}

// An interruption between two requests keeps what the first one read.
func TestIsInterrupted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	whole, _, err := newRig(t).read(t.Context(), "app:1")
	require.NoError(t, err)
	for _, fault := range []notehubtest.Endpoint{notehubtest.Events, notehubtest.Sessions} {
		r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Endpoint: fault})
		_, _, err := r.read(t.Context(), "app:1")
		require.ErrorContains(t, err, "what was read is kept: repeat the command to go on")
		r.hub.ClearFaults()
	}
	rest, _, err := r.read(t.Context(), "app:1")
	require.NoError(t, err)
	require.Less(t, rest, whole)
	r.requireDays()
	ctx, cancel := context.WithCancel(t.Context())
	r = newRig(t)
	r.shown = cancel
	_, _, err = r.read(ctx, "app:1")
	require.ErrorIs(t, err, context.Canceled)
}

// A project that Notehub refuses to show is left out, unless there is no other.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, skipped, err := r.read(t.Context(), "app:1", "app:2")
	require.NoError(t, err)
	require.Len(t, skipped, 1)
	require.Equal(t, "app:2", skipped[0].Project.UID)
	_, _, err = r.read(t.Context(), "app:2")
	require.ErrorContains(t, err, "the owner of the token needs at least the role viewer in a project to watch it")
}

// A person is asked until the answer is yes or no; Enter is yes.
func TestConfirm(t *testing.T) {
	t.Parallel()
	ended := errors.New("the input ended")
	for _, c := range []struct {
		name  string
		typed []string
		want  error
		again int // how often the person is told what to type
	}{
		{name: "enter", typed: []string{""}},
		{name: "yes", typed: []string{" Yes "}},
		{name: "no", typed: []string{"N"}, want: readback.ErrDeclined},
		{name: "neither", typed: []string{"q", "not now", "no"}, want: readback.ErrDeclined, again: 2},
		{name: "no input", want: ended},
	} {
		typed, again := c.typed, 0
		err := readback.Confirm(func(string) (string, error) {
			if len(typed) == 0 {
				return "", ended
			}
			answer := typed[0]
			typed = typed[1:]
			return answer, nil
		}, func(string) { again++ })
		require.ErrorIs(t, err, c.want, c.name)
		require.Equal(t, c.again, again, c.name)
	}
}
