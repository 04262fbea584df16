package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/rules"
)

// alertsQuery is what the flags of alerts say.
type alertsQuery struct {
	match   rules.Match
	limit   int
	message string
	all     bool
	json    bool
}

func newAlerts() *cobra.Command {
	var q alertsQuery
	c := &cobra.Command{
		Use:   "alerts [project|device] [NAME]",
		Short: "List open alerts, and who has been told",
		Long: `Lists the alerts that are pending or firing, the newest first; with a NAME those of a project or device, of which it is the
name, the UID, or a part of one that says which is meant. It reads the database, also beside notewatch run, and the rules file if
there is one: without it, values are those of the newest event of each alert instead of those of the last poll.
TOLD names the receivers that show the newest state, then those that wait, were given up, are held back (silenced, muted
or acknowledged), have nothing to be told of (below their level), or are gone from the rules file.

--json prints an array of objects with id, state, reason (of the newest change), why (in words), level, since, fired_at, ended_at, rule, project and subject (uid, name),
summary, figure, unit, value, peak, limit, usual, as_of, drill, mute (kind, until, by, because), ack (by, at) and receivers
(receiver, state, shows, why, in_place_of, message). A figure that is not known is null; times are RFC 3339.`,
		Example: `  notewatch alerts
  notewatch alerts cold-chain
  notewatch alerts --rule data-budget --all
  notewatch alerts --device hourly-sensor-6 --all --json`,
		ValidArgsFunction: completeFirst(complete.Subjects(lookup.KindProject, lookup.KindDevice)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && q.match.Project+q.match.Subject != "" {
				return usageError{errors.New("want a name, --project or --device, one of them; see notewatch alerts --help")}
			}
			return look(c, func(db opened) error { return hinted(q.run(c, db, args)) })
		},
	}
	matchFlags(c, &q.match)
	c.Flags().StringVar(&q.message, "message", "", "all alerts that this message shows, open or not")
	c.Flags().BoolVar(&q.all, "all", false, "those that have ended too")
	limitFlag(c, &q.limit)
	jsonFlag(c, &q.json)
	return c
}

func (q alertsQuery) run(c *cobra.Command, db opened, args []string) error {
	s, desk := screenOf(c), alertDesk(c, db)
	if err := q.name(c, desk, args); err != nil {
		return err
	}
	filter := store.AlertFilter{
		Match: q.match, Open: !q.all && q.message == "", Message: q.message, Limit: limitOn(s, q.limit, q.json),
	}
	printed := terminal.NewListWriter[lookup.Alert](s.W)
	var alerts []lookup.Alert
	read := func() error {
		return desk.EachAlert(c.Context(), filter, func(a lookup.Alert) error {
			if q.json {
				return printed.Add(a)
			}
			alerts = append(alerts, a)
			return nil
		})
	}
	err := read()
	if err == nil && len(alerts)+printed.Count == 0 {
		if filter.Match, err = q.settled(c, desk); err == nil {
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
	count, err := db.store.CountAlerts(c.Context(), filter)
	s.More(count - len(alerts))
	return err
}

// name makes what [project|device] NAME means what is selected.
func (q *alertsQuery) name(c *cobra.Command, desk *lookup.Desk, args []string) error {
	if len(args) == 0 {
		return nil
	}
	kinds := []lookup.Kind{lookup.KindProject, lookup.KindDevice}
	if len(args) > 1 && slices.Contains(kinds, lookup.Kind(args[0])) {
		kinds, args = []lookup.Kind{lookup.Kind(args[0])}, args[1:]
	}
	selector, err := desk.Selector(c.Context())
	if err != nil {
		return err
	}
	found, err := selector.Desk.Find(c.Context(), strings.Join(args, " "), kinds...)
	if found.Kind == lookup.KindDevice {
		q.match.Subject = found.UID
	} else {
		q.match.Project = found.UID
	}
	return err
}

// settled returns what is meant by a query that finds nothing, or an error about what there is not.
func (q alertsQuery) settled(c *cobra.Command, desk *lookup.Desk) (rules.Match, error) {
	if q.message != "" {
		if _, _, err := desk.Store.Members(c.Context(), q.message); err != nil {
			return q.match, err
		}
	}
	return settle(c, desk, q.match)
}

// settle returns a match of alerts in which names that are only like that of something are replaced.
func settle(c *cobra.Command, desk *lookup.Desk, m rules.Match) (rules.Match, error) {
	if m == (rules.Match{}) {
		return m, nil
	}
	selector, err := desk.Selector(c.Context())
	if err != nil {
		return m, err
	}
	return selector.Settle(c.Context(), m)
}
