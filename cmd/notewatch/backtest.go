package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"notewatch/internal/backtest"
	"notewatch/internal/command"
	"notewatch/internal/config"
	"notewatch/internal/setup"
	"notewatch/internal/terminal"
)

func newBacktest() *cobra.Command {
	var days int
	var other string
	var asJSON bool
	c := &cobra.Command{
		Use:   "backtest",
		Short: "Show what the rules would have sent in the past",
		Args:  command.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if days < 1 || days > backtest.MaxDays {
				return command.UsageError{Err: fmt.Errorf("--days %d: want 1 to %d", days, backtest.MaxDays)}
			}
			s, err := command.Outline(c)
			if err != nil {
				return err
			}
			if other == "" {
				report, err := replay(c, s, days)
				return command.Show(c, asJSON, report, err, terminal.Backtest)
			}
			changed := s
			if changed.File, err = config.LoadPartly(other, os.LookupEnv); err != nil {
				return err
			}
			before, err := replay(c, s, days)
			if err != nil {
				return err
			}
			after, err := replay(c, changed, days)
			return command.Show(c, asJSON, backtest.Compare(before, after), err, terminal.Comparison)
		},
	}
	c.Flags().IntVar(&days, "days", 30, "complete days to look at, up to today")
	c.Flags().StringVar(&other, "compare", "", "show what this rules file would add and take away")
	command.CompleteFile(c, "compare", "yaml", "yml")
	return command.WithJSON(&asJSON, c)
}

// replay tests a rules file on the database.
func replay(c *cobra.Command, s setup.Setup, days int) (report backtest.Report, err error) {
	progress := terminal.Progress{Screen: command.TalkOf(c)}
	defer progress.End()
	return report, command.Look(c, func(db command.Opened) error {
		if err := command.NoteConversion(c, db.Store); err != nil {
			return err
		}
		report, err = backtest.Run(c.Context(), db.Store, db.Settings(c, s).File, backtest.Query{Days: days, Now: db.Clock.Now(), Done: progress.Days})
		return err
	})
}
