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
		Use:               "usage [KIND] [NAME] [today|7d|30d|period]",
		Short:             "Show what a device, fleet or project used, with a forecast",
		ValidArgsFunction: command.CompleteFrom(complete.UsageWords),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := q.Parse(args)
			if err != nil {
				return command.UsageError{Err: fmt.Errorf("%w; see notewatch usage --help", err)}
			}
			return command.Ask(c, func(d *lookup.Desk) error { return showUsage(c, d, q, name, asJSON) })
		},
	}
	command.UsageFlags(c, &q)
	command.JSONFlag(c, &asJSON)
	return c
}

func showUsage(c *cobra.Command, desk *lookup.Desk, q arguments.Usage, name string, asJSON bool) error {
	subject, err := desk.Find(c.Context(), name, q.Kind.Kinds()...)
	if err != nil {
		return err
	}
	usage, err := desk.Usage(c.Context(), subject, q.Span.OrPeriod())
	if err != nil {
		return err
	}
	polls, err := status.FirstPolls(c.Context(), desk, usage)
	return command.Show(c, asJSON, usage, err, func(s terminal.Screen, u lookup.Usage) error { return terminal.Usage(s, u, polls) })
}
