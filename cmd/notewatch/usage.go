package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/terminal"
)

func newUsage() *cobra.Command {
	var q arguments.Usage
	var asJSON bool
	c := &cobra.Command{
		Use:               "usage [KIND] [NAME] [METRIC] [today|7d|30d|period]",
		Short:             "Show what a device, fleet or project used, with a forecast",
		ValidArgsFunction: command.CompleteFrom(complete.UsageWords),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := q.Parse(args)
			if err != nil {
				return command.UsageError{Err: fmt.Errorf("%w; see notewatch usage --help", err)}
			}
			return command.Ask(c, func(r *lookup.Reader) error { return showUsage(c, r, q, name, asJSON) })
		},
	}
	command.UsageFlags(c, &q)
	command.JSONFlag(c, &asJSON)
	return c
}

func showUsage(c *cobra.Command, reader *lookup.Reader, q arguments.Usage, name string, asJSON bool) error {
	subject, err := reader.Find(c.Context(), name, q.Kind.Kinds()...)
	if err != nil {
		return err
	}
	usage, err := reader.Usage(c.Context(), subject, q.Span.OrPeriod(), q.Metrics...)
	if err != nil {
		return err
	}
	polls, err := status.FirstPolls(c.Context(), reader, usage)
	return command.Show(c, asJSON, usage, err, func(s terminal.Screen, u lookup.Usage) error { return terminal.Usage(s, u, polls) })
}
