package main

import (
	"errors"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/lookup"
	"notewatch/internal/setup"
	"notewatch/internal/status"
	"notewatch/internal/terminal"
)

func newOnce() *cobra.Command {
	var asJSON bool
	return command.WithJSON(&asJSON, &cobra.Command{
		Use:   "once",
		Short: "Poll, evaluate and notify once, then exit",
		Args:  command.NoArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return cycle(c, asJSON) },
	})
}

func cycle(c *cobra.Command, asJSON bool) error {
	ctx := c.Context()
	s, err := command.Configure(c)
	if err != nil {
		return err
	}
	if asJSON {
		s.Stdout, s.Color, s.Width = c.ErrOrStderr(), command.Colored(c.ErrOrStderr()), terminal.Width(c.ErrOrStderr())
	}
	s.Process = s.ThisProcess(version)
	w, closeDB, err := s.Start(ctx, true)
	if err != nil {
		return err
	}
	defer closeDB()
	if s, err = s.With(ctx, w.Config.Bot.Store); err != nil {
		return err
	}
	if w.StandsBy() {
		return errors.New("other rules are active, those of a running process: use the same rules file, or stop that process")
	}
	if err := w.Bot.Schedule().PollNow(ctx); err != nil {
		return err
	}
	if _, err := w.Turn(ctx); err != nil {
		return err
	}
	if err := w.Bot.Convert(ctx); err != nil {
		return err
	}
	db := w.Config.Bot.Store
	reader := s.Reader(db, w.Config.Bot.Clock.Now)
	firing, err := reader.Firing(ctx)
	if err != nil {
		return err
	}
	if err := reportFiring(c, s, reader, firing, asJSON); err != nil {
		return err
	}
	if err := s.Trouble(ctx, db); err != nil {
		return err
	}
	if len(firing) > 0 {
		return errFiring
	}
	return nil
}

// reportFiring prints the firing alerts and the time of the data.
func reportFiring(c *cobra.Command, s setup.Setup, reader *lookup.Reader, firing []lookup.Alert, asJSON bool) error {
	if err := command.ShowList(c, asJSON, firing, terminal.Firing); err != nil {
		return err
	}
	answer, err := status.Of(c.Context(), reader)
	if err != nil {
		return err
	}
	talk := command.ScreenOf(c)
	talk.W = s.Stdout
	return terminal.AsOf(talk, answer)
}
