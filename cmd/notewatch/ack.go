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
	"notewatch/rules/muting"
)

func newAck() *cobra.Command { return newAcknowledge("ack", "Acknowledge a firing alert", true) }

func newUnack() *cobra.Command {
	return newAcknowledge("unack", "Remove the acknowledgement of an alert", false)
}

// newAcknowledge returns the command that acknowledges an alert, or the one that removes the acknowledgement.
func newAcknowledge(word, short string, have bool) *cobra.Command {
	var asJSON bool
	return withJSON(&asJSON, &cobra.Command{
		Use:               word + " ALERT",
		Short:             short,
		Args:              oneArgument("the ID of an alert (see notewatch alerts)"),
		ValidArgsFunction: completeFirst(complete.AlertIDs(true)),
		RunE:              func(c *cobra.Command, args []string) error { return acknowledge(c, args[0], have, asJSON) },
	})
}

// acknowledge acknowledges an alert as this person, or removes its acknowledgement.
func acknowledge(c *cobra.Command, id string, acked, asJSON bool) error {
	return change(c, func(db opened) error {
		desk := db.desk(c)
		a, err := desk.Alert(c.Context(), id)
		if err != nil {
			return terminal.Hinted(err)
		}
		if a.State != rules.Firing {
			return fmt.Errorf("alert %s is %s: only firing alerts can be acknowledged or unacknowledged", a.ID, a.State)
		}
		by, apply := whoami(), commandBot(db).Acknowledge
		if !acked {
			apply = commandBot(db).Unacknowledge
		}
		changed, err := apply(c.Context(), a, by)
		if err != nil {
			return err
		}
		if !asJSON {
			if !acked {
				by = ""
			}
			return terminal.Acknowledged(screenOf(c), a, by, changed, db.hence("updates the receivers"))
		}
		return alertDesk(c, db).EachAlert(c.Context(), store.AlertFilter{Match: muting.Match{Alert: a.ID}}, func(now lookup.Alert) error {
			return terminal.WriteJSON(c.OutOrStdout(), struct {
				lookup.Alert
				Changed bool `json:"changed"`
			}{now, changed})
		})
	})
}

// whoami returns the name of this person in messages.
func whoami() string {
	me, err := user.Current()
	if err != nil || me.Username == "" {
		return "unknown user"
	}
	return me.Username
}
