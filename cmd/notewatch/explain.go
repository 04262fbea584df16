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
		Short: "Explain why a rule fires, or why it does not",
		Long: `Explains the result of a rule for a device or project: each condition with its values, and whether it and each of its parts
is true, false or no data. Given an alert, explains its rule for its device or project. NAME is a name, a UID, or an
unambiguous part of one; it may be left out for a project rule if there is only one project. Reads only the database and
the rules file, also while notewatch run is running; sends no request to Notehub and needs no secrets.

--json prints an object with rule, each, project and subject (uid, name), as_of, polled_at, failures, failure, truncated,
listed_at, least and most (the highest level that is certainly reached, and the highest that is possible), figure, unit, value,
usual, limit, conditions, error, alert (as in notewatch alerts --json), mute and held (level, seconds, of_seconds).
Each condition has field, omitted and the keys of a part. A part has text, filled, truth (true, false, no data) and, if it
has any, name, operator, parts and lets (name, text, filled). No data is null; times are RFC 3339.`,
		Example: `  notewatch explain data-budget hourly-sensor-6
  notewatch explain silent-device daily-tank-2 --json
  notewatch explain event-budget cold-chain`,
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
