package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/silences"
	"notewatch/internal/terminal"
)

func newSilences() *cobra.Command {
	var asJSON bool
	return command.WithJSON(&asJSON, &cobra.Command{
		Use:   "silences",
		Short: "List silences and the mute windows of the rules file",
		Args:  command.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return command.Look(c, func(db command.Opened) error { return listSilences(c, db, asJSON) })
		},
	})
}

// listSilences prints silences and mute windows. Silences are shown even if the rules file cannot be read.
func listSilences(c *cobra.Command, db command.Opened, asJSON bool) error {
	s, unread := command.Outline(c)
	if unread != nil {
		unread = fmt.Errorf("the mute windows of the rules file are not shown: %w", unread)
	}
	all, err := silences.List(c.Context(), db.Settings(c, s).Reader(db.Store, db.Clock.Now))
	switch {
	case err != nil:
		return err
	case asJSON:
		err = terminal.WriteList(c.OutOrStdout(), all)
	case len(all) > 0:
		err = terminal.Silences(command.ScreenOf(c), all)
	case unread == nil:
		c.PrintErrln("No active silences and no mute windows.")
	default:
		c.PrintErrln("No active silences.")
	}
	return errors.Join(err, unread)
}
