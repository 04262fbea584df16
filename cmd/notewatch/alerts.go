package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

// alertsQuery is what the flags of alerts say.
type alertsQuery struct {
	selection
	rowLimit
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
		ValidArgsFunction: completeFirst(subjects(lookup.KindProject, lookup.KindDevice)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && q.Project+q.Subject != "" {
				return usageError{errors.New("want a name, --project or --device, one of them; see notewatch alerts --help")}
			}
			return look(c, func(db opened) error {
				if len(args) > 0 {
					if err := q.take(c, db, args); err != nil {
						return err
					}
				}
				return q.run(c, db)
			})
		},
	}
	q.flags(c)
	c.Flags().StringVar(&q.message, "message", "", "all alerts that this message shows, open or not")
	c.Flags().BoolVar(&q.all, "all", false, "those that have ended too")
	q.flag(c)
	c.Flags().BoolVar(&q.json, "json", false, "print JSON")
	return c
}

func (q alertsQuery) run(c *cobra.Command, db opened) error {
	ctx, s := c.Context(), screenOf(c.OutOrStdout())
	filter := store.AlertFilter{
		Match: q.Match, Open: !q.all && q.message == "", Message: q.message, Limit: q.on(s, q.json),
	}
	desk := alertDesk(c, db)
	printed := newListWriter[alertView](s.w)
	var alerts []alertView
	read := func() error {
		return eachAlert(ctx, db, desk, filter, func(a alertView) error {
			if q.json {
				return printed.add(a)
			}
			alerts = append(alerts, a)
			return nil
		})
	}
	err := read()
	if err == nil && len(alerts)+printed.count == 0 {
		if err = q.missing(c, db); err == nil {
			filter.Match = q.Match
			err = read()
		}
	}
	if err != nil {
		return err
	}
	if q.json {
		return printed.end()
	}
	if len(alerts) == 0 {
		c.PrintErrln(tidy(q.none()))
		return nil
	}
	if err := alertTable(alerts).print(s); err != nil || len(alerts) < filter.Limit || filter.Limit == 0 {
		return err
	}
	count, err := db.CountAlerts(ctx, filter)
	if err == nil {
		sayMore(c, count-len(alerts))
	}
	return err
}

// sayMore says how many rows a limit has left out.
func sayMore(c *cobra.Command, n int) {
	if n > 0 {
		c.PrintErrf("and %s more: --limit 0 shows all\n", words.Number(n))
	}
}

// missing says what is wrong with a query that finds nothing, or makes its names those that are meant.
func (q *alertsQuery) missing(c *cobra.Command, db opened) error {
	if q.message != "" {
		if _, _, err := db.Members(c.Context(), q.message); err != nil {
			return err
		}
	}
	return q.settle(c, db)
}

// none says that there is nothing.
func (q alertsQuery) none() string {
	of := q.String()
	if of != "" {
		of = " of " + of
	}
	switch {
	case q.message != "":
		return "The message shows no alert" + of + "."
	case q.all:
		return "There has never been an alert" + of + "."
	}
	return "No alert" + of + " is open; --all lists those that have ended too."
}

// An alertView is an alert as it is printed.
type alertView struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	Reason    string     `json:"reason"` // of the newest version
	Why       string     `json:"why,omitempty"`
	Level     string     `json:"level"`
	Since     time.Time  `json:"since"`
	FiredAt   time.Time  `json:"fired_at,omitzero"`
	EndedAt   time.Time  `json:"ended_at,omitzero"`
	Rule      string     `json:"rule"`
	Project   named      `json:"project"`
	Subject   named      `json:"subject"`
	Summary   string     `json:"summary"`
	Figure    string     `json:"figure"`
	Unit      string     `json:"unit"`
	Value     *float64   `json:"value"`
	Peak      *float64   `json:"peak"`
	Limit     *float64   `json:"limit"`
	Usual     *float64   `json:"usual"`
	AsOf      time.Time  `json:"as_of,omitzero"`
	Drill     bool       `json:"drill"`
	Mute      rules.Mute `json:"mute,omitzero"`
	Ack       rules.Ack  `json:"ack,omitzero"`
	Receivers []showing  `json:"receivers"`
}

// viewOf returns an alert as it is printed at an instant.
func viewOf(a rules.Alert, now time.Time, receivers []showing) alertView {
	return alertView{
		ID: a.ID, State: string(a.State), Reason: string(a.Reason), Why: a.Why, Level: a.Level.String(), Since: a.Since, FiredAt: a.FiredAt, EndedAt: a.EndedAt,
		Rule: a.Rule, Project: named{a.Project, a.Told.Project}, Subject: named{a.Subject, a.Told.Subject},
		Summary: a.Told.Headline(now), Figure: a.Told.Figure, Unit: a.Told.Unit,
		Value: figure(a.Value), Peak: figure(a.Peak), Limit: figure(a.Limit), Usual: figure(a.Usual), AsOf: a.AsOf,
		Drill: a.Drill, Mute: a.Mute, Ack: a.Ack, Receivers: receivers,
	}
}

// eachAlert calls each with the alerts that a filter wants, and who has been notified of them.
func eachAlert(ctx context.Context, db opened, desk *lookup.Desk, filter store.AlertFilter, each func(alertView) error) error {
	return desk.EachAlerts(ctx, filter, func(alerts []rules.Alert) error { return eachView(ctx, db, alerts, each) })
}

// eachView calls each with alerts and who has been notified of them.
func eachView(ctx context.Context, db opened, alerts []rules.Alert, each func(alertView) error) error {
	for some := range slices.Chunk(alerts, 1000) { // there may be very many
		ids := make([]string, len(some))
		for i, a := range some {
			ids[i] = a.ID
		}
		deliveries, err := db.DeliveriesTo(ctx, ids)
		if err != nil {
			return err
		}
		for _, a := range some {
			if err := each(viewOf(a, db.clock.Now(), showingsOf(deliveries[a.ID]))); err != nil {
				return err
			}
		}
	}
	return nil
}

func alertTable(alerts []alertView) *table {
	t := &table{columns: columns("ID", "LEVEL", "STATE", "SINCE (UTC)=", "SUBJECT~", "VALUE~", "RULE_", "PROJECT_", "TOLD_")}
	for _, a := range alerts {
		t.add(a.ID, a.level(), a.state(), minute(a.Since), subjectOf(a.Subject, a.Project), a.value(), a.Rule, nameOf(a.Project), a.told())
	}
	return t
}

// level is the level of an alert that has one.
func (a alertView) level() string {
	if a.State == string(rules.Pending) {
		return "-"
	}
	return a.Level
}

// state is the state of an alert, and whether people are told of it.
func (a alertView) state() string {
	switch {
	case a.Reason == string(rules.Corrected):
		return a.Reason
	case a.State != string(rules.Firing):
		return a.State
	case a.Mute.Kind != rules.ByNothing:
		return "muted"
	case a.Ack != rules.Ack{}:
		return "acked"
	}
	return a.State
}

// value is the figure of an alert against its limit; of one that has resolved its peak.
func (a alertView) value() string {
	value, prefix := a.Value, ""
	if a.State == string(rules.Resolved) && a.Reason != string(rules.Corrected) {
		value, prefix = a.Peak, "peak "
	}
	text := figureText(value, a.Figure, a.Unit)
	switch {
	case text == "-":
		return text
	case a.Limit == nil:
		return prefix + text
	}
	return prefix + text + " of " + words.Figure(*a.Limit, a.Unit)
}

// figureText is a value of a figure for people; an alert that is about no figure has a dash.
func figureText(value *float64, figure, unit string) string {
	switch {
	case value != nil:
		return words.Figure(*value, unit)
	case figure == "":
		return "-"
	}
	return "no data"
}

// told is who has been told, and why not everybody.
func (a alertView) told() string {
	parts := []string{brief(a.Receivers)}
	if a.State == string(rules.Firing) {
		if a.Mute.Kind != rules.ByNothing {
			parts = append(parts, deliver.MuteText(a.Mute))
		}
		if a.Ack != (rules.Ack{}) {
			parts = append(parts, "taken on by "+deliver.AckText(a.Ack))
		}
	}
	if a.Why != "" {
		parts = append(parts, a.Why)
	}
	if a.Drill {
		parts = append(parts, "a drill")
	}
	return strings.Join(parts, " · ")
}
