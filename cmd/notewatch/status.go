package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

func newStatus() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the state of projects, requests, receivers and alerts",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c, func(d *lookup.Desk) error {
				status, err := d.Status(c.Context())
				switch {
				case err != nil:
					return err
				case asJSON:
					return terminal.WriteJSON(c.OutOrStdout(), status)
				}
				return terminal.Status(screenOf(c), status)
			})
		},
	}
	jsonFlag(c, &asJSON)
	return c
}
