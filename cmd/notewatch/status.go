package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/terminal"
)

func newStatus() *cobra.Command {
	var asJSON bool
	return command.WithJSON(&asJSON, &cobra.Command{
		Use:   "status",
		Short: "Show the state of projects, requests, receivers and alerts",
		Args:  command.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return command.Ask(c, func(r *lookup.Reader) error {
				answer, err := status.Of(c.Context(), r)
				return command.Show(c, asJSON, answer, err, terminal.Status)
			})
		},
	})
}
