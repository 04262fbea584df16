package main

import (
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/dispatch"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
	"notewatch/internal/watch"
	"notewatch/rules"
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
			a, err := lookup.New(lookup.Config{Store: w.Config.Bot.Store, Now: time.Now}).Alert(c.Context(), args[0])
			if err != nil {
				return terminal.Hinted(err)
			}
			return redeliver(c, w, a, receiver, asJSON)
		},
	}
	c.Flags().StringVar(&receiver, "receiver", "", "send only to this receiver")
	command.CompleteFlag(c, "receiver", complete.ReceiverNames)
	command.JSONFlag(c, &asJSON)
	return c
}

func redeliver(c *cobra.Command, w *watch.Watch, a rules.Alert, receiver string, asJSON bool) error {
	again, receivers, err := dispatch.Again(c.Context(), w, a.ID, receiver)
	if err != nil {
		return err
	}
	c.PrintErrf("sending %s again to %s\n", a.ID, dispatch.Listed(receivers))
	results, err := again.Deliver(c.Context(), dispatch.SendPatience, dispatch.Waits)
	if err != nil {
		return err
	}
	return report(c, results, asJSON)
}
