package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/silences"
	"notewatch/internal/terminal"
)

func newSilences() *cobra.Command {
	var asJSON bool
	return withJSON(&asJSON, &cobra.Command{
		Use:   "silences",
		Short: "List silences and the mute windows of the rules file",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return look(c, func(db opened) error { return listSilences(c, db, asJSON) })
		},
	})
}

// listSilences prints silences and mute windows. Silences are shown even if the rules file cannot be read.
func listSilences(c *cobra.Command, db opened, asJSON bool) error {
	s, unread := outline(c)
	if unread != nil {
		unread = fmt.Errorf("the mute windows of the rules file are not shown: %w", unread)
	}
	all, err := silences.List(c.Context(), on(c, s, db).Desk(db.store, db.clock.Now))
	switch {
	case err != nil:
		return err
	case asJSON:
		err = terminal.WriteList(c.OutOrStdout(), all)
	case len(all) > 0:
		err = terminal.Silences(screenOf(c), all)
	case unread == nil:
		c.PrintErrln("No active silences and no mute windows.")
	default:
		c.PrintErrln("No active silences.")
	}
	return errors.Join(err, unread)
}
