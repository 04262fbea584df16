package bot

import (
	"context"
	"slices"

	"notewatch/internal/cohort"
	"notewatch/internal/cohort/traits"
	"notewatch/internal/env"
	"notewatch/rules"
)

// Cohort returns what the devices of alerts of a rule have in common, beside the other devices that the rule is about now. What the rule
// reads of devices is left out, because that is why they have alerts. ok is false if they have nothing in common, or the rule or project is
// no longer configured.
func (b *Bot) Cohort(ctx context.Context, rule, project string, devices []string) (found cohort.Cohort, ok bool, err error) {
	r, known := b.rule(rule)
	at := slices.IndexFunc(b.projects, func(p Project) bool { return p.UID == project })
	if !known || at < 0 || r.Spec.Each != rules.EachDevice {
		return found, false, nil
	}
	p := b.projects[at]
	state, err := b.store.Project(ctx, project)
	if err != nil {
		return found, false, err
	}
	data, err := b.look(ctx, p, state, b.clock.Now().UTC())
	if err != nil {
		return found, false, err
	}
	labels, err := env.FleetLabels(ctx, b.store.Usage, project)
	if err != nil {
		return found, false, err
	}
	c := traits.NewCounter(r.Rule, labels, devices, b.reads.Members[rules.FwUpdates] != 0)
	query := env.SubjectQuery{Scope: rules.EachDevice, Wants: c.Wants(), Selects: func(string) bool { return true }}
	if err := data.In(r.PeriodIn(b.periodOf(project))).EachSubject(ctx, query, c.Add); err != nil {
		return found, false, err
	}
	found, ok = c.Find()
	return found, ok, nil
}
