package terminal

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"notewatch/internal/bot"
	"notewatch/internal/check"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Check prints how a rules file is understood.
func Check(s Screen, r check.Report) error {
	return errors.Join(checkedRules(s, r), checkedNow(s, r), leftOut(s, r), checkedHours(s, r), checkedWindows(s, r), checkedAccounts(s, r), checkedProxies(s, r))
}

func checkedRules(s Screen, r check.Report) error {
	projects := words.Count(len(r.Projects), "project")
	if len(r.All) > 0 {
		projects = strings.TrimPrefix(projects+" and ", "0 projects and ") + "all projects of " + strings.Join(r.All, ", ")
	}
	head := fmt.Sprintf("%s is valid: %s, %s, %s", words.Line(r.File), projects,
		words.Count(len(r.Rules), "rule"), words.Count(len(r.Receivers), "receiver"))
	t := &table{columns: columns("RULE", "EACH", "KIND", "PERIOD", "LEVELS_", "READS=", "REQUESTS=", "NOTIFIES")}
	for _, rule := range r.Rules {
		t.add(rule.Name, string(rule.Each), rule.Kind, cmp.Or(rule.Period, "-"), joinLevels(rule.Levels), strings.Join(rule.Reads, ", "),
			requests(rule), strings.Join(rule.Receivers, ", "))
	}
	return errors.Join(s.Say(head), s.blank(), t.print(s), s.blank(), s.Say(
		"Live rules resolve as soon as the condition is false, day and forecast rules after a full quiet day (UTC), period rules when the period "+
			"ends, as do forecast rules at the latest. "+
			"Day and period rules also end as corrected when Notehub lowers the values that made them fire."))
}

// requests says how many requests of a project are made for what a rule reads.
func requests(rule check.Rule) string {
	polls, hourly := "", ""
	if rule.Polls > 0 {
		polls = words.Number(rule.Polls) + " a poll"
	}
	if rule.Hourly > 0 {
		hourly = words.Number(rule.Hourly) + " an hour"
	}
	return cmp.Or(words.Dotted(polls, hourly), "-")
}

// checkedNow prints what each rule matches now, if the database knows that.
func checkedNow(s Screen, r check.Report) error {
	t := &table{columns: columns("RULE", "SUBJECTS", "SELECTED", "TRUE", "NO DATA")}
	for _, rule := range r.Rules {
		if now := rule.Now; now != nil {
			t.add(rule.Name, words.Number(now.Subjects), words.Number(now.Selected), words.Number(now.True), words.Number(now.NoData))
		}
	}
	if len(t.rows) == 0 {
		return nil
	}
	return errors.Join(s.blank(), s.Say("What the rules match as of the last poll:"), t.print(s))
}

// leftOut prints the rules of the catalogue that cannot work, and why.
func leftOut(s Screen, r check.Report) error {
	if len(r.LeftOut) == 0 {
		return nil
	}
	t := &table{columns: columns("LEFT OUT OF THE CATALOGUE", "BECAUSE_")}
	for _, left := range r.LeftOut {
		t.add(left.Name, left.Why)
	}
	return errors.Join(s.blank(), t.print(s))
}

func joinLevels(levels []rules.Level) string {
	texts := make([]string, len(levels))
	for i, level := range levels {
		texts[i] = level.String()
	}
	return strings.Join(texts, ", ")
}

// checkedHours prints when receivers with hours are notified of what is new.
func checkedHours(s Screen, r check.Report) error {
	t := &table{columns: columns("RECEIVER", "NOTIFIED OF WHAT IS NEW")}
	for _, receiver := range r.Receivers {
		if receiver.Hours != "" {
			t.add(receiver.Name, receiver.Hours)
		}
	}
	if len(t.rows) == 0 {
		return nil
	}
	return errors.Join(s.blank(), t.print(s))
}

// checkedWindows prints what each mute window covers.
func checkedWindows(s Screen, r check.Report) error {
	if len(r.Windows) == 0 {
		return nil
	}
	t := &table{columns: columns("MUTED", "RULES", "PROJECTS=", "DEVICES=", "RECEIVERS=", "BECAUSE_")}
	for _, w := range r.Windows {
		t.add(w.Times, w.Rules, w.Project, w.Devices, cmp.Or(strings.Join(w.For, ", "), "all"), w.Because)
	}
	return errors.Join(s.blank(), t.print(s))
}

// checkedAccounts prints how often the projects of each account are polled.
func checkedAccounts(s Screen, r check.Report) error {
	problems := []error{s.blank()}
	for _, a := range r.Accounts {
		if a.Projects == 0 {
			continue
		}
		text := fmt.Sprintf("Account %s: %s, each polled every %s with %s requests a minute", a.Name, words.Count(a.Projects, "project"),
			words.Duration(a.Interval), words.Figure(a.PerMinute, ""))
		if a.Interval > bot.DefaultInterval {
			text += ", which are too few to poll every " + words.Duration(bot.DefaultInterval)
		}
		problems = append(problems, s.Say(text+"."))
	}
	return errors.Join(problems...)
}

// checkedProxies prints the proxies with the servers behind them.
func checkedProxies(s Screen, r check.Report) error {
	var problems []error
	for _, p := range r.Proxies {
		problems = append(problems, s.Say(fmt.Sprintf("Through proxy %s: %s.", p.Name, strings.Join(p.Behind, ", "))))
	}
	return errors.Join(problems...)
}
