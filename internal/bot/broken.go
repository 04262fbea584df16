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

// ruleBroken is the rule name of the alert that a rule cannot be evaluated.
const ruleBroken = "rule-broken"

// reportBroken raises an alert for each rule that could not be evaluated in this poll, and resolves it when the rule works again. An open alert
// is not updated, because the error and the number of devices may change with every poll.
func (b *Bot) reportBroken(ctx context.Context, p Project, data *env.ProjectData, counts map[string]*evaluate.Count) error {
	open, err := b.selfAlerts(ctx, ruleBroken)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		count := counts[name]
		if count.Failed > 0 {
			b.log.Warn("evaluating a rule", "rule", name, "project", p.UID, "failed", count.Failed, "of", count.Subjects,
				"device", count.Example, "err", count.Err)
		}
		subject := brokenIn(name, p)
		stands := slices.ContainsFunc(open, func(a rules.Alert) bool { return a.Subject == subject })
		switch {
		case count.Failed > 0 && !stands:
			err = b.RaiseSelfAlert(ctx, b.broken(name, p, data, count))
		case count.Failed == 0 && stands:
			_, err = b.Resolve(ctx, ruleBroken, subject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// broken returns the alert that a rule cannot be evaluated.
func (b *Bot) broken(name string, p Project, data *env.ProjectData, count *evaluate.Count) SelfAlert {
	devices := ""
	if count.Example != "" {
		devices = fmt.Sprintf(" for %d of %d devices (for example %s)", count.Failed, count.Subjects, data.NameOf(count.Example))
	}
	return SelfAlert{
		Rule: ruleBroken, Subject: brokenIn(name, p), Name: name + " in " + p.Name,
		Level: rules.Warning, Receivers: b.defaultReceivers,
		Summary: fmt.Sprintf("Rule %s cannot be evaluated%s: %s", name, devices, count.Err),
		Advice: "Until this is fixed, the rule neither fires nor resolves there. Fix its expressions in the rules file, which is reloaded by itself. " +
			"The log has the current count.",
	}
}

// brokenIn returns the subject of the alert that a rule cannot be evaluated in a project.
func brokenIn(rule string, p Project) string { return rule + " in " + p.UID }

// dropBroken withdraws the alerts about rules that are no longer in the rules file.
func (b *Bot) dropBroken(ctx context.Context) error {
	var there []string
	for _, p := range b.projects {
		for _, r := range b.rules {
			there = append(there, brokenIn(r.Spec.Name, p))
		}
	}
	return b.Withdraw(ctx, ruleBroken, there, evaluate.RuleRemoved)
}
