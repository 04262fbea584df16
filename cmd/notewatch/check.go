package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/watch"
	"notewatch/internal/words"
	"notewatch/rules"
)

func newCheck() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check the settings and the rules file",
		Long: `Checks the environment and the rules file, and prints how each rule and each mute window is understood. Nothing is sent
anywhere. Warnings about settings without effect go to stderr and do not change the exit code.

--json prints an object with file, projects (uid, name), accounts (name, projects, requests_per_minute, interval_seconds), rules (name, each, kind, levels, reads, receivers), receivers (name, from,
fallback) and windows (as notewatch silences --json has them).`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := configure(c)
			if err != nil {
				return err
			}
			wired, err := s.wire(bot.SystemClock())
			if err != nil {
				return err
			}
			if err := s.checkSlack(); err != nil {
				return err
			}
			if warnings := s.warnings(); len(warnings) > 0 {
				c.PrintErrln(warnings)
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), viewOfFile(s.file, wired, time.Now()))
			}
			return errors.Join(describe(c.OutOrStdout(), s.file), describeAccounts(c.OutOrStdout(), wired.Bot), describeProxies(c.OutOrStdout(), wired))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// describe prints how the file is understood.
func describe(w io.Writer, file *config.File) error {
	fmt.Fprintf(w, "%s is fine: %s, %s, %s\n\n", tidy(file.Path), words.Count(len(file.Projects), "project"),
		words.Count(len(file.Rules), "rule"), words.Count(len(file.Receivers), "receiver"))
	t := &table{columns: columns("RULE", "EACH", "KIND", "LEVELS_", "READS=", "TELLS")}
	for _, r := range file.Rules {
		t.add(r.Spec.Name, fmt.Sprint(r.Spec.Each), fmt.Sprint(r.Kind), strings.Join(levels(r.Spec), ", "),
			strings.Join(reads(r.Reads), ", "), strings.Join(told(file, r), ", "))
	}
	s := screenOf(w)
	return errors.Join(t.print(s), s.blank(), s.say(plain,
		"A live rule resolves as soon as it is over, a day rule after a whole quiet day (UTC), a period rule when its period ends. "+
			"The last two also end as corrected when Notehub lowers the values that made them fire."),
		describeWindows(s, file))
}

// describeWindows prints what each mute window covers.
func describeWindows(s screen, file *config.File) error {
	if len(file.Silences) == 0 {
		return nil
	}
	t := &table{columns: columns("MUTED", "RULES", "PROJECTS=", "DEVICES=", "BECAUSE_")}
	for _, w := range file.Silences {
		zone := ""
		if w.Zone == nil || w.Zone == time.UTC {
			zone = " UTC"
		}
		t.add(schedule(w)+zone, cmp.Or(w.Match.Rule, fmt.Sprintf("all %d", len(file.Rules))),
			cmp.Or(w.Match.Project, fmt.Sprintf("all %d", len(file.Projects))), coveredDevices(file, w.Match), w.Because)
	}
	return errors.Join(s.blank(), t.print(s))
}

// coveredDevices names the devices that a match covers. A rule for each project has none.
func coveredDevices(file *config.File, m rules.Match) string {
	projectRule := func(r config.Rule) bool { return r.Spec.Name == m.Rule && r.Spec.Each == rules.EachProject }
	switch {
	case slices.ContainsFunc(file.Rules, projectRule):
		return "-"
	case m.Subject != "":
		return m.Subject
	}
	return "all"
}

// warnings are what the rules file and the environment set without effect.
func (s setup) warnings() config.Errors {
	all := slices.Clone(s.file.Warnings)
	withoutToken := func(a config.Account) bool { return a.Token.IsZero() }
	if !s.environment.NotehubToken.IsZero() && !slices.ContainsFunc(s.file.Accounts, withoutToken) {
		all = append(all, config.Problem{Warning: true, Where: "NOTEWATCH_NOTEHUB_TOKEN",
			Message: "is not used: the accounts of the rules file have tokens"})
	}
	if !s.answersSlack() && (s.file.Slack.Allow.Look != nil || s.file.Slack.Allow.Change != nil) {
		all = append(all, config.Problem{Warning: true, File: s.file.Path, Where: "slack.allow",
			Message: "has no effect: notewatch does not answer in Slack",
			Hint:    "set NOTEWATCH_SLACK_APP_TOKEN or NOTEWATCH_SLACK_SIGNING_SECRET"})
	}
	return all
}

// describeAccounts prints how often the projects of each account are polled.
func describeAccounts(w io.Writer, wired bot.Config) error {
	s := screenOf(w)
	problems := []error{s.blank()}
	for _, a := range viewOfAccounts(wired) {
		if a.Projects == 0 {
			continue
		}
		interval := time.Duration(a.Interval * float64(time.Second))
		said := fmt.Sprintf("Account %s: %s, each polled every %s with %s requests a minute", a.Name, words.Count(a.Projects, "project"),
			words.Duration(interval), words.Figure(a.PerMinute, ""))
		if interval > bot.DefaultInterval {
			said += ", which are too few for every " + words.Duration(bot.DefaultInterval)
		}
		problems = append(problems, s.say(plain, said+"."))
	}
	return errors.Join(problems...)
}

// describeProxies prints what is reached through which proxy, if anything is.
func describeProxies(w io.Writer, wired watch.Config) error {
	behind := make(map[string][]string)
	for _, a := range wired.Bot.Accounts {
		if via := a.Client.Proxy(); via != "" && behind[via] == nil {
			behind[via] = []string{"Notehub"} // all accounts have one address
		}
	}
	for _, receiver := range wired.Receivers {
		if r, ok := receiver.Receiver.(interface{ Proxy() string }); ok && r.Proxy() != "" {
			behind[r.Proxy()] = append(behind[r.Proxy()], receiver.Name)
		}
	}
	s := screenOf(w)
	var problems []error
	for _, via := range slices.Sorted(maps.Keys(behind)) {
		problems = append(problems, s.say(plain, fmt.Sprintf("Through proxy %s: %s.", via, listed(behind[via]))))
	}
	return errors.Join(problems...)
}

// told returns the receivers that a rule tells: its own, else those of all projects.
func told(file *config.File, r config.Rule) []string {
	if r.Notify != nil {
		return r.Notify
	}
	var names []string
	for _, p := range file.Projects {
		for _, name := range p.Notify {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func levels(spec rules.Spec) []string {
	words := []string{}
	for _, condition := range spec.When {
		words = append(words, condition.Level.String())
	}
	return words
}

func reads(r rules.Reads) []string {
	words := []string{}
	for _, figure := range r.Figures {
		words = append(words, figure.String())
	}
	if r.Device {
		words = append(words, "device list")
	}
	if r.Poll {
		words = append(words, "poll")
	}
	return words
}
