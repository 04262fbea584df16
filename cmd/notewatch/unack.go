package main

import "github.com/spf13/cobra"

func newUnack() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "unack ALERT",
		Short: "Remove the acknowledgement of an alert",
		Args:  oneArgument("the ID of an alert (see notewatch alerts)"),
		RunE:  func(c *cobra.Command, args []string) error { return acknowledge(c, args[0], false, asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}
