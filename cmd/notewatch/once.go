package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

func newOnce() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "once",
		Short: "Poll, judge and notify once, then exit",
		Long: `Polls every project once, judges the rules and notifies receivers, then lists the alerts that are firing.
For cron. The exit code is 0 when nothing is firing, 3 when something is, 1 when a project could not be read or a receiver
not be reached.

--json prints the alerts that are firing as notewatch alerts --json has them. What a receiver of the kind terminal prints then goes to
stderr.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return cycle(c, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func cycle(c *cobra.Command, asJSON bool) error {
	ctx := c.Context()
	s, err := configure(c)
	if err != nil {
		return err
	}
	if asJSON {
		s.stdout = c.ErrOrStderr()
	}
	s.process = thisProcess(s.environment)
	w, closeDB, err := s.start(ctx, true)
	if err != nil {
		return err
	}
	defer closeDB()
	if w.StandsBy() {
		return errors.New("other rules are active, which a process that runs was started or reloaded with: use the same rules file, or end that process")
	}
	if err := w.Bot.PollNow(ctx); err != nil {
		return err
	}
	if _, err := w.Turn(ctx); err != nil {
		return err
	}
	if err := w.Bot.Convert(ctx); err != nil {
		return err
	}
	db := w.Config.Bot.Store
	firing, err := s.firing(c, db)
	if err != nil {
		return err
	}
	show := list
	if asJSON {
		show = listJSON
	}
	if err := show(c, db, firing); err != nil {
		return err
	}
	if err := s.asOf(c, db, w.Config.Bot.Clock.Now()); err != nil {
		return err
	}
	if err := s.trouble(c, db); err != nil {
		return err
	}
	if len(firing) > 0 {
		return errFiring
	}
	return nil
}

// firing returns the firing alerts: first those about notewatch itself and its accounts, then those of each project.
func (s setup) firing(c *cobra.Command, db *store.Store) (firing []rules.Alert, err error) {
	projects := []string{""} // no project: what concerns more than one
	for _, p := range s.file.Projects {
		projects = append(projects, p.UID)
	}
	for _, uid := range projects {
		alerts, err := db.OpenAlerts(c.Context(), uid)
		if err != nil {
			return nil, err
		}
		for _, a := range alerts {
			if a.State == rules.Firing {
				firing = append(firing, a)
			}
		}
	}
	return firing, s.desk(db, time.Now).UpdateValues(c.Context(), firing)
}

// list prints the alerts that are firing.
func list(c *cobra.Command, _ *store.Store, firing []rules.Alert) error {
	out := screenOf(c.OutOrStdout())
	if len(firing) == 0 {
		return out.say(plain, "nothing is firing")
	}
	t := &table{columns: columns("LEVEL", "SUBJECT~", "RULE_", "VALUE", "LIMIT", "SINCE", "ID")}
	for _, a := range firing {
		t.add(a.Level.String(), a.Told.Subject, a.Rule, words.Figure(a.Value, a.Told.Unit), limit(a),
			a.Since.UTC().Format(time.DateTime+" UTC"), a.ID)
	}
	return t.print(out)
}

// listJSON prints the alerts that are firing as JSON.
func listJSON(c *cobra.Command, db *store.Store, firing []rules.Alert) error {
	printed := newListWriter[alertView](c.OutOrStdout())
	if err := eachView(c.Context(), opened{Store: db, clock: bot.SystemClock()}, firing, printed.add); err != nil {
		return err
	}
	return printed.end()
}

// asOf prints as of when the alerts are that list prints: of each project that could not be polled, and of the others.
func (s setup) asOf(c *cobra.Command, db *store.Store, now time.Time) error {
	out := screenOf(s.stdout)
	var oldest time.Time
	for _, p := range s.file.Projects {
		state, err := db.Project(c.Context(), p.UID)
		switch {
		case err != nil:
			return err
		case state.Failures == 0:
			if oldest.IsZero() || state.PolledAt.Before(oldest) {
				oldest = state.PolledAt
			}
			continue
		}
		said := "never polled, so nothing is known to fire or not"
		if !state.PolledAt.IsZero() {
			said = "alerts and data as of " + words.Time(state.PolledAt) + " (" + ago(now.Sub(state.PolledAt)) + "), since polls fail"
		}
		if err := out.say(amber, p.Name+": "+said); err != nil {
			return err
		}
	}
	if oldest.IsZero() {
		return nil
	}
	return out.say(dim, "Data as of "+words.Time(oldest)+".")
}

// limit returns the limit of an alert, or a dash if its rule has none.
func limit(a rules.Alert) string {
	if !rules.Known(a.Limit) {
		return "-"
	}
	return words.Figure(a.Limit, a.Told.Unit)
}

// trouble returns what went wrong in a cycle.
func (s setup) trouble(c *cobra.Command, db *store.Store) error {
	var problems []error
	for _, p := range s.file.Projects {
		state, err := db.Project(c.Context(), p.UID)
		if err != nil {
			return err
		}
		if state.Failures > 0 {
			problems = append(problems, fmt.Errorf("project %q: %s", p.UID, tidy(state.Failure)))
		}
	}
	for _, r := range s.file.Receivers {
		missing, problem, err := db.Unshown(c.Context(), r.Name)
		if err != nil {
			return err
		}
		if missing > 0 {
			said := fmt.Sprintf("receiver %q does not show %s", r.Name, words.Count(missing, "alert"))
			problems = append(problems, errors.New(sentence(said, tidy(problem))))
		}
	}
	return errors.Join(problems...)
}
