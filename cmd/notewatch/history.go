package main

import (
	"cmp"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/deliver"
	"notewatch/internal/store"
	"notewatch/internal/words"
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
		Short: "Tell what happened, what was sent, and why something was not",
		Long: `With the ID of an alert, tells its whole story in order: each change, each attempt to send it and how that ended, and
at last what each receiver shows now, or why something was not sent. Without one, lists what happened, the newest first.
It reads the database, also beside notewatch run, and for the values of an open alert the rules file if there is one.

history ALERT --json prints an object with alert (as notewatch alerts --json has it, receivers with next_try too) and
events, an array in order: at, event (fired, escalated, …, or sent for an attempt), and of a change version, state, level,
value, mute, ack, by (who did it), why (it was withdrawn, corrected or updated); of an attempt receiver, message, version, status (posted, skipped, retry, dead, not made,
cut off, or "" while it goes on), error, seconds. history --json prints an array of changes: the same with alert, rule, project, subject,
figure, unit and drill; what people did with silences is among them, with event silenced or unsilenced, by and silence
(id, until, because).`,
		Example: `  notewatch history
  notewatch history --since 1w --rule data-budget
  notewatch history --device hourly-sensor-6 --json`,
		Args:              optionalArgument("one alert at most"),
		ValidArgsFunction: completeFirst(alertIDs(false)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return look(c, func(db opened) error { return q.list(c, db) })
			}
			for _, name := range []string{"rule", "project", "device", "since", "limit"} {
				if c.Flags().Changed(name) {
					return usageError{errors.New("want an alert or --" + name + ", not both; see notewatch history --help")}
				}
			}
			return look(c, func(db opened) error { return q.tell(c, db, args[0]) })
		},
	}
	q.flags(c)
	c.Flags().Var(&q.since, "since", "how far to look back, such as 90m, 2h, 3d or 1w")
	c.Flags().Lookup("since").DefValue = "24h"
	q.flag(c)
	c.Flags().BoolVar(&q.json, "json", false, "print JSON")
	return c
}

// A changeView is a change of an alert as it is printed in a list, or what somebody did with a silence.
type changeView struct {
	At      time.Time   `json:"at"`
	Event   string      `json:"event"`
	Alert   string      `json:"alert"`
	Version int64       `json:"version"`
	State   string      `json:"state"`
	Level   string      `json:"level"`
	Rule    string      `json:"rule"`
	Project named       `json:"project"`
	Subject named       `json:"subject"`
	Figure  string      `json:"figure"`
	Unit    string      `json:"unit"`
	Value   *float64    `json:"value"`
	Mute    rules.Mute  `json:"mute,omitzero"`
	Ack     rules.Ack   `json:"ack,omitzero"`
	By      string      `json:"by,omitempty"`
	Why     string      `json:"why,omitempty"`
	Drill   bool        `json:"drill"`
	Silence *silenceRef `json:"silence,omitempty"`
}

func changeOf(h store.Happening) changeView {
	return changeView{
		At: h.At, Event: string(h.Reason), Alert: h.Alert, Version: h.Version, State: string(h.State), Level: h.Level.String(),
		Rule: h.Rule, Project: named{h.Project, h.Told.Project}, Subject: named{h.Subject, h.Told.Subject},
		Figure: h.Told.Figure, Unit: h.Told.Unit, Value: figure(h.Value), Mute: h.Mute, Ack: h.Ack, By: h.By, Why: h.Why, Drill: h.Drill,
	}
}

// list prints what happened to all alerts, and what people did with silences.
func (q historyQuery) list(c *cobra.Command, db opened) error {
	s := screenOf(c.OutOrStdout())
	since := db.clock.Now().Add(-time.Duration(q.since))
	changes, count, err := q.read(c, db, since, q.on(s, q.json))
	if err != nil {
		return err
	}
	if count == 0 {
		if err := q.settle(c, db); err != nil {
			return err
		}
		if changes, count, err = q.read(c, db, since, q.on(s, q.json)); err != nil {
			return err
		}
	}
	if q.json {
		return writeList(s.w, changes)
	}
	if count == 0 {
		c.PrintErrf("Nothing happened since %s; --since 7d looks further back.\n", words.Time(since))
		return nil
	}
	if err := changeTable(changes).print(s); err != nil {
		return err
	}
	sayMore(c, count-len(changes))
	return nil
}

func changeTable(changes []changeView) *table {
	t := &table{columns: columns("TIME (UTC)", "ALERT=", "EVENT~", "LEVEL=", "SUBJECT~", "RULE_", "PROJECT_", "DETAIL")}
	for _, v := range changes {
		t.add(moment(v.At), cmp.Or(v.Alert, "-"), v.event(), cmp.Or(v.Level, "-"), subjectOf(v.Subject, v.Project),
			cmp.Or(v.Rule, "-"), nameOf(v.Project), v.detail())
	}
	return t
}

// read returns what happened since a time, the newest first, as far as the limit goes, and how much it was.
func (q historyQuery) read(c *cobra.Command, db opened, since time.Time, limit int) (changes []changeView, count int, err error) {
	happened, count, err := db.Happenings(c.Context(), store.AlertFilter{Match: q.Match, Limit: limit}, since)
	if err != nil {
		return nil, 0, err
	}
	if changes, err = q.silenceChanges(c, db, since); err != nil {
		return nil, 0, err
	}
	count += len(changes)
	for _, h := range happened {
		changes = append(changes, changeOf(h))
	}
	return newestFirst(changes, limit), count, nil
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
	if v.Silence != nil {
		return v.Silence.detail(v.Event, v.By)
	}
	return eventDetail(rules.Event(v.Event), figureText(v.Value, v.Figure, v.Unit), v.Mute, v.By, v.Why)
}

// eventWord is the word for an event.
func eventWord(e rules.Event) string {
	if e == rules.PeriodEnded {
		return "period ended"
	}
	return string(e)
}

// eventDetail says what there is to say of an event: of one that is about people, who and why; else the value and the reason.
func eventDetail(e rules.Event, value string, mute rules.Mute, by, why string) string {
	switch e {
	case rules.Muted:
		return deliver.MuteRecord(mute)
	case rules.Acknowledged, rules.Unacknowledged, rules.Unmuted, rules.Reported:
		if by == "" {
			return "-"
		}
		return "by " + by
	}
	if mute.Kind != rules.ByNothing {
		value += " · " + deliver.MuteRecord(mute)
	}
	if why != "" {
		value += " · " + why
	}
	return value
}
