package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/terminal"
	"notewatch/internal/words"
)

func newRefresh() *cobra.Command {
	var asJSON bool
	return withJSON(&asJSON, &cobra.Command{
		Use:   "refresh",
		Short: "Make notewatch run poll every project now",
		Args:  noArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return refresh(c, asJSON) },
	})
}

func refresh(c *cobra.Command, asJSON bool) error {
	s, err := outline(c)
	if err != nil {
		return err
	}
	return change(c, func(db opened) error {
		if db.demo {
			return errors.New("a demo database is not polled: set NOTEWATCH_DATABASE to the database of notewatch run")
		}
		requests, already, err := on(c, s, db).CommandBot(db.store, db.clock).Refresh(c.Context())
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
			return screenOf(c).Say("Nothing to do: every project is due, is being polled, or was polled within the last minute.")
		}
		return screenOf(c).Say(fmt.Sprintf("Polls are due now and take at least %s. %s.", words.Count(requests, "request"), db.hence("polls")))
	})
}
