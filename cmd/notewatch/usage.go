package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

func newUsage() *cobra.Command {
	var q usageOrder
	c := &cobra.Command{
		Use:   "usage [project|fleet|device] [NAME] [today|7d|30d|period]",
		Short: "Tell what a device, fleet or project has used and will use",
		Long: `Tells what a device, a fleet, a project or all of them have used today, over the last 7 or 30 complete days (UTC) or in the
period so far: against the limits of the rules, at which pace, what it comes to by the end of the period if it goes on
like that, what is usual, and day by day. NAME is a name, a UID, or a part of one that says which is meant. It reads the
database and the rules file only, also beside notewatch run, asks Notehub nothing and needs no secrets.

--json prints an object with kind, uid, name, project, span, from, to, as_of, failures, failure, truncated, devices, period
(start, end, days_left), device (sku, firmware, voltage, last_activity, disabled), figures, not_read, alerts (as notewatch
alerts --json has them) and alert_count. Each of figures has figure, unit, total, limit, limit_rule, limit_at (about when the
limit is passed, if it is before the period ends), pace (per day, over the last 7 complete days), forecast, usual, days (day, value), unknown_days, missing (devices or projects
that are not counted in, since there is no data of them) and, if prices are set, cost (amount, forecast, currency, note).
What is not known is null; times are RFC 3339.`,
		Example: `  notewatch usage
  notewatch usage hourly-sensor-6
  notewatch usage device hourly-sensor-6 7d
  notewatch usage project cold-chain today
  notewatch usage cold-chain --span 30d --json`,
		ValidArgsFunction: completeFrom(complete.UsageWords),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := q.parse(args)
			if err != nil {
				return usageError{fmt.Errorf("%w; see notewatch usage --help", err)}
			}
			return ask(c, func(d *lookup.Desk) error { return q.run(c, d, name) })
		},
	}
	q.flags(c)
	jsonFlag(c, &q.json)
	return c
}

func (o usageOrder) run(c *cobra.Command, desk *lookup.Desk, name string) error {
	subject, err := desk.Find(c.Context(), name, o.kind.kinds()...)
	if err != nil {
		return err
	}
	usage, err := desk.Usage(c.Context(), subject, o.span.orPeriod())
	switch {
	case err != nil:
		return err
	case o.json:
		return terminal.WriteJSON(c.OutOrStdout(), usage)
	}
	return terminal.Usage(screenOf(c), usage)
}
