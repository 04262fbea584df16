package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/command/act"
	"notewatch/internal/complete"
)

func newRedeliver() *cobra.Command {
	var receiver string
	var asJSON bool
	c := &cobra.Command{
		Use:               "redeliver ALERT",
		Short:             "Send an alert again",
		Args:              command.OneArgument("the ID of an alert (see notewatch alerts)"),
		ValidArgsFunction: command.CompleteFirst(complete.AlertIDs(false)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := command.Exists(c); err != nil {
				return err
			}
			w, closeDB, err := command.Attach(c)
			if err != nil {
				return err
			}
			defer closeDB()
			return act.Redeliver(c, w, args[0], receiver, asJSON)
		},
	}
	c.Flags().StringVar(&receiver, "receiver", "", "send only to this receiver")
	command.CompleteFlag(c, "receiver", complete.ReceiverNames)
	command.JSONFlag(c, &asJSON)
	return c
}
