package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

func newTop() *cobra.Command {
	q, asJSON := arguments.Top{N: arguments.TopRows}, false
	c := &cobra.Command{
		Use:               "top [N] [METRIC|cost] [today|7d|30d|period]",
		Short:             "List the devices or routes with the highest usage",
		ValidArgsFunction: command.CompleteFrom(complete.OneOf(lookup.By()...), complete.OneOf(lookup.SpanWords()...)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := q.Parse(args); err != nil {
				return command.UsageError{Err: fmt.Errorf("%w; see notewatch top --help", err)}
			}
			return command.Ask(c, func(r *lookup.Reader) error { return top(c, r, q, asJSON) })
		},
	}
	c.Flags().StringVar(&q.Project, "project", "", "only devices of this project, by UID or name")
	c.Flags().StringVar(&q.Fleet, "fleet", "", "only devices of this fleet, by UID or name")
	command.CompleteFlag(c, "project", complete.Subjects(lookup.KindProject))
	command.CompleteFlag(c, "fleet", complete.Subjects(lookup.KindFleet))
	command.JSONFlag(c, &asJSON)
	return c
}

func top(c *cobra.Command, reader *lookup.Reader, q arguments.Top, asJSON bool) error {
	query, err := q.Query(c.Context(), reader)
	if err != nil {
		return err
	}
	top, err := reader.Top(c.Context(), query)
	return command.Show(c, asJSON, top, err, terminal.Top)
}
