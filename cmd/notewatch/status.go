package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/terminal"
)

func newStatus() *cobra.Command {
	var asJSON bool
	return withJSON(&asJSON, &cobra.Command{
		Use:   "status",
		Short: "Show the state of projects, requests, receivers and alerts",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c, func(d *lookup.Desk) error {
				answer, err := status.Of(c.Context(), d)
				return show(c, asJSON, answer, err, terminal.Status)
			})
		},
	})
}
