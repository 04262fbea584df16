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
	c := &cobra.Command{
		Use:   "silences",
		Short: "List silences and the mute windows of the rules file",
		Long: `Lists the silences that are not over, and the windows in which the rules file keeps people from being told every week.

--json prints an array of objects with kind (silence or window), id, match (alert, rule, project, project_name, device, device_name), on, start and
end (of a window that is closed: when it opens next; none: when the alert is over), schedule (of a window), by and because.`,
		Example: `  notewatch silences
  notewatch silences --json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return look(c, func(db opened) error { return listSilences(c, db, asJSON) })
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// listSilences prints silences and mute windows. Silences are shown even if the rules file cannot be read.
func listSilences(c *cobra.Command, db opened, asJSON bool) error {
	s, unread := outline(c)
	if unread != nil {
		unread = fmt.Errorf("the windows of the rules file are not shown: %w", unread)
	}
	all, err := silences.List(c.Context(), s.Desk(db.store, db.clock.Now))
	switch {
	case err != nil:
		return err
	case asJSON:
		err = terminal.WriteList(c.OutOrStdout(), all)
	case len(all) > 0:
		err = terminal.Silences(screenOf(c), all)
	case unread == nil:
		c.PrintErrln("Nothing is silenced, and the rules file has no windows.")
	default:
		c.PrintErrln("Nothing is silenced by hand.")
	}
	return errors.Join(err, unread)
}
