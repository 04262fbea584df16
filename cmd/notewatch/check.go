package main

import (
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/check"
	"notewatch/internal/terminal"
)

func newCheck() *cobra.Command {
	var asJSON bool
	return withJSON(&asJSON, &cobra.Command{
		Use:   "check",
		Short: "Check the settings and the rules file",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := configure(c)
			if err != nil {
				return err
			}
			wired, err := s.Wire(bot.SystemClock())
			if err != nil {
				return err
			}
			if err := s.CheckSlack(); err != nil {
				return err
			}
			warnings := check.Warnings(s.File, s.Environment, time.Now())
			if len(warnings) > 0 {
				c.PrintErrln(warnings)
			}
			report := check.Of(s.File, wired, warnings, time.Now())
			return show(c, asJSON, report, nil, terminal.Check)
		},
	})
}
