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

// A Pass is one evaluation of a project: the data, the earlier decisions, and the new ones.
type Pass struct {
	Commit store.Commit
	Counts map[string]*Count // by name of the rules that are evaluated in this pass

	evaluator *Evaluator
	data      *env.ProjectData
	about     Context
	open      *store.OpenStates
	meanings  map[string]store.RuleMeaning // by rule name, from before this pass
	alone     bool                         // evaluates only the rules that read only poll; else all others
	period    rules.PeriodSpec             // of the project; data may be for that of a rule
}

// periodOf returns how a rule cuts time.
func (p *Pass) periodOf(r *rules.Rule) rules.PeriodSpec { return r.PeriodIn(p.period) }

// A group is rules for which the same metrics can be computed.
type group struct {
	period rules.PeriodSpec
	rules  []*rules.Rule
}

// groups returns rules by their periods, those first that go by the periods of the project or by none.
func (p *Pass) groups(all []*rules.Rule) []group {
	groups := []group{{period: p.period}}
	for _, r := range all {
		period := p.period
		if r.Reads.Period {
			period = p.periodOf(r)
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.period == period })
		if at < 0 {
			at = len(groups)
			groups = append(groups, group{period: period})
		}
		groups[at].rules = append(groups[at].rules, r)
	}
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.rules) == 0 })
}

// wants returns what the rules of the group read.
func (g group) wants() (wants rules.Wants) {
	for _, r := range g.rules {
		wants = wants.With(r.Reads.Members)
	}
	return wants
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

// begin returns a pass without results: for the rules that read only poll, or for all others.
func (e *Evaluator) begin(ctx context.Context, data *env.ProjectData, about Context, alone bool) (*Pass, error) {
	query := store.StateQuery{Project: data.UID}
	if alone {
		query.Rules = e.pollRules()
	}
	open, err := e.store.OpenStates(ctx, query)
	if err != nil {
		return nil, err
	}
	meanings, err := e.store.Meanings(ctx, data.UID)
	if err != nil {
		return nil, err
	}
	p := &Pass{evaluator: e, data: data, about: about, open: open, meanings: meanings, alone: alone, period: data.Spec(), Counts: map[string]*Count{}}
	p.Commit = store.Commit{
		Decision: store.Decision{Now: data.Now, Show: map[string][]string{}, Fallbacks: e.fallbacks},
		Meanings: map[string]store.RuleMeaning{},
	}
	for _, r := range e.rules {
		if !p.evaluates(r) {
			p.Commit.Others = append(p.Commit.Others, r.Spec.Name)
		}
	}
	return p, nil
}

// evaluates reports whether a rule is evaluated in this pass: those about organizations in passes of their own, in which those that read only
// poll are evaluated too.
func (p *Pass) evaluates(r *rules.Rule) bool {
	switch organization := r.Spec.Each == rules.EachOrganization; {
	case organization != p.data.OfOrganization():
		return false
	case organization:
		return true
	}
	return r.Reads.OnlyPoll() == p.alone
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

// evaluateOne evaluates a rule for one subject and updates its alert.
func (p *Pass) evaluateOne(ctx context.Context, r *rules.Rule, b *env.BlockData, i int, view *rules.View) error {
	subject := b.Subject(i)
	key := rules.Key{Rule: r.Spec.Name, Project: p.data.UID, Subject: subject}
	if r.Kind.OfPeriod() {
		key.Period = p.data.Period.Start
	}
	before, open, err := p.open.Of(key.Rule, subject)
	if err != nil {
		return err
	}
	if !open {
		before = key.Inactive()
	}
	v, err := p.verdict(ctx, r, before, b, i, view)
	if err != nil {
		return err
	}
	p.Counts[key.Rule].note(subject, v.Err)
	if !open && v.Result.Most == rules.Inactive {
		return nil // nothing fires or is pending, as for most subjects: Next would copy the alert to return it unchanged
	}
	after, event := before.Next(r, v, p.data.Now)
	last, known := p.meanings[key.Rule]
	changed := open && known && last.Hash != r.Meaning(p.periodOf(r))
	if open && known && !changed && last.Semantics.Limits != r.Spec.Limits.Digest() {
		changed = before.LimitDiffers(r, v)
	}
	if changed && event == rules.PeriodEnded && rules.PeriodOfMeaning(last.Hash) == rules.PeriodOfMeaning(r.Meaning(p.periodOf(r))) {
		changed = false // it has ended by the old rule too
	}
	if changed {
		after, event = before.Reevaluate(r, v, p.whyChanged(r, before, v), p.data.Now)
	}
	switch why := p.whyLimit(r, before, after); {
	case why != "" && slices.Contains([]rules.Event{rules.Updated, rules.EventResolved, rules.Deescalated}, event):
		after.Why = why
	case event == rules.Corrected || event == rules.Deescalated:
		after.Why = p.correctedText(r, before.Fallen(r, v, p.data.Now))
	}
	p.record(r, before, after, event, view)
	if over := open && !before.Period.Equal(key.Period); over || changed && !after.Open() {
		fresh := key.Inactive()
		after, event = fresh.Next(r, v, p.data.Now)
		p.record(r, fresh, after, event, view)
	}
	return nil
}

// record adds a changed alert to the commit, if anything has to be stored. Texts and values of an alert come from the same evaluation. The
// rule is nil if it was removed; else view is what it was evaluated on.
func (p *Pass) record(r *rules.Rule, before, after rules.Alert, event rules.Event, view *rules.View) {
	if after.State == "" {
		if before.ID != "" {
			p.Commit.Dropped = append(p.Commit.Dropped, before.ID)
		}
		return
	}
	var receivers []string
	if event != rules.None {
		if r != nil {
			receivers = p.about.Recipients[r.Spec.Name]
		}
		p.Commit.Show[after.ID] = receivers
	}
	shown, stored := p.open.Shown(after.ID), before.State != ""
	measured := event != rules.None || !stored || shown || !sameFigures(before, after)
	switch {
	case r != nil && measured && measuredBy(r, after):
		after.Texts = p.texts(r, after)
		if event == rules.None {
			after.Texts = after.Texts.Keep(before.Texts)
		} else if after.State == rules.Firing || event == rules.Revised {
			after.Texts.Met, after.Texts.TopUp = r.Met(view, after.Level), r.TopsUp(view)
		}
		p.Commit.Alerts = append(p.Commit.Alerts, new(after))
	case !stored:
		p.Commit.Alerts = append(p.Commit.Alerts, new(after))
	case event != rules.None || !after.Unchanged(before):
		p.Commit.States = append(p.Commit.States, new(after))
	}
}

// sameFigures reports whether the texts of two states of an alert show the same values. Those of a quiet alert show its peak.
func sameFigures(a, b rules.Alert) bool {
	same := func(x, y float64) bool { return x == y || !rules.Known(x) && !rules.Known(y) }
	samePeak := a.QuietSince.IsZero() || same(a.Peak, b.Peak)
	return same(a.Value, b.Value) && same(a.Usual, b.Usual) && same(a.Limit, b.Limit) && a.AsOf.Equal(b.AsOf) && samePeak
}

// measuredBy reports whether the values of an alert are those of the figure that the rule shows. An alert that a changed rule ends keeps
// the values, and so the texts, of the old rule.
func measuredBy(r *rules.Rule, a rules.Alert) bool {
	return a.Reason != rules.EventWithdrawn && (a.Reason != rules.PeriodEnded || a.Texts.Figure == r.Show)
}

// pollRules returns the names of the rules that read only poll, and of those that mute them; it is never nil.
func (e *Evaluator) pollRules() []string {
	all := []string{}
	for _, r := range e.rules {
		if r.Reads.OnlyPoll() {
			all = append(all, r.Spec.Name)
			if r.Spec.Unless != "" {
				all = append(all, r.Spec.Unless)
			}
		}
	}
	return all
}
