package main

import (
	"errors"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/selection"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/rules/muting"
)

// alertsQuery holds the flags of alerts.
type alertsQuery struct {
	match   muting.Match
	limit   int
	message string
	all     bool
	json    bool
}

func newAlerts() *cobra.Command {
	var q alertsQuery
	c := &cobra.Command{
		Use:               "alerts [KIND] [NAME]",
		Short:             "List open alerts, and who was notified",
		ValidArgsFunction: command.CompleteFirst(complete.Subjects(lookup.KindProject, lookup.KindFleet, lookup.KindDevice)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && q.match.Project+q.match.Fleet+q.match.Route+q.match.Subject != "" {
				return command.UsageError{Err: errors.New("give only one of a name, --project, --fleet, --route and --device; see notewatch alerts --help")}
			}
			return command.Look(c, func(db command.Opened) error { return terminal.Hinted(q.run(c, db, args)) })
		},
	}
	command.MatchFlags(c, &q.match)
	c.Flags().StringVar(&q.message, "message", "", "all alerts of this message, ended ones too")
	c.Flags().BoolVar(&q.all, "all", false, "include ended alerts")
	command.LimitFlag(c, &q.limit)
	command.JSONFlag(c, &q.json)
	return c
}

func (q alertsQuery) run(c *cobra.Command, db command.Opened, args []string) error {
	s, reader := command.ScreenOf(c), command.AlertReader(c, db)
	if err := arguments.Select(c.Context(), reader, args, &q.match); err != nil {
		return err
	}
	filter := store.AlertFilter{
		Match: q.match, Open: !q.all && q.message == "", Message: q.message, Limit: s.Rows(q.limit, q.json),
	}
	printed := terminal.NewListWriter[lookup.Alert](s.W)
	var alerts []lookup.Alert
	read := func() error {
		return reader.EachAlert(c.Context(), filter, func(a lookup.Alert) error {
			if q.json {
				return printed.Add(a)
			}
			alerts = append(alerts, a)
			return nil
		})
	}
	err := read()
	if err == nil && len(alerts)+printed.Count == 0 {
		if filter.Match, err = q.settled(c, reader); err == nil {
			err = read()
		}
	}
	switch {
	case err != nil:
		return err
	case q.json:
		return printed.End()
	case len(alerts) == 0:
		terminal.NoAlerts(s, filter.Match, q.message != "", q.all)
		return nil
	}
	if err := terminal.Alerts(s, alerts); err != nil || len(alerts) < filter.Limit || filter.Limit == 0 {
		return err
	}
	count, err := db.Store.CountAlerts(c.Context(), filter)
	s.More(count - len(alerts))
	return err
}

// settled returns the match of a query that found nothing with its names resolved, or an error about an unknown name.
func (q alertsQuery) settled(c *cobra.Command, reader *lookup.Reader) (muting.Match, error) {
	if q.message != "" {
		if _, _, err := reader.Store().Outbox.Members(c.Context(), q.message); err != nil {
			return q.match, err
		}
	}
	return selection.Settle(c.Context(), reader, q.match)
}
