package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// silenceOrder is what the flags of silence say.
type silenceOrder struct {
	selection
	span    span
	until   string
	because string
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
--until over keeps the silence for as long as the alert stands.`,
		Example: `  notewatch silence --rule silent-device --for 2h --because "gateway is moved"
  notewatch silence --device sensor-6 --until 2090-01-02 --because "in the lab"`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.Alert, "alert", "", "only this alert")
	c.Flags().Var(&o.span, "for", "how long: 90m, 2h, 3d, 1w")
	c.Flags().StringVar(&o.until, "until", "", `until when instead: "2026-06-15 14:00" in UTC, RFC 3339, or over: until the alert is`)
	completeFlag(c, "alert", alertIDs(true))
	completeFlag(c, "until", oneOf(untilOver))
	c.Flags().StringVar(&o.because, "because", "", "why, for those who see it")
	return c
}

func (o silenceOrder) run(c *cobra.Command) error {
	ctx := c.Context()
	return change(c, func(db opened) error {
		now := db.clock.Now()
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
		return errors.Join(
			s.say(plain, fmt.Sprintf("%s silences %s %s.", silence.ID, called.matchText(silence.Match), bot.EndText(silence, now))),
			s.say(plain, fmt.Sprintf("It matches %s now. %s; notewatch unsilence %s ends it.",
				counted(count, "open alert"), db.hence("applies it"), silence.ID)),
		)
	})
}

// silence is what is ordered.
func (o silenceOrder) silence(now time.Time) (rules.Silence, error) {
	s := rules.Silence{
		ID: bot.NewSilenceID(), Match: o.Match, Start: now, End: now.Add(time.Duration(o.span)),
		By: whoami(), Because: strings.TrimSpace(o.because),
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
	case o.until == untilOver:
		s.End = time.Time{}
		return s, nil
	case o.until != "":
		s.End, err = parseTime(o.until)
	}
	if err == nil && !s.End.After(now) {
		err = fmt.Errorf("--until %q is over", o.until)
	}
	return s, err
}

// untilOver is the end of a silence that lasts as long as its alert.
const untilOver = "over"

// parseTime reads an instant on the command line, in UTC unless it says otherwise.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf(`cannot read the time %q: want "2026-06-15 14:00" (UTC) or 2026-06-15T14:00:00Z`, text)
}

func newUnsilence() *cobra.Command {
	return &cobra.Command{
		Use:               "unsilence ID",
		Short:             "End a silence",
		Args:              oneArgument("the ID of a silence, which notewatch silences lists"),
		ValidArgsFunction: completeFirst(silenceIDs),
		RunE:              func(c *cobra.Command, args []string) error { return unsilence(c, args[0]) },
	}
}

func unsilence(c *cobra.Command, text string) error {
	return change(c, func(db opened) error {
		id, err := standingSilence(c.Context(), db.Store, text, db.clock.Now())
		if err != nil {
			return err
		}
		ended, err := hand(db).Unsilence(c.Context(), id, whoami())
		if err == nil && !ended { // somebody was faster
			err = fmt.Errorf("silence %s is over already", id)
		}
		if err != nil {
			return err
		}
		return screenOf(c.OutOrStdout()).say(plain, id+" is over. "+db.hence("tells what still stands")+".")
	})
}

// standingSilence returns the ID of a silence that is not over, which text is or begins, whatever the case.
func standingSilence(ctx context.Context, db *store.Store, text string, now time.Time) (string, error) {
	s, err := lookup.New(lookup.Config{Store: db, Now: func() time.Time { return now }}).Silence(ctx, text)
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); ok && unknown.Nearest == "" {
		err = fmt.Errorf("%w; notewatch silences lists them", err)
	}
	if err == nil && s.Over(now) {
		err = fmt.Errorf("silence %s is over already, since %s", s.ID, notify.FormatTime(s.Stops()))
	}
	return s.ID, err
}
