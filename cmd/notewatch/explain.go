package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/explain"
	"notewatch/internal/terminal"
)

func newExplain() *cobra.Command {
	var asJSON bool
	var at arguments.Day
	c := &cobra.Command{
		Use:   "explain ALERT | RULE [NAME]",
		Short: "Explain why a rule fires, or why it does not",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return nil
			}
			return command.UsageError{Err: errors.New("missing argument: give an alert ID, or a rule and a device or project; see notewatch explain --help")}
		},
		ValidArgsFunction: command.CompleteFrom(complete.ExplainWords),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := command.Outline(c)
			if err != nil {
				return err
			}
			return command.Look(c, func(db command.Opened) error {
				s := db.Settings(c, s)
				b, err := s.ReadingBot(db.Store, db.Clock)
				if err != nil {
					return err
				}
				asked := explain.Question{Alert: args[0], Name: strings.Join(args[1:], " "), Day: at.Day}
				e, err := explain.Explain(c.Context(), s.Reader(db.Store, db.Clock.Now), b, asked)
				if misuse, ok := errors.AsType[*explain.MisuseError](err); ok {
					return command.UsageError{Err: fmt.Errorf("%w; see notewatch explain --help", misuse)}
				}
				return command.Show(c, asJSON, e, terminal.Hinted(err), terminal.Explanation)
			})
		},
	}
	c.Flags().Var(&at, "at", "explain as of the end of this past day, such as 2026-06-16")
	return command.WithJSON(&asJSON, c)
}
