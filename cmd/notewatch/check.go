package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/check"
	"notewatch/internal/command"
	"notewatch/internal/command/account"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/setup"
	"notewatch/internal/store/database"
	"notewatch/internal/survey"
	"notewatch/internal/terminal"
)

func newCheck() *cobra.Command {
	var asJSON, live bool
	var project string
	c := &cobra.Command{
		Use:   "check",
		Short: "Check the settings and the rules file",
		Args:  command.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if project != "" && !live {
				return command.UsageError{Err: errors.New("--project is for --live")}
			}
			s, err := command.Configure(c)
			if err != nil {
				return err
			}
			if live {
				return account.Live(c, s, project, asJSON)
			}
			wired, err := s.Wire(bot.SystemClock())
			if err != nil {
				return err
			}
			if err := s.CheckSlack(); err != nil {
				return err
			}
			counted, accounts, err := lookAtData(c, s)
			if err != nil {
				return err
			}
			warnings := append(check.Warnings(s.File, s.Environment, time.Now()), check.OfData(s.File, counted)...)
			warnings = append(warnings, check.OfOrganizations(s.File, accounts)...)
			if len(warnings) > 0 {
				c.PrintErrln(warnings)
			}
			report := check.Of(s.File, wired, warnings, counted, time.Now())
			return command.Show(c, asJSON, report, nil, terminal.Check)
		},
	}
	c.Flags().BoolVar(&live, "live", false, "check that Notehub answers as assumed, with at most 12 requests")
	c.Flags().StringVar(&project, "project", "", "with --live: UID or name of the project to ask about (default: the first)")
	command.CompleteFlag(c, "project", complete.Subjects(lookup.KindProject))
	return command.WithJSON(&asJSON, c)
}

// lookAtData returns what the rules match as of the last polls, and the accounts of which it is not known which organization pays; nil if there
// is no database yet, or it cannot be read, which it says.
func lookAtData(c *cobra.Command, s setup.Setup) (counted []survey.Rule, accounts []survey.Account, err error) {
	err = command.Look(c, func(db command.Opened) error {
		b, err := db.Settings(c, s).ReadingBot(db.Store, db.Clock)
		if err != nil {
			return err
		}
		all, polled, err := survey.Of(c.Context(), b)
		if polled {
			counted = all
		}
		if err == nil {
			accounts, err = survey.Accounts(c.Context(), b)
		}
		return err
	})
	if errors.Is(err, database.ErrMissing) {
		return nil, nil, nil
	}
	if err != nil && c.Context().Err() == nil {
		c.PrintErrf("What the rules match now is not known: %v\n", err)
		return nil, nil, nil
	}
	return counted, accounts, err
}
