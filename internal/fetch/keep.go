package fetch

import (
	"context"
	"slices"

	"notewatch/rules"
	"notewatch/rules/metric"
)

// note records for which figures an answer has the data of today so far.
func (p *poll) note(a *answer) {
	if a.last < p.today {
		return
	}
	for _, figure := range a.wanted {
		earlier, noted := p.current[figure]
		p.current[figure] = !a.stale && (earlier || !noted)
	}
}

// keep stores the values of today for figures whose growth between polls the rules read.
func (p *poll) keep(ctx context.Context, wants rules.Wants) error {
	var growing []rules.Figure
	for _, figure := range wants.Figures() {
		wanted := func(g metric.Growth) bool { return g.Wanted(wants[figure]) }
		if growths := metric.Growths(); p.current[figure] && slices.ContainsFunc(growths[:], wanted) {
			growing = append(growing, figure)
		}
	}
	if len(growing) == 0 {
		return nil
	}
	return p.usage.KeepPoll(ctx, p.given.Lease, p.given.Now, p.given.Now.Add(-metric.KeepPolls), growing)
}
