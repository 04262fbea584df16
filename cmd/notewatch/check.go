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
	c := &cobra.Command{
		Use:   "check",
		Short: "Check the settings and the rules file",
		Long: `Checks the environment and the rules file, and prints how each rule and each mute window is understood. Nothing is sent
anywhere. Warnings about settings without effect go to stderr and do not change the exit code.

--json prints an object with file, projects (uid, name), accounts (name, projects, requests_per_minute, interval_seconds), rules (name, each, kind, levels, reads, receivers), receivers (name, from,
fallback) and windows (as notewatch silences --json has them).`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := configure(c)
			if err != nil {
				return err
			}
			wired, err := s.wire(bot.SystemClock())
			if err != nil {
				return err
			}
			if err := s.checkSlack(); err != nil {
				return err
			}
			if warnings := check.Warnings(s.file, s.environment, time.Now()); len(warnings) > 0 {
				c.PrintErrln(warnings)
			}
			report := check.Of(s.file, wired, time.Now())
			if asJSON {
				return terminal.WriteJSON(c.OutOrStdout(), report)
			}
			return terminal.Check(screenOf(c), report)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
