package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/bot"
	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/selection"
	"notewatch/internal/silences"
	"notewatch/internal/terminal"
)

func newSilence() *cobra.Command {
	o := silences.Order{Prefix: "--"}
	var asJSON bool
	c := &cobra.Command{
		Use:   "silence",
		Short: "Mute matching alerts for a while",
		Args:  command.NoArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return silence(c, o, asJSON) },
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

func silence(c *cobra.Command, o silences.Order, asJSON bool) error {
	return command.Change(c, func(db command.Opened) error {
		now := db.Clock.Now().UTC()
		silence, err := o.Silence(now)
		if err != nil {
			return command.UsageError{Err: fmt.Errorf("%w; see notewatch silence --help", err)}
		}
		silence.ID, silence.By = bot.NewSilenceID(), whoami()
		selector, err := selection.NewSelector(c.Context(), db.Reader(c))
		if err != nil {
			return err
		}
		if silence.Match, err = arguments.Identify(c.Context(), selector, silence.Match); err != nil {
			return terminal.Hinted(err)
		}
		count, err := selector.Reader.CountOpen(c.Context(), silence.Match)
		if err != nil {
			return err
		}
		if err := command.Bot(db).Silence(c.Context(), silence); err != nil {
			return err
		}
		made, err := silences.Of(c.Context(), selector.Reader, silence)
		switch {
		case err != nil:
			return err
		case asJSON:
			return terminal.WriteJSON(c.OutOrStdout(), struct {
				silences.Silence
				Matches int `json:"matches"`
			}{made, count})
		}
		return terminal.NewSilence(command.ScreenOf(c), silence, made.Match, count, now, db.Hence("applies it"))
	})
}
