package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/selection"
	"notewatch/internal/terminal"
	"notewatch/internal/timeline"
	"notewatch/internal/words"
	"notewatch/rules/muting"
)

// historyQuery holds the flags of history.
type historyQuery struct {
	match muting.Match
	limit int
	since arguments.Length
	json  bool
}

func newHistory() *cobra.Command {
	q := historyQuery{since: arguments.Length(24 * time.Hour)}
	c := &cobra.Command{
		Use:               "history [ALERT]",
		Short:             "Show what happened, what was sent, and why something was not",
		Args:              command.OptionalArgument("at most one alert ID"),
		ValidArgsFunction: command.CompleteFirst(complete.AlertIDs(false)),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return command.Look(c, func(db command.Opened) error { return terminal.Hinted(q.list(c, db)) })
			}
			for _, name := range []string{"rule", "project", "fleet", "route", "device", "since", "limit"} {
				if c.Flags().Changed(name) {
					return command.UsageError{Err: errors.New("give an alert ID or --" + name + ", not both; see notewatch history --help")}
				}
			}
			return command.Look(c, func(db command.Opened) error { return terminal.Hinted(q.story(c, db, args[0])) })
		},
	}
	command.MatchFlags(c, &q.match)
	c.Flags().Var(&q.since, "since", "how far to look back, such as 90m, 2h, 3d or 1w")
	c.Flags().Lookup("since").DefValue = "24h"
	command.LimitFlag(c, &q.limit)
	command.JSONFlag(c, &q.json)
	return c
}

// list prints the events of all alerts and the silences that someone made or ended.
func (q historyQuery) list(c *cobra.Command, db command.Opened) error {
	ctx, s, reader := c.Context(), command.ScreenOf(c), db.Reader(c)
	match, err := selection.Listed(ctx, reader, q.match)
	if err != nil {
		return err
	}
	query := timeline.Query{
		Match: match, Since: db.Clock.Now().Add(-time.Duration(q.since)), Limit: s.Rows(q.limit, q.json),
	}
	changes, count, err := timeline.Changes(ctx, reader, query)
	if err == nil && count == 0 {
		if query.Match, err = selection.Settle(ctx, reader, match); err == nil {
			changes, count, err = timeline.Changes(ctx, reader, query)
		}
	}
	switch {
	case err != nil:
		return err
	case q.json:
		return terminal.WriteList(s.W, changes)
	case count == 0:
		c.PrintErrf("No events since %s. Use --since 7d to look further back.\n", words.Time(query.Since))
		return nil
	}
	err = terminal.Changes(s, changes)
	s.More(count - len(changes))
	return err
}

// story prints the timeline of one alert.
func (q historyQuery) story(c *cobra.Command, db command.Opened, id string) error {
	story, err := timeline.Of(c.Context(), command.AlertReader(c, db), id)
	return command.Show(c, q.json, story, err, terminal.Story)
}
