package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
)

// usageQuery is what the command line of usage says.
type usageQuery struct {
	kind kindFlag
	span spanFlag
	json bool
}

func newUsage() *cobra.Command {
	var q usageQuery
	c := &cobra.Command{
		Use:   "usage [project|fleet|device] [NAME] [today|7d|30d|period]",
		Short: "Tell what a device, fleet or project has used and will use",
		Long: `Tells what a device, a fleet, a project or all of them have used today, over the last 7 or 30 complete days (UTC) or in the
period so far: against the limits of the rules, at which pace, what it comes to by the end of the period if it goes on
like that, what is usual, and day by day. NAME is a name, a UID, or a part of one that says which is meant. It reads the
database and the rules file only, also beside notewatch run, asks Notehub nothing and needs no secrets.

--json prints an object with kind, uid, name, project, span, from, to, as_of, failures, failure, truncated, devices, period
(start, end, days_left), device (sku, firmware, voltage, last_activity, disabled), figures, not_read, alerts (id, rule,
state, level, since, subject, summary) and alert_count. Each of figures has figure, unit, total, limit, limit_rule, pace
(per day, over the last 7 complete days), forecast, usual, days (day, value), unknown_days, missing (devices or projects
that are not counted in, since there is no data of them) and, if prices are set, cost (amount, forecast, currency, note).
What is not known is null; times are RFC 3339.`,
		Example: `  notewatch usage
  notewatch usage hourly-sensor-6
  notewatch usage device hourly-sensor-6 7d
  notewatch usage project cold-chain today
  notewatch usage cold-chain --span 30d --json`,
		ValidArgsFunction: complete(usageWords),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := q.parse(args)
			if err != nil {
				return usageError{fmt.Errorf("%w; see notewatch usage --help", err)}
			}
			return ask(c, func(d *lookup.Desk) error { return q.run(c, d, name) })
		},
	}
	c.Flags().Var(&q.span, "span", "today, 7d, 30d or period (default: period); with it, every word is of the name")
	c.Flags().Var(&q.kind, "kind", "what NAME is: project, fleet or device (default: any of them)")
	completeFlag(c, "span", oneOf(spanWords()...))
	completeFlag(c, "kind", oneOf(kindWords()...))
	c.Flags().BoolVar(&q.json, "json", false, "print JSON")
	return c
}

// parse reads the words of the command line and returns the name among them.
func (q *usageQuery) parse(words []string) (name string, err error) {
	if q.span == "" {
		if words, err = q.span.take(words); err != nil {
			return "", err
		}
	}
	if len(words) > 0 && q.kind == "" && q.kind.Set(words[0]) == nil {
		words = words[1:]
	}
	name = strings.Join(words, " ")
	if name == "" && (q.kind == kindFlag(lookup.KindFleet) || q.kind == kindFlag(lookup.KindDevice)) {
		return "", fmt.Errorf("want the name of a %s", q.kind)
	}
	return name, nil
}

func (q usageQuery) run(c *cobra.Command, desk *lookup.Desk, name string) error {
	subject, err := desk.Find(c.Context(), name, q.kind.kinds()...)
	if err != nil {
		return missed(err)
	}
	u, err := desk.Usage(c.Context(), subject, q.span.orPeriod())
	if err != nil {
		return err
	}
	s := screenOf(c.OutOrStdout())
	if q.json {
		return writeJSON(s.w, usageViewOf(u, desk.Now()))
	}
	return usageText{u, desk.Now()}.print(c, s)
}
