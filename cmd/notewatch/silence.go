package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

// silenceOrder is what the flags of silence say.
type silenceOrder struct {
	selection
	span    span
	from    string
	until   string
	because string
	json    bool
}

func newSilence() *cobra.Command {
	var o silenceOrder
	c := &cobra.Command{
		Use:   "silence",
		Short: "Keep people from being told of some alerts for a while",
		Long: `Mutes the alerts that have all that the flags name, from now on: what is new of them is told only when the silence ends,
if it still stands then. What has been posted is kept up to date without disturbing anybody. notewatch run applies it
within seconds. Projects and devices may be named by a part of their name that says which is meant; the silence is of that one alone, even
if others have or get the same name. With --alert,
--until over keeps the silence for as long as the alert stands. Times are 14:00 (the next one), tomorrow, "tomorrow 9:00" and
"2026-06-15 14:00", all in UTC, and RFC 3339. --from begins the silence later; a time of day in --until is then the first after that.

--json prints the silence as notewatch silences --json has it, with matches: how many open alerts it matches now.`,
		Example: `  notewatch silence --rule silent-device --for 2h --because "gateway is moved"
  notewatch silence --device sensor-6 --until 2090-01-02 --because "in the lab"
  notewatch silence --rule data-budget --from 22:00 --until 6:00 --because x`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.Alert, "alert", "", "only this alert")
	c.Flags().Var(&o.span, "for", "how long: 90m, 2h, 3d, 1w")
	c.Flags().StringVar(&o.from, "from", "", `when it begins, such as 22:00 (default: now)`)
	c.Flags().StringVar(&o.until, "until", "", `until when instead: 14:00, tomorrow, "2026-06-15 14:00", or over: until the alert is`)
	completeFlag(c, "from", oneOf("tomorrow"))
	completeFlag(c, "alert", alertIDs(true))
	completeFlag(c, "until", oneOf(untilOver, "tomorrow"))
	c.Flags().StringVar(&o.because, "because", "", "why, for those who see it")
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	return c
}

func (o silenceOrder) run(c *cobra.Command) error {
	ctx := c.Context()
	return change(c, func(db opened) error {
		now := db.clock.Now().UTC()
		silence, err := o.silence(now)
		if err != nil {
			return usageError{fmt.Errorf("%w; see notewatch silence --help", err)}
		}
		if o.Alert != "" {
			a, err := alertOf(ctx, db.Store, o.Alert)
			if err != nil {
				return err
			}
			o.Alert = a.ID
		}
		if err := o.identify(c, db); err != nil {
			return err
		}
		silence.Match = o.Match
		called, err := nameMatch(c, db, silence.Match)
		if err != nil {
			return err
		}
		count, err := db.CountAlerts(ctx, store.AlertFilter{Match: silence.Match, Open: true})
		if err != nil {
			return err
		}
		if err := hand(db).Silence(ctx, silence); err != nil {
			return err
		}
		s := screenOf(c.OutOrStdout())
		if o.json {
			return writeJSON(s.w, madeView{called.viewOfSilence(silence, now), count})
		}
		return errors.Join(
			s.say(plain, fmt.Sprintf("%s silences %s %s.", silence.ID, called.matchText(silence.Match), deliver.WhenText(silence, now))),
			s.say(plain, fmt.Sprintf("It matches %s now. %s; notewatch unsilence %s ends it.",
				words.Count(count, "open alert"), db.hence("applies it"), silence.ID)),
		)
	})
}

// A madeView is a new silence as it is printed.
type madeView struct {
	silenceView
	Matches int `json:"matches"`
}

// silence is what is ordered.
func (o silenceOrder) silence(now time.Time) (rules.Silence, error) {
	s := rules.Silence{
		ID: bot.NewSilenceID(), Match: o.Match, Start: now, By: whoami(), Because: strings.TrimSpace(o.because),
	}
	var err error
	switch {
	case o.Match == rules.Match{}:
		err = errors.New("this would silence everything: want --rule, --project, --device or --alert")
	case s.Because == "":
		err = errors.New("want --because, for those who wonder why nobody is told")
	case (o.span == 0) == (o.until == ""):
		err = errors.New("want --for or --until, one of them")
	case o.until == untilOver && o.Alert == "":
		err = errors.New("only an alert can be silenced until it is over: want --alert")
	case o.from != "":
		s.Start, err = words.Instant(o.from, now)
	}
	if err == nil && s.Start.Before(now) {
		err = fmt.Errorf("--from %q is in the past: leave it out to begin now", o.from)
	}
	if err == nil {
		s.End, err = o.end(s.Start)
	}
	return s, err
}

// end is when a silence that begins at start ends; zero is with its alert.
func (o silenceOrder) end(start time.Time) (time.Time, error) {
	switch o.until {
	case "":
		return start.Add(time.Duration(o.span)), nil
	case untilOver:
		return time.Time{}, nil
	}
	end, err := words.Instant(o.until, start)
	switch {
	case err != nil || end.After(start):
		return end, err
	case o.from != "":
		return end, fmt.Errorf("--until %q is not after --from %q", o.until, o.from)
	}
	return end, fmt.Errorf("--until %q is over", o.until)
}

// untilOver is the end of a silence that lasts as long as its alert.
const untilOver = "over"

func newUnsilence() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "unsilence ID",
		Short: "End a silence",
		Long: `Ends a silence before its time.

--json prints the silence as notewatch silences --json has it, with ended_at and ended_by.`,
		Args:              oneArgument("the ID of a silence, which notewatch silences lists"),
		ValidArgsFunction: completeFirst(silenceIDs),
		RunE:              func(c *cobra.Command, args []string) error { return unsilence(c, args[0], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// An endedView is a silence that somebody ended as it is printed.
type endedView struct {
	silenceView
	EndedAt time.Time `json:"ended_at"`
	EndedBy string    `json:"ended_by"`
}

func unsilence(c *cobra.Command, text string, asJSON bool) error {
	return change(c, func(db opened) error {
		ctx, now, by := c.Context(), db.clock.Now().UTC(), whoami()
		silence, err := standingSilence(ctx, db.Store, text, now)
		if err != nil {
			return err
		}
		called, err := nameMatch(c, db, silence.Match)
		if err != nil {
			return err
		}
		ended, err := hand(db).Unsilence(ctx, silence.ID, by)
		if err == nil && !ended { // somebody was faster
			err = fmt.Errorf("silence %s is over already", silence.ID)
		}
		if err != nil {
			return err
		}
		s := screenOf(c.OutOrStdout())
		if asJSON {
			view := endedView{called.viewOfSilence(silence, now), now, by}
			view.On = false
			return writeJSON(s.w, view)
		}
		return s.say(plain, silence.ID+" is over. "+db.hence("tells what still stands")+".")
	})
}

// standingSilence returns a silence that is not over, whose ID text is or begins, whatever the case.
func standingSilence(ctx context.Context, db *store.Store, text string, now time.Time) (rules.Silence, error) {
	s, err := lookup.New(lookup.Config{Store: db, Now: func() time.Time { return now }}).Silence(ctx, text)
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); ok && unknown.Nearest == "" {
		err = fmt.Errorf("%w; notewatch silences lists them", err)
	}
	if err == nil && s.Over(now) {
		err = fmt.Errorf("silence %s is over already, since %s", s.ID, words.Time(s.Stops()))
	}
	return s, err
}
