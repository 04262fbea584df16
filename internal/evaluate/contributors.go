package evaluate

import (
	"context"

	"notewatch/internal/env"
	"notewatch/rules"
)

// contributors adds the devices behind the value to each alert about a fleet or project that changed in this pass.
func (p *Pass) contributors(ctx context.Context) error {
	for _, a := range p.Commit.Alerts {
		scope := rules.ScopeOf(a.Project, a.Subject)
		whole := scope == rules.EachFleet || scope == rules.EachProject || scope == rules.EachOrganization
		if _, happened := p.Commit.Show[a.ID]; !happened || !whole || a.Reason == rules.Corrected || a.Reason == rules.EventWithdrawn {
			continue
		}
		if hours, ok := rules.CountsSilent(a.Texts.Figure); ok && a.State == rules.Firing {
			a.Texts.Contributors = new(p.data.SilentFor(a.Subject, hours))
		}
		figure, member, ok := rules.RankedBy(a.Texts.Figure)
		if !ok {
			continue
		}
		data := p.data
		if r, known := p.evaluator.rule(a.Rule); known {
			data = data.In(p.periodOf(r))
		}
		found, err := data.Contributors(ctx, env.ContributorQuery{
			Fleet: a.Subject, Figure: figure, Member: member, Day: a.ValueDay(), Above: a.Value - a.Usual,
		})
		if err != nil {
			return err
		}
		a.Texts.Contributors = &found
	}
	return nil
}
