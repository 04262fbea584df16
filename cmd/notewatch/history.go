package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// historyQuery is what the flags of history say.
type historyQuery struct {
	selection
	rowLimit
	since span
	json  bool
}

func newHistory() *cobra.Command {
	q := historyQuery{since: span(24 * time.Hour)}
	c := &cobra.Command{
		Use:   "history [ALERT]",
		Short: "Tell the story of an alert: what happened, what was sent, and why something was not",
		Long: `With the ID of an alert, tells its whole story in order: each change, each attempt to send it and how that ended, and
at last what each receiver shows now, or why something was not sent. Without one, lists what happened, the newest first.
It reads the database only, also beside notewatch run.

history ALERT --json prints an object with alert (as notewatch alerts --json has it, receivers with next_try too) and
events, an array in order: at, event (fired, escalated, …, or sent for an attempt), and of a change version, state, level,
value, mute, ack; of an attempt receiver, message, version, status (posted, retry, dead, cut off, or "" while it goes on),
error, seconds. history --json prints an array of changes: the same with alert, rule, project, subject, figure, unit and drill.`,
		Args: optionalArgument("one alert at most"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return look(c, func(db *store.Store) error { return q.list(c, db) })
			}
			for _, name := range []string{"rule", "project", "device", "since", "limit"} {
				if c.Flags().Changed(name) {
					return usageError{errors.New("want an alert or --" + name + ", not both; see notewatch history --help")}
				}
			}
			return look(c, func(db *store.Store) error { return q.tell(c, db, args[0]) })
		},
	}
	q.flags(c)
	c.Flags().Var(&q.since, "since", "how far to look back, such as 90m, 2h, 3d or 1w")
	c.Flags().Lookup("since").DefValue = "24h"
	q.flag(c)
	c.Flags().BoolVar(&q.json, "json", false, "print JSON")
	return c
}

// A changeView is a change of an alert as it is printed in a list.
type changeView struct {
	At      time.Time  `json:"at"`
	Event   string     `json:"event"`
	Alert   string     `json:"alert"`
	Version int64      `json:"version"`
	State   string     `json:"state"`
	Level   string     `json:"level"`
	Rule    string     `json:"rule"`
	Project named      `json:"project"`
	Subject named      `json:"subject"`
	Figure  string     `json:"figure"`
	Unit    string     `json:"unit"`
	Value   *float64   `json:"value"`
	Mute    rules.Mute `json:"mute,omitzero"`
	Ack     rules.Ack  `json:"ack,omitzero"`
	Drill   bool       `json:"drill"`
}

func changeOf(h store.Happening) changeView {
	return changeView{
		At: h.At, Event: string(h.Reason), Alert: h.Alert, Version: h.Version, State: string(h.State), Level: h.Level.String(),
		Rule: h.Rule, Project: named{h.Project, h.Told.Project}, Subject: named{h.Subject, h.Told.Subject},
		Figure: h.Told.Figure, Unit: h.Told.Unit, Value: figure(h.Value), Mute: h.Mute, Ack: h.Ack, Drill: h.Drill,
	}
}

// list prints what happened to all alerts.
func (q historyQuery) list(c *cobra.Command, db *store.Store) error {
	ctx, s := c.Context(), screenOf(c.OutOrStdout())
	since := time.Now().Add(-time.Duration(q.since))
	happened, count, err := db.Happenings(ctx, store.AlertFilter{Match: q.Match, Limit: q.on(s, q.json)}, since)
	if err != nil {
		return err
	}
	if count == 0 {
		if err := q.check(ctx, db, false); err != nil {
			return err
		}
	}
	changes := make([]changeView, len(happened))
	for i, h := range happened {
		changes[i] = changeOf(h)
	}
	if q.json {
		return writeList(s.w, changes)
	}
	if count == 0 {
		c.PrintErrf("Nothing happened since %s; --since 7d looks further back.\n", notify.FormatTime(since))
		return nil
	}
	t := &table{columns: columns("TIME (UTC)", "ALERT", "EVENT", "LEVEL", "SUBJECT~", "RULE_", "PROJECT_", "DETAIL~")}
	for _, v := range changes {
		t.add(moment(v.At), v.Alert, v.event(), v.Level, subjectOf(v.Subject, v.Project), v.Rule, nameOf(v.Project), v.detail())
	}
	if err := t.print(s); err != nil {
		return err
	}
	sayMore(c, count-len(changes))
	return nil
}

// event is what happened, in words.
func (v changeView) event() string {
	word := eventWord(rules.Event(v.Event))
	if v.Drill {
		word = "drill " + word
	}
	return word
}

func (v changeView) detail() string {
	return eventDetail(rules.Event(v.Event), figureText(v.Value, v.Figure, v.Unit), v.Mute, v.Ack)
}

// eventWord is the word for an event.
func eventWord(e rules.Event) string {
	if e == rules.PeriodEnded {
		return "period ended"
	}
	return string(e)
}

// eventDetail says what there is to say of an event: of one that is about people, who and why; else the figure.
func eventDetail(e rules.Event, value string, mute rules.Mute, ack rules.Ack) string {
	switch e {
	case rules.Muted:
		return bot.MuteText(mute)
	case rules.Acknowledged:
		return "by " + ack.By
	case rules.Unmuted, rules.Unacknowledged, rules.Reported:
		return "-"
	}
	if mute.Kind != rules.ByNothing {
		value += " · " + bot.MuteText(mute)
	}
	return value
}
