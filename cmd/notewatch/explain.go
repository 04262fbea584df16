package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
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
			return usageError{errors.New("missing argument: give an alert ID, or a rule and a device or project; see notewatch explain --help")}
		},
		ValidArgsFunction: completeFrom(complete.ExplainWords),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := outline(c)
			if err != nil {
				return err
			}
			return look(c, func(db opened) error {
				s := on(c, s, db)
				b, err := s.ReadingBot(db.store, db.clock)
				if err != nil {
					return err
				}
				asked := explain.Question{Alert: args[0], Name: strings.Join(args[1:], " "), Day: at.Day}
				e, err := explain.Explain(c.Context(), s.Desk(db.store, db.clock.Now), b, asked)
				if misuse, ok := errors.AsType[*explain.MisuseError](err); ok {
					return usageError{fmt.Errorf("%w; see notewatch explain --help", misuse)}
				}
				return show(c, asJSON, e, terminal.Hinted(err), terminal.Explanation)
			})
		},
	}
	c.Flags().Var(&at, "at", "explain as of the end of this past day, such as 2026-06-16")
	return withJSON(&asJSON, c)
}
