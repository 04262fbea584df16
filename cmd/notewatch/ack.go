package main

import (
	"fmt"
	"os/user"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/rules"
)

func newAck() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "ack ALERT",
		Short: "Say that you have taken an alert on",
		Long: `Notes, and has receivers show, that you have taken a firing alert on. While you have it nobody is reminded of it; if it
gets worse, everybody is told, and nobody has it any more.

` + acknowledgedJSON,
		Args:              oneArgument("the ID of an alert, which notewatch alerts lists"),
		ValidArgsFunction: completeFirst(complete.AlertIDs(true)),
		RunE:              func(c *cobra.Command, args []string) error { return acknowledge(c, args[0], true, asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}

// acknowledgedJSON is the help about --json of ack and unack.
const acknowledgedJSON = `--json prints the alert as notewatch alerts --json has it, with changed: false if nothing was to be done.`

// acknowledge notes that this person has an alert, or that nobody has it.
func acknowledge(c *cobra.Command, id string, have, asJSON bool) error {
	return change(c, func(db opened) error {
		desk := db.desk(c)
		a, err := desk.Alert(c.Context(), id)
		if err != nil {
			return hinted(err)
		}
		if a.State != rules.Firing {
			return fmt.Errorf("alert %s is %s, not firing: there is nothing to take on", a.ID, a.State)
		}
		by, note := whoami(), hand(db).Acknowledge
		if !have {
			note = hand(db).Unacknowledge
		}
		changed, err := note(c.Context(), a, by)
		if err != nil {
			return err
		}
		if !asJSON {
			if !have {
				by = ""
			}
			return terminal.Acknowledged(screenOf(c), a, by, changed, db.hence("tells receivers"))
		}
		return alertDesk(c, db).EachAlert(c.Context(), store.AlertFilter{Match: rules.Match{Alert: a.ID}}, func(now lookup.Alert) error {
			return terminal.WriteJSON(c.OutOrStdout(), struct {
				lookup.Alert
				Changed bool `json:"changed"`
			}{now, changed})
		})
	})
}

// whoami returns what this person is called in messages.
func whoami() string {
	me, err := user.Current()
	if err != nil || me.Username == "" {
		return "somebody at the terminal"
	}
	return me.Username
}
