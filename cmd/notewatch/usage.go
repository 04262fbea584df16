package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

func newUsage() *cobra.Command {
	var q usageOrder
	c := &cobra.Command{
		Use:               "usage [project|fleet|device] [NAME] [today|7d|30d|period]",
		Short:             "Show what a device, fleet or project used, with a forecast",
		ValidArgsFunction: completeFrom(complete.UsageWords),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := q.parse(args)
			if err != nil {
				return usageError{fmt.Errorf("%w; see notewatch usage --help", err)}
			}
			return ask(c, func(d *lookup.Desk) error { return q.run(c, d, name) })
		},
	}
	q.flags(c)
	jsonFlag(c, &q.json)
	return c
}

func (o usageOrder) run(c *cobra.Command, desk *lookup.Desk, name string) error {
	subject, err := desk.Find(c.Context(), name, o.kind.kinds()...)
	if err != nil {
		return err
	}
	usage, err := desk.Usage(c.Context(), subject, o.span.orPeriod())
	switch {
	case err != nil:
		return err
	case o.json:
		return terminal.WriteJSON(c.OutOrStdout(), usage)
	}
	return terminal.Usage(screenOf(c), usage)
}
