package replay

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"notewatch/internal/backtest"
	"notewatch/internal/command"
	"notewatch/internal/config"
	"notewatch/internal/setup"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
)

// Options are the flags of backtest.
type Options struct {
	Days    int
	Compare string // path of another rules file; "" is none
	Fetch   string // path of the database into which the days are read from Notehub first; "" reads the database of the settings
	Yes     bool   // ask nothing
	JSON    bool
}

// Show tests the rules file, and the other one, and prints the result.
func Show(c *cobra.Command, o Options) error {
	switch {
	case o.Days < 1 || o.Days > backtest.MaxDays:
		return command.UsageError{Err: fmt.Errorf("--days %d: want 1 to %d", o.Days, backtest.MaxDays)}
	case o.Yes && o.Fetch == "":
		return command.UsageError{Err: errors.New("--yes is for --fetch")}
	}
	s, err := command.Outline(c)
	if err != nil {
		return err
	}
	files := []*config.File{s.File}
	if o.Compare != "" {
		other, err := config.LoadPartly(o.Compare, os.LookupEnv)
		if err != nil {
			return err
		}
		files = append(files, other)
	}
	reports, err := o.replay(c, s, files)
	switch {
	case errors.Is(err, context.Canceled):
		return errInterrupted
	case err != nil:
		return err
	}
	if o.Compare != "" {
		return command.Show(c, o.JSON, backtest.Compare(reports[0], reports[1]), nil, terminal.Comparison)
	}
	return command.Show(c, o.JSON, reports[0], nil, terminal.Backtest)
}

var errInterrupted = errors.New("interrupted before the first day; nothing was sent")

// replay tests rules files on the database of the options.
func (o Options) replay(c *cobra.Command, s setup.Setup, files []*config.File) (reports []backtest.Report, err error) {
	if o.Fetch != "" {
		return o.replayFetched(c, s, files)
	}
	return reports, command.Look(c, func(db command.Opened) error {
		if err := command.NoteConversion(c, db.Store); err != nil {
			return err
		}
		for i := range files {
			s.File = files[i]
			files[i] = db.Settings(c, s).File
		}
		reports, err = o.run(c, db, files)
		return err
	})
}

// run tests rules files on a database.
func (o Options) run(c *cobra.Command, db command.Opened, files []*config.File) (reports []backtest.Report, err error) {
	progress := terminal.Progress{Screen: command.TalkOf(c)}
	defer progress.End()
	for _, file := range files {
		done := 0
		report, err := backtest.Run(c.Context(), db.Store, file, backtest.Query{Days: o.Days, Now: db.Clock.Now(), Done: func(days, total int) {
			done = days
			progress.Days(days, total)
		}})
		if errors.Is(err, context.Canceled) {
			return nil, fmt.Errorf("interrupted after %d of %s of %s; nothing was sent, and a backtest begins again: --days looks at fewer days",
				done, words.Count(o.Days, "day"), file.Path)
		}
		if err != nil {
			return nil, err
		}
		reports = append(reports, report)
	}
	return reports, nil
}
