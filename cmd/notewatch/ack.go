package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/command/act"
	"notewatch/internal/complete"
	"notewatch/internal/words"
)

func newAck() *cobra.Command { return newAcknowledge("ack", "Acknowledge a firing alert", true) }

func newUnack() *cobra.Command {
	return newAcknowledge("unack", "Remove the acknowledgement of an alert", false)
}

// newAcknowledge returns the command that acknowledges an alert, or the one that removes the acknowledgement.
func newAcknowledge(word, short string, have bool) *cobra.Command {
	var asJSON bool
	var by string
	c := command.WithJSON(&asJSON, &cobra.Command{
		Use:               word + " ALERT",
		Short:             short,
		Args:              command.OneArgument("the ID of an alert (see notewatch alerts)"),
		ValidArgsFunction: command.CompleteFirst(complete.AlertIDs(true)),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("as") && !act.IsName(by) {
				return command.UsageError{Err: fmt.Errorf("--as %q is no name: give at most %d printable characters; see notewatch %s --help",
					words.Cut(by, act.MaxName), act.MaxName, word)}
			}
			return act.Acknowledge(c, args[0], by, have, asJSON)
		},
	})
	c.Flags().StringVar(&by, "as", "", "name of the person or program, for scripts (default: your user name)")
	return c
}
