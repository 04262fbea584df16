package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"notewatch/rules"
)

// ruleBroken is the name of the rule of alerts that say that a rule cannot be judged.
const ruleBroken = "rule-broken"

// A trial is how the evaluations of one rule went in one turn.
type trial struct {
	subjects int
	failed   int
	example  string // the first subject for which it failed, and why
	err      error
}

// note takes in the evaluation for one subject.
func (t *trial) note(subject string, err error) {
	t.subjects++
	if err == nil {
		return
	}
	if t.failed++; t.failed == 1 {
		t.example, t.err = subject, err
	}
}

// add takes in the evaluations for other subjects.
func (t *trial) add(other *trial) {
	if t.failed == 0 {
		t.example, t.err = other.example, other.err
	}
	t.subjects += other.subjects
	t.failed += other.failed
}

// complain tells the operators of the rules that could not be judged in this turn, and that it is over of those that could. What
// they fail with, and for how many, may change with every turn: a complaint that stands is left as it is.
func (t *turn) complain(ctx context.Context) error {
	standing, err := t.complaints(ctx, ruleBroken)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(t.trials)) {
		tried := t.trials[name]
		if tried.failed > 0 {
			t.Log.Warn("evaluating", "rule", name, "project", t.project.UID, "failed", tried.failed, "of", tried.subjects,
				"device", tried.example, "err", tried.err)
		}
		subject := brokenIn(name, t.project)
		stands := slices.ContainsFunc(standing, func(a rules.Alert) bool { return a.Subject == subject })
		switch {
		case tried.failed > 0 && !stands:
			err = t.Complain(ctx, t.broken(name, tried))
		case tried.failed == 0 && stands:
			_, err = t.Resolve(ctx, ruleBroken, subject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// broken is the complaint about a rule that cannot be judged.
func (t *turn) broken(name string, tried *trial) Complaint {
	whom := ""
	if tried.example != "" {
		whom = fmt.Sprintf(" for %d of %d devices, such as %s", tried.failed, tried.subjects, t.name(tried.example))
	}
	return Complaint{
		Rule: ruleBroken, Subject: brokenIn(name, t.project), Name: name + " in " + t.project.Name,
		Level: rules.Warning, Receivers: t.Operators,
		Summary: fmt.Sprintf("%s cannot be judged%s: %s", name, whom, tried.err),
		Advice:  "Until it can be, it neither fires nor resolves there. Mend its expressions and reload; the log has the newest count.",
	}
}

// brokenIn is what a complaint about a rule in a project is about.
func brokenIn(rule string, p Project) string { return rule + " in " + p.UID }

// dropBroken withdraws the complaints about rules that are no longer there.
func (b *Bot) dropBroken(ctx context.Context) error {
	var there []string
	for _, p := range b.Projects {
		for _, r := range b.Rules {
			there = append(there, brokenIn(r.Spec.Name, p))
		}
	}
	return b.Withdraw(ctx, ruleBroken, there, ruleRemoved)
}
