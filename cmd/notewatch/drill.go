package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/dispatch"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
	"notewatch/internal/watch"
	"notewatch/internal/words"
)

// drill holds the flags of the command.
type drill struct {
	project string
	keep    bool
	json    bool
}

func newDrill() *cobra.Command {
	var d drill
	c := &cobra.Command{
		Use:               "drill RULE",
		Short:             "Send a marked test alert to the receivers of a rule",
		Args:              command.OneArgument("the name of a rule (see notewatch check)"),
		ValidArgsFunction: command.CompleteFirst(complete.RuleNames),
		RunE: func(c *cobra.Command, args []string) error {
			b, closeDB, err := command.Attach(c)
			if err != nil {
				return err
			}
			defer closeDB()
			return d.run(c, b, args[0])
		},
	}
	c.Flags().StringVar(&d.project, "project", "", "notify the receivers of this project, by UID or name (default: the only project)")
	command.CompleteFlag(c, "project", complete.Subjects(lookup.KindProject))
	c.Flags().BoolVar(&d.keep, "keep", false, "keep the test alert open; notewatch run ends it after 15 minutes")
	command.JSONFlag(c, &d.json)
	return c
}

func (d drill) run(c *cobra.Command, w *watch.Watch, rule string) error {
	project, err := dispatch.Route(w.Config.Bot, rule, d.project)
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
		err = report(c, results, d.json)
	}
	if d.keep {
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
