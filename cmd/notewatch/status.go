package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
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
				status, err := d.Status(c.Context())
				return show(c, asJSON, status, err, terminal.Status)
			})
		},
	})
}
