package terminal

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"notewatch/internal/backtest"
	"notewatch/internal/onboard"
	"notewatch/internal/words"
)

// Onboarded prints what rules file was written, and the commands that follow. In a demo, nothing can run on it.
func Onboarded(s Screen, r onboard.Result, lines []string, demo bool) error {
	text := fmt.Sprintf("Wrote %s: %s, %s, %s. Each limit has its reason beside it.",
		r.Path, words.Count(r.Projects, "project"), words.Count(r.Devices, "device"), words.Count(r.Rules, "rule"))
	switch {
	case r.LeftOut == 1:
		text += " One rule of the catalogue does not fit; the file says why."
	case r.LeftOut > 1:
		text += fmt.Sprintf(" %s of the catalogue do not fit; the file says why.", words.Count(r.LeftOut, "rule"))
	}
	problems := []error{s.Say(text)}
	for _, skipped := range r.Skipped {
		problems = append(problems, s.Say(fmt.Sprintf("Not watched: %s: %s", words.Name(skipped.Project.Name, skipped.Project.UID), skipped.Why)))
	}
	if r.Trial != nil {
		problems = append(problems, onboardedTrial(s, *r.Trial))
	}
	next := "Enter your receivers in the file. Then:"
	if demo {
		next = "To go on with the account of the demo, type:"
	} else {
		lines = append(lines, "notewatch run")
	}
	problems = append(problems, s.blank(), s.Say(next), s.blank())
	_, err := fmt.Fprintf(s.W, "  %s\n", strings.Join(lines, "\n  "))
	return errors.Join(append(problems, err)...)
}

// onboardedTrial prints what the rules would have sent. Those that would have sent nothing are only counted.
func onboardedTrial(s Screen, trial backtest.Report) error {
	loud := slices.DeleteFunc(slices.Clone(trial.Rules), func(r backtest.Rule) bool { return r.Alerts == 0 })
	text := fmt.Sprintf("From %s to %s (UTC), %s would have sent alerts and %s none. For %s, days do not show it.",
		date(trial.First), date(trial.Last), words.Count(len(loud), "rule"), words.Number(len(trial.Rules)-len(loud)), words.Number(len(trial.LeftOut)))
	problems := []error{s.blank(), s.Say(text)}
	if len(loud) > 0 {
		problems = append(problems, s.blank(), backtestRules(s, loud), s.blank(), backtestReceivers(s, trial.Receivers))
	}
	return errors.Join(problems...)
}
