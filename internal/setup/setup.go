package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/config/environ"
	"notewatch/internal/lookup"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules/muting"
)

// A Setup holds the checked settings of a process: the environment and the rules file.
type Setup struct {
	Environment environ.Settings
	File        *config.File
	Log         *slog.Logger
	Stdout      io.Writer        // for receivers of the kind terminal
	Color       bool             // whether Stdout is a terminal that shows colours
	Width       int              // of Stdout in columns; 0 if it is no terminal
	Process     work.Process     // this process, if it is notewatch run
	Metrics     *metrics.Metrics // nil counts nothing
}

// Output is where a process prints.
type Output struct {
	Data, Talk io.Writer
	Color      bool // whether Data is a terminal that shows colours
	Width      int  // of Data in columns; 0 if it is no terminal
}

// Read reads the environment and the rules file. It returns early when ctx is done.
func Read(ctx context.Context, out Output) (Setup, error) {
	return interruptible(ctx, func() (Setup, error) {
		s, err := readEnvironment(out)
		if err == nil {
			s.File, err = config.Load(s.Environment.Rules, os.LookupEnv, s.check)
		}
		return s, unread(err)
	})
}

// Outline reads the environment and the rules file for a command that only reads; secrets may be missing. If it fails, the file in the
// result is empty.
func Outline(out Output) (Setup, error) {
	s, err := readEnvironment(out)
	if err != nil {
		return s, err
	}
	file, err := config.LoadPartly(s.Environment.Rules, os.LookupEnv)
	if err == nil {
		s.File = file
	}
	return s, unread(err)
}

// Unwritten reads the environment for a command that needs no rules file. The file in the result has nothing but the account of the environment.
func Unwritten(out Output) (Setup, error) {
	s, err := readEnvironment(out)
	s.File.Accounts = []config.Account{{Name: config.DefaultAccount, RequestsPerMinute: config.DefaultRate}}
	return s, err
}

func readEnvironment(out Output) (Setup, error) {
	environment, err := environ.Read()
	return Setup{
		Environment: environment, File: &config.File{}, Log: newLog(out.Talk, environment), Stdout: out.Data, Color: out.Color,
		Width: out.Width,
	}, err
}

// interruptible returns the result of read, or the error of ctx as soon as that is done, because read may hang on a file system that does
// not answer.
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

// unread adds the next step to an error about a missing rules file.
func unread(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; notewatch init writes one, or set NOTEWATCH_RULES to the path of your own", err)
	}
	return err
}

func newLog(w io.Writer, environment environ.Settings) *slog.Logger {
	options := &slog.HandlerOptions{Level: environment.LogLevel}
	if environment.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func pricesOf(p config.Prices) lookup.Prices {
	return lookup.Prices{Currency: p.Currency, Event: p.Event, FreeEvents: p.FreeEvents, DataBlock: p.DataBlock, BlockSize: p.BlockSize, AsOf: p.AsOf}
}

// Reader returns a reader that answers questions about the subjects of the rules file, from the data in db.
func (s Setup) Reader(db *store.Store, now func() time.Time) *lookup.Reader {
	c := lookup.Config{
		Store: db, Period: s.File.Period, Prices: pricesOf(s.File.Prices), Windows: s.File.Silences, Interval: bot.DefaultInterval, Now: now, Hours: map[string]muting.Hours{},
	}
	for _, p := range s.File.Projects {
		c.Projects = append(c.Projects, lookup.Project{UID: p.UID, Name: p.Name, Account: p.Account, Period: p.Period, Satellite: satelliteOf(cmp.Or(p.Satellite, s.File.Satellite))})
	}
	for _, a := range s.File.Accounts {
		c.Accounts = append(c.Accounts, lookup.Account{Name: a.Name, PerMinute: a.RequestsPerMinute, Prices: new(pricesOf(a.Prices))})
	}
	for _, r := range s.File.Rules {
		c.Rules = append(c.Rules, r.Rule)
	}
	c.Kinds = bot.Kinds(s.rules())
	for _, r := range s.File.Receivers {
		c.Receivers = append(c.Receivers, r.Name)
		if hours := s.File.HoursOf(r); !hours.None() {
			c.Hours[r.Name] = hours
		}
	}
	return lookup.New(c)
}
