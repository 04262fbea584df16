package main

import "github.com/spf13/cobra"

func newUnack() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "unack ALERT",
		Short: "Say that nobody has an alert any more",
		Long: `Removes the acknowledgement of a firing alert, so that reminders go on.

` + acknowledgedJSON,
		Args: oneArgument("the ID of an alert, which notewatch alerts lists"),
		RunE: func(c *cobra.Command, args []string) error { return acknowledge(c, args[0], false, asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}
