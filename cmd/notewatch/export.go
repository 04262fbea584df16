package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/export"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

func newExport() *cobra.Command {
	var q arguments.Export
	c := &cobra.Command{
		Use:               "export [project|fleet|device] [NAME] [today|7d|30d|period]",
		Short:             "Print the data of each device and day for spreadsheets",
		ValidArgsFunction: command.CompleteFrom(complete.UsageWords),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := q.Parse(args)
			if err != nil {
				return command.UsageError{Err: fmt.Errorf("%w; see notewatch export --help", err)}
			}
			return command.Ask(c, func(r *lookup.Reader) error { return exportData(c, r, &q, name) })
		},
	}
	command.UsageFlags(c, &q.Usage)
	c.Flags().Var(&q.From, "from", "first day, such as 2026-05-01 (default: the first with data)")
	c.Flags().Var(&q.To, "to", "last day (default: the last with data)")
	c.Flags().BoolVar(&q.Totals, "totals", false, "print the totals of projects instead of their devices")
	c.Flags().BoolVar(&q.CSV, "csv", false, "print CSV in UTF-8 (the default)")
	command.JSONFlag(c, &q.JSON)
	return c
}

func exportData(c *cobra.Command, reader *lookup.Reader, q *arguments.Export, name string) error {
	query, err := q.Query(c.Context(), reader, name)
	if err != nil {
		return err
	}
	data, err := export.Of(c.Context(), reader, query)
	if err != nil {
		return err
	}
	if len(data.Figures) == 0 {
		c.PrintErrln("No data yet: is notewatch run running?")
	}
	var progress terminal.Screen
	if command.ScreenOf(c).Width == 0 && !q.Totals { // otherwise the rows show it
		progress = terminal.Screen{W: c.ErrOrStderr(), Width: terminal.Width(c.ErrOrStderr())}
	}
	err = terminal.Export(c.Context(), c.OutOrStdout(), data, q.JSON, progress)
	if errors.Is(err, syscall.EPIPE) {
		return nil // the reader has seen enough
	}
	return err
}
