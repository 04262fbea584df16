package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/command/replay"
)

func newBacktest() *cobra.Command {
	var o replay.Options
	c := &cobra.Command{
		Use:   "backtest",
		Short: "Show what the rules would have sent in the past",
		Args:  command.NoArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return replay.Show(c, o) },
	}
	c.Flags().IntVar(&o.Days, "days", 30, "complete days to look at, up to today")
	c.Flags().StringVar(&o.Compare, "compare", "", "show what this rules file would add and take away")
	c.Flags().StringVar(&o.Fetch, "fetch", "", "read the days from Notehub first, into a database of their own; says first how many requests that takes")
	c.Flags().Lookup("fetch").NoOptDefVal = replay.DefaultFile
	c.Flags().BoolVar(&o.Yes, "yes", false, "with --fetch: do not ask whether the requests may be sent")
	command.CompleteFile(c, "compare", "yaml", "yml")
	command.CompleteFile(c, "fetch", "db")
	return command.WithJSON(&o.JSON, c)
}
