package act

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/bot"
	"notewatch/internal/command"
	"notewatch/internal/selection"
	"notewatch/internal/silences"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
)

// Silence makes the silence that the flags describe, and prints the alerts that it mutes.
func Silence(c *cobra.Command, o silences.Order, asJSON bool) error {
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

// Unsilence ends the silence whose ID is text, or begins with it.
func Unsilence(c *cobra.Command, text string, asJSON bool) error {
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
