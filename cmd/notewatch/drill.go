package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/complete"
	"notewatch/internal/dispatch"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
	"notewatch/internal/watch"
	"notewatch/internal/words"
)

// drill is what the flags of the command say.
type drill struct {
	project string
	keep    bool
	json    bool
}

func newDrill() *cobra.Command {
	var d drill
	c := &cobra.Command{
		Use:   "drill RULE",
		Short: "Send a marked test through the real route of a rule",
		Long: `Raises a marked test alert of a rule, sends it to whom an alert of that rule would go, waits for at most half a minute
until each of them has taken or refused it, and ends it again, so that incidents close; for that it waits a quarter of a minute at most. Silences do not keep it. It works
with and without notewatch run beside it. The exit code is 1 if a receiver did not take it; one that is not to be told of
the level of the rule need not.

--json prints an array of objects with receiver, state (delivered, waiting, given up, held, skipped, removed), shows, why,
next_try, in_place_of, message, attempts and seconds (of the last attempt).`,
		Args:              oneArgument("the name of a rule, which notewatch check lists"),
		ValidArgsFunction: completeFirst(complete.RuleNames),
		RunE: func(c *cobra.Command, args []string) error {
			b, closeDB, err := attach(c)
			if err != nil {
				return err
			}
			defer closeDB()
			return d.run(c, b, args[0])
		},
	}
	c.Flags().StringVar(&d.project, "project", "", "the project whose receivers are told, by UID or name (default: the only one)")
	completeFlag(c, "project", complete.Subjects(lookup.KindProject))
	c.Flags().BoolVar(&d.keep, "keep", false, "let the alert stand, for 15 minutes while notewatch run runs")
	jsonFlag(c, &d.json)
	return c
}

func (d drill) run(c *cobra.Command, w *watch.Watch, rule string) error {
	project, err := d.route(w.Config.Bot, rule)
	if err != nil {
		return err
	}
	ctx, began := c.Context(), time.Now().Truncate(time.Millisecond)
	if stood, err := w.Bot.EndDrill(ctx, rule); err != nil {
		return err
	} else if stood {
		c.PrintErrln("the drill before this one is ended")
	}
	alert, receivers, err := w.Bot.Drill(ctx, rule, project)
	if err != nil {
		return err
	}
	if len(receivers) == 0 {
		_, err := w.Bot.EndDrill(ctx, rule)
		return errors.Join(fmt.Errorf("rule %q tells nobody in project %q", rule, project.Name), err)
	}
	c.PrintErrf("drilling %s: telling %s\n", rule, listed(receivers))
	sending := dispatch.Dispatch{Watch: w, Alert: alert.ID, Receivers: receivers, Began: began}
	results, err := sending.Deliver(ctx, dispatch.SendPatience, dispatch.Waits)
	if err == nil {
		err = report(c, results, d.json)
	}
	if d.keep {
		c.PrintErrf("the alert %s stands until %s if notewatch run runs; the next drill of the rule ends it too\n",
			alert.ID, words.Time(alert.FiredAt.Add(15*time.Minute)))
		return err
	}
	still, ending := sending.EndDrill(ctx, rule)
	for _, r := range still {
		c.PrintErrf("%s still shows the drill%s\n", r.Receiver, terminal.NextTry(r.Showing, time.Now()))
	}
	return errors.Join(err, ending)
}

// route returns the project whose receivers are told.
func (d drill) route(b bot.Config, rule string) (bot.Project, error) {
	var ruleNames, projectNames []string
	for _, r := range b.Rules {
		ruleNames = append(ruleNames, r.Spec.Name)
	}
	at := slices.Index(ruleNames, rule)
	if at < 0 {
		return bot.Project{}, unknown("rule", rule, ruleNames, "notewatch check lists them")
	}
	for _, p := range b.Projects {
		if d.project == p.UID || d.project == p.Name {
			return p, nil
		}
		projectNames = append(projectNames, p.Name)
	}
	switch {
	case d.project != "":
		return bot.Project{}, unknown("project", d.project, projectNames, "there are "+listed(projectNames))
	case b.Rules[at].Notify == nil && len(b.Projects) > 1:
		return bot.Project{}, usageError{fmt.Errorf("the route depends on the project: want --project, one of %s", listed(projectNames))}
	}
	return b.Projects[0], nil
}

// report prints results and returns an error if a receiver did not take it.
func report(c *cobra.Command, results []dispatch.Result, asJSON bool) error {
	show := func() error { return terminal.Results(screenOf(c), results, time.Now()) }
	if asJSON {
		show = func() error { return terminal.WriteList(c.OutOrStdout(), results) }
	}
	if err := show(); err != nil {
		return err
	}
	return dispatch.Undelivered(results)
}
