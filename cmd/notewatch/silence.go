package main

import (
	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/command/act"
	"notewatch/internal/complete"
	"notewatch/internal/silences"
)

func newSilence() *cobra.Command {
	o := silences.Order{Prefix: "--"}
	var asJSON bool
	c := &cobra.Command{
		Use:   "silence",
		Short: "Mute matching alerts for a while",
		Args:  command.NoArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return act.Silence(c, o, asJSON) },
	}
	command.MatchFlags(c, &o.Match)
	c.Flags().StringVar(&o.Match.Alert, "alert", "", "only this alert")
	c.Flags().BoolVar(&o.Everything, "everything", false, "all alerts")
	c.Flags().StringVar(&o.For, "for", "", "duration, such as 90m, 2h, 3d or 1w; at most a year")
	c.Flags().StringVar(&o.From, "from", "", `start, such as 22:00 (default: now)`)
	c.Flags().StringVar(&o.Until, "until", "", `end instead of --for: 14:00, tomorrow, "2026-06-15 14:00", or over (when the alert ends)`)
	command.CompleteFlag(c, "from", complete.OneOf("tomorrow"))
	command.CompleteFlag(c, "alert", complete.AlertIDs(true))
	command.CompleteFlag(c, "until", complete.OneOf(silences.Over, "tomorrow"))
	c.Flags().StringVar(&o.Because, "because", "", "reason, shown with the silence")
	command.JSONFlag(c, &asJSON)
	return c
}
