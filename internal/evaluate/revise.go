package evaluate

import (
	"context"
	"slices"
	"sync"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/fetch"
	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A revision is a rule to evaluate again as of the end of a day, for subjects of a block given by position.
type revision struct {
	rule     *rules.Rule
	day      rules.Day
	from     time.Time // from when on an alert would have been about that day or period
	subjects history.Bits
}

// revise evaluates the past again if data of complete days has changed: a day rule as of the end of that day, a period rule as of the end
// of a past period. Forecast rules are not revised. If a rule was certainly true then, and that was not announced, or only at a lower
// level, it is announced once, as revised. The time before the rule existed does not count.
func (p *Pass) revise(ctx context.Context) error {
	changed, err := p.evaluator.store.Usage.Changed(ctx, p.data.UID)
	if err != nil {
		return err
	}
	p.Commit.Seen = changed
	announced := announcements{pass: p, known: map[announcement]map[string]rules.Level{}}
	for _, scope := range slices.Backward(rules.Scopes()) {
		of := slices.DeleteFunc(slices.Clone(p.evaluator.rules), func(r *rules.Rule) bool { return r.Spec.Each != scope })
		for _, g := range p.groups(of) {
			if err := p.reviseGroup(ctx, scope, g, changed, &announced); err != nil {
				return err
			}
		}
	}
	return nil
}

// reviseGroup evaluates rules of a scope again where figures have changed.
func (p *Pass) reviseGroup(ctx context.Context, scope rules.Scope, g group, changed []usage.Change, announced *announcements) error {
	due := p.revisions(scope, g.rules, changed)
	var blocks []env.Block
	for _, b := range p.data.Blocks(scope) {
		if len(due[b.Number]) > 0 {
			blocks = append(blocks, b)
		}
	}
	return p.inBlocks(ctx, g, blocks, func(ctx context.Context, part *Pass, b *env.BlockData) error {
		for _, r := range due[b.Number] {
			if err := part.reviseBlock(ctx, r, b, announced); err != nil {
				return err
			}
		}
		return nil
	})
}

// revisions returns those of some rules of a scope to evaluate again after changes, by the number of the block.
func (p *Pass) revisions(scope rules.Scope, all []*rules.Rule, changed []usage.Change) map[int][]*revision {
	due := map[int][]*revision{}
	for _, c := range changed {
		if c.Day < p.data.Today-fetch.RereadDays {
			continue
		}
		if scope == rules.EachFleet {
			c.Block, c.Bits = 0, p.data.FleetsWith(c.Block, c.Bits)
		}
		for _, r := range all {
			if !slices.Contains(r.Reads.Figures, c.Figure) {
				continue
			}
			day, from := p.revisable(r, c.Day)
			if from.IsZero() {
				continue
			}
			of := slices.IndexFunc(due[c.Block], func(d *revision) bool { return d.rule == r && d.day == day })
			if of < 0 {
				of = len(due[c.Block])
				due[c.Block] = append(due[c.Block], &revision{rule: r, day: day, from: from})
			}
			due[c.Block][of].subjects = due[c.Block][of].subjects.Or(c.Bits)
		}
	}
	return due
}

// revisable returns the day as of whose end the rule must be evaluated again after a change of a day, and the time from which an alert
// would have been about it; the zero time if the change does not concern the rule.
func (p *Pass) revisable(r *rules.Rule, changed rules.Day) (day rules.Day, from time.Time) {
	last := p.meanings[r.Spec.Name]
	if last.Hash != r.Meaning(p.periodOf(r)) || !last.Since.Before(changed.End()) {
		return 0, time.Time{}
	}
	switch r.Kind {
	case rules.DayRule:
		return changed, changed.Start()
	case rules.PeriodRule:
		if first, next := p.periodOf(r).Bounds(changed); next <= p.data.Today {
			return next - 1, first.Start()
		}
	}
	return 0, time.Time{}
}

// reviseBlock evaluates a rule again for the subjects of a block whose data changed.
func (p *Pass) reviseBlock(ctx context.Context, d *revision, b *env.BlockData, announced *announcements) error {
	for i, member := range b.Members {
		if !d.subjects.Has(member.Position) {
			continue
		}
		past, err := b.EnvAt(ctx, i, d.day)
		if err != nil {
			return err
		}
		view := rules.NewView(past)
		v := rules.Verdict{Evaluation: d.rule.Eval(view), AsOf: d.day.End()}
		key := rules.Key{Rule: d.rule.Spec.Name, Project: p.data.UID, Subject: b.Subject(i)}
		if d.rule.Kind == rules.PeriodRule {
			key.Period = d.from
		}
		after, event := key.Revise(d.rule, v, p.data.Now)
		if event == rules.None {
			continue
		}
		level, err := announced.level(ctx, key.Subject, announcement{key.Rule, d.from, d.day.End()})
		if err != nil {
			return err
		}
		if level < after.Level {
			p.record(d.rule, key.Inactive(), after, event, view)
		}
	}
	return nil
}

// An announcement identifies the announced alerts of a rule about a day or period.
type announcement struct {
	rule     string
	from, to time.Time
}

// announcements caches the announcements of a project. Each is read once, and only if a rule is certainly true.
type announcements struct {
	pass  *Pass
	mu    sync.Mutex
	known map[announcement]map[string]rules.Level // by subject
}

// level returns the highest level that was announced for a subject; Inactive if there is none.
func (a *announcements) level(ctx context.Context, subject string, of announcement) (rules.Level, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	levels, known := a.known[of]
	if !known {
		var err error
		if levels, err = a.pass.evaluator.store.Announced(ctx, a.pass.data.UID, of.rule, of.from, of.to); err != nil {
			return rules.Inactive, err
		}
		a.known[of] = levels
	}
	return levels[subject], nil
}
