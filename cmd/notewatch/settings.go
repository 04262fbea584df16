package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/lookup"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
)

// A setup is what a command works with: the environment and the rules file, both checked.
type setup struct {
	environment config.Environment
	file        *config.File
	log         *slog.Logger
	stdout      io.Writer
	process     store.Process    // this one, if it runs notewatch
	metrics     *metrics.Metrics // nil counts nothing
}

// configure reads the environment and the rules file. It returns early when the command is interrupted.
func configure(c *cobra.Command) (setup, error) {
	return interruptible(c.Context(), func() (setup, error) {
		s, err := readEnvironment(c)
		if err == nil {
			s.file, err = config.Load(s.environment.Rules, os.LookupEnv, s.check)
		}
		return s, unread(err)
	})
}

// outline reads the environment and the rules file for a command that only looks: no secret need be there. If it fails, the file in
// the result is empty.
func outline(c *cobra.Command) (setup, error) {
	s, err := readEnvironment(c)
	if err != nil {
		return s, err
	}
	file, err := config.LoadPartly(s.environment.Rules, os.LookupEnv)
	if err == nil {
		s.file = file
	}
	return s, unread(err)
}

func readEnvironment(c *cobra.Command) (setup, error) {
	environment, err := config.ReadEnvironment()
	return setup{environment: environment, file: &config.File{}, log: newLog(c.ErrOrStderr(), environment), stdout: c.OutOrStdout()}, err
}

// interruptible returns what read returns, or the error of ctx as soon as that is done. A file system that does not answer
// may keep read from returning.
func interruptible[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return *new(T), fmt.Errorf("reading the settings: %w", ctx.Err())
	}
}

// unread adds to an error about a rules file that is not there what to do.
func unread(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; copy rules.example.yaml to rules.yaml, or set NOTEWATCH_RULES to the path of your own", err)
	}
	return err
}

func newLog(w io.Writer, environment config.Environment) *slog.Logger {
	options := &slog.HandlerOptions{Level: environment.LogLevel}
	if environment.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// screenOf returns where a command prints its data and its talk.
func screenOf(c *cobra.Command) terminal.Screen {
	out := c.OutOrStdout()
	return terminal.Screen{W: out, Talk: c.ErrOrStderr(), Width: terminal.Width(out), Color: colored(out)}
}

// colored reports whether w is a terminal that wants colour.
func colored(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// desk returns a desk that answers questions about what the rules file names, from what db holds.
func (s setup) desk(db *store.Store, now func() time.Time) *lookup.Desk {
	c := lookup.Config{
		Store: db, Period: s.file.Period, Prices: lookup.Prices(s.file.Prices), Windows: s.file.Silences, Interval: bot.DefaultInterval, Now: now,
	}
	for _, p := range s.file.Projects {
		c.Projects = append(c.Projects, lookup.Project{UID: p.UID, Name: p.Name, Account: p.Account})
	}
	for _, a := range s.file.Accounts {
		c.Accounts = append(c.Accounts, lookup.Account{Name: a.Name, PerMinute: a.RequestsPerMinute})
	}
	for _, r := range s.file.Rules {
		c.Rules = append(c.Rules, r.Rule)
	}
	c.Kinds = bot.New(bot.Config{Rules: s.rules()}).Kinds()
	for _, r := range s.file.Receivers {
		c.Receivers = append(c.Receivers, r.Name)
	}
	return lookup.New(c)
}

// alertDesk returns a desk that answers questions about alerts. Without a rules file, it knows only the values of their newest event.
func alertDesk(c *cobra.Command, db opened) *lookup.Desk {
	s, err := outline(c)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.PrintErrln("Values are those of the newest event of each alert, since the rules file cannot be read: notewatch check says why.")
	}
	return s.desk(db.store, db.clock.Now)
}

// ask lets f ask what the rules file is about, from the database alone, while other processes work with it.
func ask(c *cobra.Command, f func(d *lookup.Desk) error) error {
	s, err := outline(c)
	if err != nil {
		return err
	}
	return look(c, func(db opened) error {
		if err := noteConversion(c, db.store); err != nil {
			return err
		}
		return hinted(f(s.desk(db.store, db.clock.Now)))
	})
}

// hinted adds to an error about a name what to do about it.
func hinted(err error) error {
	if ambiguous, ok := errors.AsType[*lookup.AmbiguousError](err); ok {
		return errors.New(terminal.Candidates(ambiguous))
	}
	unknown, ok := errors.AsType[*lookup.UnknownError](err)
	if !ok || unknown.Nearest != "" || len(unknown.Choices) > 0 {
		return err
	}
	hint := "a UID, a name, or a part of one that says which is meant will do"
	if len(unknown.Kinds) == 1 {
		switch unknown.Kinds[0] {
		case lookup.KindAlert:
			hint = "notewatch alerts --all lists them"
		case lookup.KindSilence:
			hint = "notewatch silences lists them"
		case lookup.KindRule:
			hint = "notewatch check lists them"
		}
	}
	return fmt.Errorf("%w; %s", err, hint)
}
