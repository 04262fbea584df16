package evaluate

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"notewatch/internal/env"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A Config configures an Evaluator.
type Config struct {
	Store     *store.Store
	Rules     []*rules.Rule
	Wants     rules.Wants       // what the rules read
	Workers   int               // blocks that are evaluated at once
	Live      []string          // receivers that keep the values in their messages current
	Fallbacks map[string]string // fallbacks, by the receivers that they replace
	Metrics   *metrics.Metrics
	Log       *slog.Logger
}

// An Evaluator evaluates projects. It is safe for concurrent use.
type Evaluator struct {
	store     *store.Store
	rules     []*rules.Rule
	wants     rules.Wants
	workers   int
	live      []string
	fallbacks map[string]string
	metrics   *metrics.Metrics
	log       *slog.Logger

	damaged sync.Map // unreadable columns of history that were logged: each a store.Damage
}

// New returns an evaluator.
func New(c Config) *Evaluator {
	return &Evaluator{
		store: c.Store, rules: c.Rules, wants: c.Wants, workers: c.Workers,
		live: c.Live, fallbacks: c.Fallbacks, metrics: c.Metrics, log: c.Log,
	}
}

// A Context holds what alerts of a project show in addition to its data.
type Context struct {
	Recipients map[string][]string // names of receivers, by rule
	NextStep   string              // next step for polls that fail
	Currency   string              // of amounts of money
}

// Evaluate is Env → Eval → Next for every subject and rule except those that read only poll. It decides, but stores nothing. Call
// [Pass.Mute] afterwards.
func (e *Evaluator) Evaluate(ctx context.Context, data *env.ProjectData, about Context) (*Pass, error) {
	p, err := e.begin(ctx, data, about, false)
	if err != nil {
		return nil, err
	}
	p.Commit.Project, p.Commit.Live = data.State, e.live
	if data.Readable() {
		if err := p.withdrawGone(); err != nil {
			return nil, err
		}
	} else {
		maps.Copy(p.Commit.Meanings, p.meanings) // also of rules whose alerts are withdrawn later
		for _, other := range p.Commit.Others {
			delete(p.Commit.Meanings, other)
		}
	}
	if err := p.evaluateAll(ctx); err != nil {
		return nil, err
	}
	if data.Readable() {
		if err := p.revise(ctx); err != nil {
			return nil, err
		}
		if err := p.explain(ctx); err != nil {
			return nil, err
		}
	} else {
		p.date()
	}
	p.noteDamage()
	return p, nil
}

// explain adds to the alerts that changed in this pass what their rules need not read: the devices behind a value,
// its forecast, and the notefiles that grew.
func (p *Pass) explain(ctx context.Context) error {
	if err := p.contributors(ctx); err != nil {
		return err
	}
	return p.eachFiring(func(r *rules.Rule, alerts map[string]*rules.Alert) error {
		if err := p.forecasts(ctx, r, alerts); err != nil {
			return err
		}
		return p.causes(ctx, r, alerts)
	})
}

// EvaluatePollRules is Evaluate for the rules that read only poll.
func (e *Evaluator) EvaluatePollRules(ctx context.Context, data *env.ProjectData, about Context) (*Pass, error) {
	p, err := e.begin(ctx, data, about, true)
	if err != nil {
		return nil, err
	}
	return p, p.evaluateAll(ctx)
}

// noteDamage makes unreadable history be read from Notehub again, and logs it once.
func (p *Pass) noteDamage() {
	damaged := p.evaluator.store.Usage.Damaged(p.data.UID)
	for _, d := range damaged {
		if _, logged := p.evaluator.damaged.LoadOrStore(d, true); !logged {
			p.evaluator.log.Error("a column of history cannot be read: its figures are no data until they have been read from Notehub again",
				"project", d.Project, "column", d.String(), "err", d.Err)
		}
	}
	p.Commit.Damaged = append(p.Commit.Damaged, damaged...)
	if p.data.Readable() {
		p.Commit.Project.Damaged = len(damaged)
	}
}

// rule returns the rule with a name.
func (e *Evaluator) rule(name string) (*rules.Rule, bool) {
	for _, r := range e.rules {
		if r.Spec.Name == name {
			return r, true
		}
	}
	return nil, false
}

// evaluateAll evaluates the rules of this pass for all subjects.
func (p *Pass) evaluateAll(ctx context.Context) error {
	for _, scope := range slices.Backward(rules.Scopes()) {
		if err := p.evaluateEach(ctx, scope); err != nil {
			return err
		}
	}
	for _, count := range p.Counts {
		p.evaluator.metrics.Evaluated(count.Subjects, count.Failed)
	}
	return p.keepTexts(ctx)
}

// keepTexts keeps what the stored texts of alerts say of their newest event, if only their values changed and no receiver shows those: such
// alerts were read without texts.
func (p *Pass) keepTexts(ctx context.Context) error {
	remeasured := map[string]*rules.Alert{}
	for _, a := range p.Commit.Alerts {
		if _, happened := p.Commit.Show[a.ID]; !happened && a.Version > 0 && !p.open.Shown(a.ID) {
			remeasured[a.ID] = a
		}
	}
	if len(remeasured) == 0 {
		return nil
	}
	texts, err := p.evaluator.store.Texts(ctx, slices.Collect(maps.Keys(remeasured)))
	for id, before := range texts {
		remeasured[id].Texts = remeasured[id].Texts.Keep(before)
	}
	return err
}

// date sets the day or period in the headlines of alerts that are not evaluated in this pass but are in messages, once that day or period
// has ended.
func (p *Pass) date() {
	for a := range p.open.ShownAlerts() {
		if dated := a.Texts.Headline(p.data.Now); dated != a.Texts.Summary {
			a.Texts.Summary, a.Texts.Dated, a.Texts.DatedFrom = dated, "", 0
			p.Commit.Alerts = append(p.Commit.Alerts, &a)
		}
	}
}

// withdrawGone ends the alerts whose rule or device was removed.
func (p *Pass) withdrawGone() error {
	for brief := range p.open.Brief() {
		r, ok := p.evaluator.rule(brief.Rule)
		if ok && r.Spec.Each == rules.ScopeOf(brief.Project, brief.Subject) && (brief.Subject == "" || p.data.Listed(brief.Subject)) {
			continue
		}
		a, _, err := p.open.Of(brief.Rule, brief.Subject)
		if err != nil {
			return err
		}
		next, event := a.Withdraw(p.whyGone(a), p.data.Now)
		p.record(nil, a, next, event, nil)
	}
	return nil
}

// evaluateEach evaluates every rule of a scope for every subject of it. A rule that needs data that could not be read this time is left for
// the next poll, with its alerts unchanged.
func (p *Pass) evaluateEach(ctx context.Context, scope rules.Scope) error {
	for _, g := range p.groups(p.applicable(scope)) {
		if err := p.evaluateGroup(ctx, scope, g); err != nil {
			return err
		}
	}
	return nil
}

// evaluateGroup evaluates every rule of a group for every subject of a scope.
func (p *Pass) evaluateGroup(ctx context.Context, scope rules.Scope, g group) error {
	return p.inBlocks(ctx, g, p.data.Blocks(scope), func(ctx context.Context, part *Pass, b *env.BlockData) error {
		var seen rules.Env
		view := rules.NewView(&seen)
		for i := range b.Size() {
			b.See(&seen, i)
			view.Renew()
			for _, r := range g.rules {
				if err := part.evaluateOne(ctx, r, b, i, view); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// applicable returns the rules of a scope that are evaluated in this pass, and records their meaning.
func (p *Pass) applicable(scope rules.Scope) (applicable []*rules.Rule) {
	for _, r := range p.evaluator.rules {
		if r.Spec.Each != scope || !p.evaluates(r) {
			continue
		}
		before, known := p.meanings[r.Spec.Name]
		if known {
			p.Commit.Meanings[r.Spec.Name] = before
		}
		if p.data.Readable() || p.alone {
			applicable = append(applicable, r)
			p.Counts[r.Spec.Name] = new(Count)
			if meaning := r.Meaning(p.periodOf(r)); before.Hash != meaning {
				before = store.RuleMeaning{Hash: meaning, Since: p.data.Now}
			}
			before.Semantics = r.Semantics()
			p.Commit.Meanings[r.Spec.Name] = before
		}
	}
	return applicable
}
