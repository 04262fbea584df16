package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/explain"
	"notewatch/internal/terminal"
)

func newExplain() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain ALERT | RULE [NAME]",
		Short: "Tell why a rule fires, or why it does not",
		Long: `Tells what a rule finds about a device or project, from what the database holds: each condition with the values put in, and
whether it and each of its parts is true, false or no data. With an alert, explains its rule for its subject. NAME is a
name, a UID, or a part of one that says which is meant; a rule about projects needs none if there is only one. It reads
the database and the rules file only, also beside notewatch run, asks Notehub nothing and needs no secrets.

--json prints an object with rule, each, project and subject (uid, name), as_of, polled_at, failures, failure, truncated,
listed_at, least and most (the level that is surely held, and the highest that is not ruled out), figure, unit, value,
usual, limit, conditions, error, alert (as notewatch alerts --json has it), mute and held (level, seconds,
of_seconds).
Each of conditions has field and omitted, and as each of its parts text, filled, truth (true, false, no data), and, if it
has any, name, operator, parts and lets (name, text, filled). What is not known is null; times are RFC 3339.`,
		Example: `  notewatch explain data-budget hourly-sensor-6
  notewatch explain silent-device daily-tank-2 --json
  notewatch explain event-budget cold-chain`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return nil
			}
			return usageError{errors.New("want an alert, or a rule and the name of a device or project; see notewatch explain --help")}
		},
		ValidArgsFunction: completeFrom(complete.ExplainWords),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := outline(c)
			if err != nil {
				return err
			}
			return look(c, func(db opened) error {
				b, err := s.Onlooker(db.store, db.clock)
				if err != nil {
					return err
				}
				e, err := explain.Explain(c.Context(), s.Desk(db.store, db.clock.Now), b, args[0], strings.Join(args[1:], " "))
				if misuse, ok := errors.AsType[*explain.MisuseError](err); ok {
					return usageError{fmt.Errorf("%w; see notewatch explain --help", misuse)}
				}
				switch {
				case err != nil:
					return hinted(err)
				case asJSON:
					return terminal.WriteJSON(c.OutOrStdout(), e)
				}
				return terminal.Explanation(screenOf(c), e)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
