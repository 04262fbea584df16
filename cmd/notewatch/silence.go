package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/silences"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
	"notewatch/rules"
)

// silenceOrder holds the flags of silence.
type silenceOrder struct {
	match   rules.Match
	length  lengthFlag
	from    string
	until   string
	because string
	json    bool
}

func newSilence() *cobra.Command {
	var o silenceOrder
	c := &cobra.Command{
		Use:   "silence",
		Short: "Mute matching alerts for a while",
		Args:  noArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return o.run(c) },
	}
	matchFlags(c, &o.match)
	c.Flags().StringVar(&o.match.Alert, "alert", "", "only this alert")
	c.Flags().Var(&o.length, "for", "duration, such as 90m, 2h, 3d or 1w")
	c.Flags().StringVar(&o.from, "from", "", `start, such as 22:00 (default: now)`)
	c.Flags().StringVar(&o.until, "until", "", `end instead of --for: 14:00, tomorrow, "2026-06-15 14:00", or over (when the alert ends)`)
	completeFlag(c, "from", complete.OneOf("tomorrow"))
	completeFlag(c, "alert", complete.AlertIDs(true))
	completeFlag(c, "until", complete.OneOf(untilOver, "tomorrow"))
	c.Flags().StringVar(&o.because, "because", "", "reason, shown with the silence")
	jsonFlag(c, &o.json)
	return c
}

func (o silenceOrder) run(c *cobra.Command) error {
	return change(c, func(db opened) error {
		now := db.clock.Now().UTC()
		order, err := o.silence(now)
		if err != nil {
			return usageError{fmt.Errorf("%w; see notewatch silence --help", err)}
		}
		selector, err := db.desk(c).Selector(c.Context())
		if err != nil {
			return err
		}
		if order.Match, err = o.identify(c, selector); err != nil {
			return hinted(err)
		}
		count, err := db.store.CountAlerts(c.Context(), store.AlertFilter{Match: order.Match, Open: true})
		if err != nil {
			return err
		}
		if err := hand(db).Silence(c.Context(), order); err != nil {
			return err
		}
		made, err := silences.Of(c.Context(), selector.Desk, order)
		switch {
		case err != nil:
			return err
		case o.json:
			return terminal.WriteJSON(c.OutOrStdout(), struct {
				silences.Silence
				Matches int `json:"matches"`
			}{made, count})
		}
		return terminal.NewSilence(screenOf(c), order, made.Match, count, now, db.hence("applies it"))
	})
}

// identify returns what the silence matches, by the ID of its alert and the UIDs of its project and device.
func (o silenceOrder) identify(c *cobra.Command, selector lookup.Selector) (rules.Match, error) {
	m := o.match
	if m.Alert != "" {
		a, err := selector.Desk.Alert(c.Context(), m.Alert)
		if err != nil {
			return m, err
		}
		m.Alert = a.ID
	}
	return selector.Identify(c.Context(), m)
}

// silence returns the silence that the flags describe.
func (o silenceOrder) silence(now time.Time) (rules.Silence, error) {
	s := rules.Silence{
		ID: bot.NewSilenceID(), Match: o.match, Start: now, By: whoami(), Because: strings.TrimSpace(o.because),
	}
	var err error
	switch {
	case o.match == rules.Match{}:
		err = errors.New("this would silence everything: give --rule, --project, --device or --alert")
	case s.Because == "":
		err = errors.New("missing --because: give a reason for the others on call")
	case (o.length == 0) == (o.until == ""):
		err = errors.New("give --for or --until, one of them")
	case o.until == untilOver && o.match.Alert == "":
		err = errors.New("--until over works only with --alert")
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

// end returns when a silence that begins at start ends; the zero time means with its alert.
func (o silenceOrder) end(start time.Time) (time.Time, error) {
	switch o.until {
	case "":
		return start.Add(time.Duration(o.length)), nil
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
	return end, fmt.Errorf("--until %q is in the past", o.until)
}

// untilOver is the end of a silence that lasts as long as its alert.
const untilOver = "over"
