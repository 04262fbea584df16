package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/rules"
)

// ruleBroken is the name of the rule of alerts that say that a rule cannot be judged.
const ruleBroken = "rule-broken"

// complain tells the operators of the rules that could not be judged in this turn, and that it is over of those that could. What
// they fail with, and for how many, may change with every turn: a complaint that stands is left as it is.
func (b *Bot) complain(ctx context.Context, p Project, data *env.ProjectData, trials map[string]*evaluate.Trial) error {
	standing, err := b.complaints(ctx, ruleBroken)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(trials)) {
		tried := trials[name]
		if tried.Failed > 0 {
			b.log.Warn("evaluating", "rule", name, "project", p.UID, "failed", tried.Failed, "of", tried.Subjects,
				"device", tried.Example, "err", tried.Err)
		}
		subject := brokenIn(name, p)
		stands := slices.ContainsFunc(standing, func(a rules.Alert) bool { return a.Subject == subject })
		switch {
		case tried.Failed > 0 && !stands:
			err = b.Complain(ctx, b.broken(name, p, data, tried))
		case tried.Failed == 0 && stands:
			_, err = b.Resolve(ctx, ruleBroken, subject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// broken is the complaint about a rule that cannot be judged.
func (b *Bot) broken(name string, p Project, data *env.ProjectData, tried *evaluate.Trial) Complaint {
	whom := ""
	if tried.Example != "" {
		whom = fmt.Sprintf(" for %d of %d devices, such as %s", tried.Failed, tried.Subjects, data.NameOf(tried.Example))
	}
	return Complaint{
		Rule: ruleBroken, Subject: brokenIn(name, p), Name: name + " in " + p.Name,
		Level: rules.Warning, Receivers: b.operators,
		Summary: fmt.Sprintf("%s cannot be judged%s: %s", name, whom, tried.Err),
		Advice:  "Until it can be, it neither fires nor resolves there. Mend its expressions and reload; the log has the newest count.",
	}
}

// brokenIn is what a complaint about a rule in a project is about.
func brokenIn(rule string, p Project) string { return rule + " in " + p.UID }

// dropBroken withdraws the complaints about rules that are no longer there.
func (b *Bot) dropBroken(ctx context.Context) error {
	var there []string
	for _, p := range b.projects {
		for _, r := range b.rules {
			there = append(there, brokenIn(r.Spec.Name, p))
		}
	}
	return b.Withdraw(ctx, ruleBroken, there, evaluate.RuleRemoved)
}
