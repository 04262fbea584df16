package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
)

func newRefresh() *cobra.Command {
	var asJSON bool
	return command.WithJSON(&asJSON, &cobra.Command{
		Use:   "refresh",
		Short: "Make notewatch run poll every project now",
		Args:  command.NoArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return refresh(c, asJSON) },
	})
}

func refresh(c *cobra.Command, asJSON bool) error {
	s, err := command.Outline(c)
	if err != nil {
		return err
	}
	return command.Change(c, func(db command.Opened) error {
		if db.Demo {
			return errors.New("a demo database is not polled: set NOTEWATCH_DATABASE to the database of notewatch run")
		}
		requests, already, err := db.Settings(c, s).CommandBot(db.Store, db.Clock).Schedule().Refresh(c.Context())
		if err != nil {
			return err
		}
		switch {
		case asJSON:
			return terminal.WriteJSON(c.OutOrStdout(), struct {
				Due      bool `json:"due"`
				Requests int  `json:"requests"`
			}{!already, requests})
		case already:
			return command.ScreenOf(c).Say("Nothing to do: every project is due, is being polled, or was polled within the last minute.")
		}
		return command.ScreenOf(c).Say(fmt.Sprintf("Polls are due now and take at least %s. %s.", words.Count(requests, "request"), db.Hence("polls")))
	})
}
