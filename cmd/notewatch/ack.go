package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/words"
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
		ValidArgsFunction: completeFirst(alertIDs(true)),
		RunE:              func(c *cobra.Command, args []string) error { return acknowledge(c, args[0], true, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// acknowledgedJSON is the help about --json of ack and unack.
const acknowledgedJSON = `--json prints the alert as notewatch alerts --json has it, with changed: false if nothing was to be done.`

func newUnack() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "unack ALERT",
		Short: "Say that nobody has an alert any more",
		Long: `Removes the acknowledgement of a firing alert, so that reminders go on.

` + acknowledgedJSON,
		Args: oneArgument("the ID of an alert, which notewatch alerts lists"),
		RunE: func(c *cobra.Command, args []string) error { return acknowledge(c, args[0], false, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// acknowledge notes that this person has an alert, or that nobody has it.
func acknowledge(c *cobra.Command, id string, have, asJSON bool) error {
	return change(c, func(db opened) error {
		a, err := alertOf(c.Context(), db.Store, id)
		if err != nil {
			return err
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
		if asJSON {
			return printAcknowledged(c, db, a.ID, changed)
		}
		if !have {
			by = ""
		}
		return screenOf(c.OutOrStdout()).say(plain, acknowledged(a, by, changed, db.hence("tells receivers")))
	})
}

// An acknowledgedView is an alert that was acknowledged, or is no longer, as it is printed.
type acknowledgedView struct {
	alertView
	Changed bool `json:"changed"`
}

// printAcknowledged prints an alert as it is now.
func printAcknowledged(c *cobra.Command, db opened, id string, changed bool) error {
	return eachAlert(c.Context(), db, alertDesk(c, db), store.AlertFilter{Match: rules.Match{Alert: id}}, func(a alertView) error {
		return writeJSON(c.OutOrStdout(), acknowledgedView{a, changed})
	})
}

// hand returns a bot that notes what a person does, beside the one that runs.
func hand(db opened) *bot.Bot {
	return bot.New(bot.Config{Store: db.Store, Clock: db.clock, Machine: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// acknowledged says what has come of it that by has an alert; "" is nobody. hence says what comes of that.
func acknowledged(a rules.Alert, by string, changed bool, hence string) string {
	who := by
	if by == "" {
		who = "nobody"
	}
	what := fmt.Sprintf("%s (%s, %s)", a.ID, a.Rule, tidy(subjectOf(named{a.Subject, a.Told.Subject}, named{a.Project, a.Told.Project})))
	switch {
	case !changed && by == "":
		return "Nobody had " + what + "."
	case !changed:
		return who + " has " + what + " already, since " + words.Time(a.Ack.At) + "."
	case by == "":
		return "Nobody has " + what + " any more. " + hence + "."
	}
	return who + " has " + what + " now. " + hence + "; notewatch unack " + a.ID + " takes it back."
}
