package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/silences"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
)

func newUnsilence() *cobra.Command {
	var asJSON bool
	return command.WithJSON(&asJSON, &cobra.Command{
		Use:               "unsilence ID",
		Short:             "End a silence",
		Args:              command.OneArgument("the ID of a silence (see notewatch silences)"),
		ValidArgsFunction: command.CompleteFirst(complete.SilenceIDs),
		RunE:              func(c *cobra.Command, args []string) error { return unsilence(c, args[0], asJSON) },
	})
}

func unsilence(c *cobra.Command, text string, asJSON bool) error {
	return command.Change(c, func(db command.Opened) error {
		ctx, reader := c.Context(), db.Reader(c)
		silence, err := reader.Silence(ctx, text)
		if err != nil {
			return terminal.Hinted(err)
		}
		if now := db.Clock.Now(); silence.Over(now) {
			return fmt.Errorf("silence %s already ended at %s", silence.ID, words.Time(silence.Stops()))
		}
		ended, err := command.Bot(db).Unsilence(ctx, silence.ID, whoami())
		if err == nil && !ended { // someone else ended it at the same time
			err = fmt.Errorf("silence %s already ended", silence.ID)
		}
		if err != nil {
			return err
		}
		if !asJSON {
			return command.ScreenOf(c).Say("Ended silence " + silence.ID + ". " + db.Hence("sends the alerts that are still firing") + ".")
		}
		view, err := silences.ByID(ctx, reader, silence.ID)
		return command.Show(c, asJSON, view, err, nil)
	})
}
