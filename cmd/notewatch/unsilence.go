package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/command/act"
	"notewatch/internal/complete"
)

func newUnsilence() *cobra.Command {
	var asJSON bool
	return command.WithJSON(&asJSON, &cobra.Command{
		Use:               "unsilence ID",
		Short:             "End a silence",
		Args:              command.OneArgument("the ID of a silence (see notewatch silences)"),
		ValidArgsFunction: command.CompleteFirst(complete.SilenceIDs),
		RunE:              func(c *cobra.Command, args []string) error { return act.Unsilence(c, args[0], asJSON) },
	})
}
