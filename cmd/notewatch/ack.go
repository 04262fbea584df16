package main

import (
	"cmp"
	"fmt"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
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
	var by string
	c := command.WithJSON(&asJSON, &cobra.Command{
		Use:               word + " ALERT",
		Short:             short,
		Args:              command.OneArgument("the ID of an alert (see notewatch alerts)"),
		ValidArgsFunction: command.CompleteFirst(complete.AlertIDs(true)),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("as") && !isName(by) {
				return command.UsageError{Err: fmt.Errorf("--as %q is no name: give at most %d printable characters; see notewatch %s --help", words.Cut(by, maxName), maxName, word)}
			}
			return acknowledge(c, args[0], cmp.Or(by, whoami()), have, asJSON)
		},
	})
	c.Flags().StringVar(&by, "as", "", "name of the person or program, for scripts (default: your user name)")
	return c
}

// maxName is the greatest length of a name that a script gives, in bytes.
const maxName = 100

// isName reports whether a text can stand as a name in messages.
func isName(text string) bool {
	return strings.TrimSpace(text) != "" && len(text) <= maxName && words.Line(text) == text
}

// acknowledge acknowledges an alert in the name of by, or removes its acknowledgement.
func acknowledge(c *cobra.Command, id, by string, acked, asJSON bool) error {
	return command.Change(c, func(db command.Opened) error {
		reader := db.Reader(c)
		a, err := reader.Alert(c.Context(), id)
		if err != nil {
			return terminal.Hinted(err)
		}
		if a.State != rules.Firing {
			return fmt.Errorf("alert %s is %s: only firing alerts can be acknowledged or unacknowledged", a.ID, a.State)
		}
		apply := command.Bot(db).Acknowledge
		if !acked {
			apply = command.Bot(db).Unacknowledge
		}
		changed, err := apply(c.Context(), a, by)
		if err != nil {
			return err
		}
		if !asJSON {
			if !acked {
				by = ""
			}
			return terminal.Acknowledged(command.ScreenOf(c), a, by, changed, db.Hence("updates the receivers"))
		}
		return command.AlertReader(c, db).EachAlert(c.Context(), store.AlertFilter{Match: muting.Match{Alert: a.ID}}, func(now lookup.Alert) error {
			return terminal.WriteJSON(c.OutOrStdout(), struct {
				lookup.AlertJSON
				Changed bool `json:"changed"`
			}{now.JSON(), changed})
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
