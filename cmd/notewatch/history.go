package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/terminal"
	"notewatch/internal/timeline"
	"notewatch/internal/words"
	"notewatch/rules"
)

// historyQuery is what the flags of history say.
type historyQuery struct {
	match rules.Match
	limit int
	since lengthFlag
	json  bool
}

func newHistory() *cobra.Command {
	q := historyQuery{since: lengthFlag(24 * time.Hour)}
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
		ValidArgsFunction: completeFirst(complete.AlertIDs(false)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return look(c, func(db opened) error { return hinted(q.list(c, db)) })
			}
			for _, name := range []string{"rule", "project", "device", "since", "limit"} {
				if c.Flags().Changed(name) {
					return usageError{errors.New("want an alert or --" + name + ", not both; see notewatch history --help")}
				}
			}
			return look(c, func(db opened) error { return hinted(q.story(c, db, args[0])) })
		},
	}
	matchFlags(c, &q.match)
	c.Flags().Var(&q.since, "since", "how far to look back, such as 90m, 2h, 3d or 1w")
	c.Flags().Lookup("since").DefValue = "24h"
	limitFlag(c, &q.limit)
	jsonFlag(c, &q.json)
	return c
}

// list prints what happened to all alerts, and what people did with silences.
func (q historyQuery) list(c *cobra.Command, db opened) error {
	ctx, s, desk := c.Context(), screenOf(c), db.desk(c)
	query := timeline.Query{
		Match: q.match, Since: db.clock.Now().Add(-time.Duration(q.since)), Limit: limitOn(s, q.limit, q.json),
	}
	changes, count, err := timeline.Changes(ctx, desk, query)
	if err == nil && count == 0 {
		if query.Match, err = settle(c, desk, q.match); err == nil {
			changes, count, err = timeline.Changes(ctx, desk, query)
		}
	}
	switch {
	case err != nil:
		return err
	case q.json:
		return terminal.WriteList(s.W, changes)
	case count == 0:
		c.PrintErrf("Nothing happened since %s; --since 7d looks further back.\n", words.Time(query.Since))
		return nil
	}
	err = terminal.Changes(s, changes)
	s.More(count - len(changes))
	return err
}

// story prints what happened to one alert.
func (q historyQuery) story(c *cobra.Command, db opened, id string) error {
	story, err := timeline.Of(c.Context(), alertDesk(c, db), id)
	switch {
	case err != nil:
		return err
	case q.json:
		return terminal.WriteJSON(c.OutOrStdout(), story)
	}
	return terminal.Story(screenOf(c), story)
}
