package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/rules"
)

func newSilences() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "silences",
		Short: "List silences and the mute windows of the rules file",
		Long: `Lists the silences that are not over, and the windows in which the rules file keeps people from being told every week.

--json prints an array of objects with kind (silence or window), id, match (alert, rule, project, project_name, device, device_name), on, start and
end (of a window that is closed: when it opens next; none: when the alert is over), schedule (of a window), by and because.`,
		Example: `  notewatch silences
  notewatch silences --json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return listSilences(c, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// A silenceView is a silence or a window as it is printed.
type silenceView struct {
	Kind     rules.Muter `json:"kind"`
	ID       string      `json:"id,omitempty"`
	Match    matchView   `json:"match"`
	On       bool        `json:"on"`
	Start    time.Time   `json:"start,omitzero"`
	End      time.Time   `json:"end,omitzero"`
	Schedule string      `json:"schedule,omitempty"`
	By       string      `json:"by,omitempty"`
	Because  string      `json:"because"`
}

type matchView struct {
	Alert       string `json:"alert,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Project     string `json:"project,omitempty"`
	ProjectName string `json:"project_name,omitempty"`
	Device      string `json:"device,omitempty"`
	DeviceName  string `json:"device_name,omitempty"`
}

// listSilences prints what keeps people from being told. Silences are shown even if the rules file cannot be read.
func listSilences(c *cobra.Command, asJSON bool) error {
	return look(c, func(db opened) error {
		now := db.clock.Now()
		silences, _, err := db.Silences(c.Context(), now)
		if err != nil {
			return err
		}
		names, err := db.Names(c.Context())
		if err != nil {
			return err
		}
		file, desk, unread := wideDesk(c, db, names)
		if unread != nil {
			unread = fmt.Errorf("the windows of the rules file are not shown: %w", unread)
		}
		called, err := directoryOf(c.Context(), desk, matchesOf(silences, file.Silences)...)
		if err != nil {
			return err
		}
		var views []silenceView
		for _, s := range silences {
			views = append(views, called.viewOfSilence(s, now))
		}
		for _, w := range file.Silences {
			views = append(views, called.viewOfWindow(w, now))
		}
		return errors.Join(printSilences(c, views, asJSON, unread == nil), unread)
	})
}

// matchesOf returns what silences and windows match.
func matchesOf(silences []rules.Silence, windows []rules.Window) (all []rules.Match) {
	for _, s := range silences {
		all = append(all, s.Match)
	}
	for _, w := range windows {
		all = append(all, w.Match)
	}
	return all
}

// printSilences prints views; whole is that they are all there are.
func printSilences(c *cobra.Command, views []silenceView, asJSON, whole bool) error {
	s := screenOf(c.OutOrStdout())
	switch {
	case asJSON:
		return writeList(s.w, views)
	case len(views) == 0 && whole:
		c.PrintErrln("Nothing is silenced, and the rules file has no windows.")
		return nil
	case len(views) == 0:
		c.PrintErrln("Nothing is silenced by hand.")
		return nil
	}
	return silenceTable(views).print(s)
}

func silenceTable(views []silenceView) *table {
	t := &table{columns: columns("ID", "STATE=", "WHEN (UTC)", "WHAT", "BY_", "BECAUSE_")}
	for _, v := range views {
		state := "off"
		if v.On {
			state = "on"
		}
		t.add(cmp.Or(v.ID, "-"), state, v.when(), v.what(), v.by(), v.Because)
	}
	return t
}

func (d directory) viewOfSilence(s rules.Silence, now time.Time) silenceView {
	return silenceView{
		Kind: rules.BySilence, ID: s.ID, Match: d.viewOfMatch(s.Match), On: !now.Before(s.Start), Start: s.Start, End: s.End,
		By: s.By, Because: s.Because,
	}
}

func (d directory) viewOfWindow(w rules.Window, now time.Time) silenceView {
	v := silenceView{Kind: rules.ByWindow, Match: d.viewOfMatch(w.Match), Schedule: schedule(w), Because: w.Because}
	if v.End, v.On = w.Open(now); !v.On {
		v.Start, v.End = w.Next(now).UTC(), time.Time{}
	}
	v.End = v.End.UTC()
	return v
}

func (d directory) viewOfMatch(m rules.Match) matchView {
	return matchView{m.Alert, m.Rule, m.Project, d[m.Project], m.Subject, d[m.Subject]}
}

// when says until when it lasts, or when it begins.
func (v silenceView) when() string {
	switch {
	case v.On && v.End.IsZero() && v.Kind == rules.BySilence:
		return "until it is over"
	case v.On:
		return "until " + minute(v.End)
	}
	if !v.End.IsZero() {
		return "from " + minute(v.Start) + " until " + minute(v.End)
	}
	return "from " + minute(v.Start)
}

// by says who asked for it.
func (v silenceView) by() string {
	if v.Kind == rules.ByWindow {
		return "rules file, " + v.Schedule
	}
	return v.By
}

func (v silenceView) what() string {
	called := directory{v.Match.Project: v.Match.ProjectName, v.Match.Device: v.Match.DeviceName}
	return called.matchText(rules.Match{Alert: v.Match.Alert, Rule: v.Match.Rule, Project: v.Match.Project, Subject: v.Match.Device})
}

// schedule says when a window opens and closes: "Sat, Sun 22:00–06:00 Europe/Berlin".
func schedule(w rules.Window) string {
	var days []string
	for _, day := range w.Days {
		days = append(days, day.String()[:3])
	}
	parts := []string{cmp.Or(strings.Join(days, ", "), "every day")}
	if w.From != 0 || w.To != 0 {
		parts = append(parts, clockTime(w.From)+"–"+clockTime(w.To))
	}
	if w.Zone != nil && w.Zone != time.UTC {
		parts = append(parts, w.Zone.String())
	}
	return strings.Join(parts, " ")
}

// clockTime is a time of day since midnight.
func clockTime(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
