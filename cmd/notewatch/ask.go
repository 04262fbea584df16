package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/words"
)

// outline reads the environment and the rules file for a command that only looks: no secret need be there. Where it fails,
// there is no file in what it returns.
func outline(c *cobra.Command) (setup, error) {
	environment, err := config.ReadEnvironment()
	if err != nil {
		return setup{}, err
	}
	s := setup{environment: environment, log: newLog(c.ErrOrStderr(), environment), stdout: c.OutOrStdout()}
	s.file, err = config.LoadPartly(environment.Rules, os.LookupEnv)
	return s, unread(err)
}

// ask lets f ask what the rules file is about, from the database alone, beside whoever works with it.
func ask(c *cobra.Command, f func(d *lookup.Desk) error) error {
	s, err := outline(c)
	if err != nil {
		return err
	}
	return look(c, func(db opened) error {
		if err := noteConversion(c, db.Store); err != nil {
			return err
		}
		return f(s.desk(db.Store, db.clock.Now))
	})
}

// A source says how far the figures of an answer can be relied on.
type source struct {
	AsOf      time.Time              `json:"as_of,omitzero"` // when they were read
	Failures  int                    `json:"failures"`       // to read Notehub since
	Failure   string                 `json:"failure,omitempty"`
	Truncated bool                   `json:"truncated"` // Notehub cut an answer short
	polls     []lookup.ProjectStatus // while there is no data
}

// print says of when the figures are.
func (f source) print(s screen, now time.Time) error {
	if f.AsOf.IsZero() {
		for _, p := range f.polls {
			if p.Polling || p.Behind != "" {
				return s.say(amber, "No data yet: "+bot.PollText(p.Name, p.Behind, p.Wait)+".")
			}
		}
		return s.say(amber, sentence("Nothing has been read yet", cmp.Or(f.Failure, "does notewatch run?")))
	}
	if f.AsOf.Sub(now) > store.ClockTolerance {
		return s.say(amber, "Data as of "+words.Time(f.AsOf)+", which is later than now: the clock was set back since. notewatch run polls at once.")
	}
	said, as := "Figures as of "+words.Time(f.AsOf)+", "+ago(now.Sub(f.AsOf)), dim
	if f.stale(now) {
		said, as = said+": does notewatch run?", amber
	}
	if err := s.say(as, said); err != nil {
		return err
	}
	if f.Failures > 0 {
		if err := s.say(amber, sentence(fmt.Sprintf("Reading Notehub has failed %s since then", times(f.Failures)), f.Failure)); err != nil {
			return err
		}
	}
	if f.Truncated {
		return s.say(amber, "Notehub cut an answer short: some figures may be missing.")
	}
	return nil
}

// stale reports whether figures are so old that the answer is about the past, and somebody should look whether anything runs.
func (f source) stale(now time.Time) bool { return now.Sub(f.AsOf) > bot.StaleAfter }

// ago is how long something is in the past.
func ago(d time.Duration) string { return words.Duration(d) + " ago" }

// times is how often something happened.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// say prints lines of text that may hold some from outside.
func (s screen) say(as style, text string) error {
	var b strings.Builder
	for _, line := range s.lines(tidy(text)) {
		b.WriteString(s.paint(as, line) + "\n")
	}
	_, err := s.w.Write([]byte(b.String()))
	return err
}
