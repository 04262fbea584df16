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
		Long: `Checks the environment and the rules file, and prints how each rule and each mute window is understood. Sends nothing.
Warnings about settings without effect and about likely mistakes in rules go to stderr and do not change the exit code. A
rule accepts a warning whose code is in brackets by accept: [code].

--json prints an object with file, projects (uid, name), accounts (name, projects, requests_per_minute, interval_seconds), rules (name, each, kind, levels, reads, receivers), receivers (name, from,
fallback), windows (as in notewatch silences --json) and warnings (code, file, line, column, where, message, hint).`,
		Args: noArguments,
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
			if asJSON {
				return terminal.WriteJSON(c.OutOrStdout(), report)
			}
			return terminal.Check(screenOf(c), report)
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
