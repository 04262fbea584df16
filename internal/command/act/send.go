package act

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/dispatch"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
	"notewatch/internal/watch"
	"notewatch/internal/words"
)

// A Drill is a test alert to send.
type Drill struct {
	Project string // UID or name of the project whose receivers are notified; "" means the only one
	Keep    bool   // do not end it
	JSON    bool   // print JSON
}

// Run sends a test alert to the receivers of a rule, prints the results, and ends the alert.
func (d Drill) Run(c *cobra.Command, w *watch.Watch, rule string) error {
	project, err := dispatch.Route(w.Config.Bot, rule, d.Project)
	if errors.Is(err, dispatch.ErrNoProject) {
		return command.UsageError{Err: err}
	} else if err != nil {
		return err
	}
	ctx, began := c.Context(), time.Now().Truncate(time.Millisecond)
	if wasOpen, err := w.Bot.EndDrill(ctx, rule); err != nil {
		return err
	} else if wasOpen {
		c.PrintErrln("ended the previous drill")
	}
	alert, receivers, err := w.Bot.Drill(ctx, rule, project)
	if err != nil {
		return err
	}
	if len(receivers) == 0 {
		_, err := w.Bot.EndDrill(ctx, rule)
		return errors.Join(fmt.Errorf("rule %q has no receivers in project %q", rule, project.Name), err)
	}
	c.PrintErrf("drill of %s: notifying %s\n", rule, dispatch.Listed(receivers))
	sending := dispatch.Dispatch{Watch: w, Alert: alert.ID, Receivers: receivers, Began: began}
	results, err := sending.Deliver(ctx, dispatch.SendPatience, dispatch.Waits)
	if err == nil {
		err = report(c, results, d.JSON)
	}
	if d.Keep {
		c.PrintErrf("alert %s stays open until %s, when notewatch run ends it, or until the next drill of this rule\n",
			alert.ID, words.Time(alert.FiredAt.Add(15*time.Minute)))
		return err
	}
	still, ending := sending.EndDrill(ctx, rule)
	for _, r := range still {
		c.PrintErrf("%s still shows the drill as open%s\n", r.Receiver, terminal.NextTry(r.Showing, time.Now()))
	}
	return errors.Join(err, ending)
}

// Redeliver sends an alert again and prints the results. With receiver "" it sends to all receivers of the alert.
func Redeliver(c *cobra.Command, w *watch.Watch, id, receiver string, asJSON bool) error {
	a, err := lookup.New(lookup.Config{Store: w.Config.Bot.Store, Now: time.Now}).Alert(c.Context(), id)
	if err != nil {
		return terminal.Hinted(err)
	}
	again, receivers, err := dispatch.Again(c.Context(), w, a.ID, receiver)
	if err != nil {
		return err
	}
	c.PrintErrf("sending %s again to %s\n", a.ID, dispatch.Listed(receivers))
	results, err := again.Deliver(c.Context(), dispatch.SendPatience, dispatch.Waits)
	if err != nil {
		return err
	}
	return report(c, results, asJSON)
}

// report prints results and returns an error if a receiver did not accept the alert.
func report(c *cobra.Command, results []dispatch.Result, asJSON bool) error {
	lay := func(s terminal.Screen, results []dispatch.Result) error {
		return terminal.Results(s, results, time.Now())
	}
	if err := command.ShowList(c, asJSON, results, lay); err != nil {
		return err
	}
	return dispatch.Undelivered(results)
}
