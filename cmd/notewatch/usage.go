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
		Short: "Show what a device, fleet or project used, with a forecast",
		Long: `Shows what a device, a fleet, a project or all projects used today, over the last 7 or 30 complete days (UTC) or in the
period so far: against the limits of the rules, with the daily average, the forecast for the end of the period, the usual
day, and a value for each day. NAME is a name, a UID, or an unambiguous part of one. Reads only the database and the rules
file, also while notewatch run is running; sends no request to Notehub and needs no secrets.

--json prints an object with kind, uid, name, project, span, from, to, as_of, failures, failure, truncated, devices, period
(start, end, days_left), device (sku, firmware, voltage, last_activity, disabled), figures, not_read, alerts (as in notewatch
alerts --json) and alert_count. Each of figures has figure, unit, total, limit, limit_rule, limit_at (about when the value
exceeds the limit, if that is before the period ends), pace (per day, over the last 7 complete days), forecast, usual, days (day, value), unknown_days, missing (number of
devices or projects without data; they are not in the total) and, if prices are set, cost (amount, forecast, currency,
note). No data is null; times are RFC 3339.`,
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
