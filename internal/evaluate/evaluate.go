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

// A Turn is one evaluation of a project: the data, the earlier decisions, and the new ones.
type Turn struct {
	Commit store.Commit
	Trials map[string]*Trial // by name of the rules that are evaluated in this turn

	evaluator *Evaluator
	data      *env.ProjectData
	about     Context
	open      *store.OpenStates
	meanings  map[string]store.RuleMeaning // by rule name, from before this turn
	alone     bool                         // evaluates only the rules that read only poll; else all others
	period    rules.PeriodSpec             // of the project; data may be for that of a rule
}

// periodOf returns how a rule cuts time.
func (t *Turn) periodOf(r *rules.Rule) rules.PeriodSpec { return r.PeriodIn(t.period) }

// A group is rules for which the same metrics can be computed.
type group struct {
	period rules.PeriodSpec
	rules  []*rules.Rule
}

// groups returns rules by their periods, those first that go by the periods of the project or by none.
func (t *Turn) groups(all []*rules.Rule) []group {
	groups := []group{{period: t.period}}
	for _, r := range all {
		period := t.period
		if r.Reads.Period {
			period = t.periodOf(r)
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
// [Turn.Mute] afterwards.
func (e *Evaluator) Evaluate(ctx context.Context, data *env.ProjectData, about Context) (*Turn, error) {
	t, err := e.begin(ctx, data, about, false)
	if err != nil {
		return nil, err
	}
	t.Commit.Project, t.Commit.Live = data.State, e.live
	if data.Readable() {
		if err := t.withdrawGone(); err != nil {
			return nil, err
		}
	} else {
		maps.Copy(t.Commit.Meanings, t.meanings) // also of rules whose alerts are withdrawn later
		for _, other := range t.Commit.Others {
			delete(t.Commit.Meanings, other)
		}
	}
	if err := t.evaluateAll(ctx); err != nil {
		return nil, err
	}
	if data.Readable() {
		if err := t.revise(ctx); err != nil {
			return nil, err
		}
		if err := t.explain(ctx); err != nil {
			return nil, err
		}
	} else {
		t.date()
	}
	t.noteDamage()
	return t, nil
}

// explain adds to the alerts that changed in this turn what their rules need not read: the devices behind a value,
// its forecast, and the notefiles that grew.
func (t *Turn) explain(ctx context.Context) error {
	if err := t.contributors(ctx); err != nil {
		return err
	}
	return t.eachFiring(func(r *rules.Rule, alerts map[string]*rules.Alert) error {
		if err := t.forecasts(ctx, r, alerts); err != nil {
			return err
		}
		return t.causes(ctx, r, alerts)
	})
}

// EvaluatePollRules is Evaluate for the rules that read only poll.
func (e *Evaluator) EvaluatePollRules(ctx context.Context, data *env.ProjectData, about Context) (*Turn, error) {
	t, err := e.begin(ctx, data, about, true)
	if err != nil {
		return nil, err
	}
	return t, t.evaluateAll(ctx)
}

// noteDamage makes unreadable history be read from Notehub again, and logs it once.
func (t *Turn) noteDamage() {
	damaged := t.evaluator.store.Usage.Damaged(t.data.UID)
	for _, d := range damaged {
		if _, logged := t.evaluator.damaged.LoadOrStore(d, true); !logged {
			t.evaluator.log.Error("a column of history cannot be read: its figures are no data until they have been read from Notehub again",
				"project", d.Project, "column", d.String(), "err", d.Err)
		}
	}
	t.Commit.Damaged = append(t.Commit.Damaged, damaged...)
	if t.data.Readable() {
		t.Commit.Project.Damaged = len(damaged)
	}
}

// begin returns a turn without results: for the rules that read only poll, or for all others.
func (e *Evaluator) begin(ctx context.Context, data *env.ProjectData, about Context, alone bool) (*Turn, error) {
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
	t := &Turn{evaluator: e, data: data, about: about, open: open, meanings: meanings, alone: alone, period: data.Spec(), Trials: map[string]*Trial{}}
	t.Commit = store.Commit{
		Decision: store.Decision{Now: data.Now, Show: map[string][]string{}, Fallbacks: e.fallbacks},
		Meanings: map[string]store.RuleMeaning{},
	}
	for _, r := range e.rules {
		if !t.evaluates(r) {
			t.Commit.Others = append(t.Commit.Others, r.Spec.Name)
		}
	}
	return t, nil
}

// evaluates reports whether a rule is evaluated in this turn: those about organizations in turns of their own, in which those that read only
// poll are evaluated too.
func (t *Turn) evaluates(r *rules.Rule) bool {
	switch organization := r.Spec.Each == rules.EachOrganization; {
	case organization != t.data.OfOrganization():
		return false
	case organization:
		return true
	}
	return r.Reads.OnlyPoll() == t.alone
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

// evaluateAll evaluates the rules of this turn for all subjects.
func (t *Turn) evaluateAll(ctx context.Context) error {
	for _, scope := range slices.Backward(rules.Scopes()) {
		if err := t.evaluateEach(ctx, scope); err != nil {
			return err
		}
	}
	for _, tried := range t.Trials {
		t.evaluator.metrics.Evaluated(tried.Subjects, tried.Failed)
	}
	return t.keepTexts(ctx)
}

// keepTexts keeps what the stored texts of alerts say of their newest event, if only their values changed and no receiver shows those: such
// alerts were read without texts.
func (t *Turn) keepTexts(ctx context.Context) error {
	remeasured := map[string]*rules.Alert{}
	for _, a := range t.Commit.Alerts {
		if _, happened := t.Commit.Show[a.ID]; !happened && a.Version > 0 && !t.open.Shown(a.ID) {
			remeasured[a.ID] = a
		}
	}
	if len(remeasured) == 0 {
		return nil
	}
	texts, err := t.evaluator.store.Texts(ctx, slices.Collect(maps.Keys(remeasured)))
	for id, before := range texts {
		remeasured[id].Texts = remeasured[id].Texts.Keep(before)
	}
	return err
}

// date sets the day or period in the headlines of alerts that are not evaluated in this turn but are in messages, once that day or period
// has ended.
func (t *Turn) date() {
	for a := range t.open.ShownAlerts() {
		if dated := a.Texts.Headline(t.data.Now); dated != a.Texts.Summary {
			a.Texts.Summary, a.Texts.Dated, a.Texts.DatedFrom = dated, "", 0
			t.Commit.Alerts = append(t.Commit.Alerts, &a)
		}
	}
}

// withdrawGone ends the alerts whose rule or device was removed.
func (t *Turn) withdrawGone() error {
	for brief := range t.open.Brief() {
		r, ok := t.evaluator.rule(brief.Rule)
		if ok && r.Spec.Each == rules.ScopeOf(brief.Project, brief.Subject) && (brief.Subject == "" || t.data.Listed(brief.Subject)) {
			continue
		}
		a, _, err := t.open.Of(brief.Rule, brief.Subject)
		if err != nil {
			return err
		}
		next, event := a.Withdraw(t.whyGone(a), t.data.Now)
		t.record(nil, a, next, event, nil)
	}
	return nil
}

// evaluateEach evaluates every rule of a scope for every subject of it. A rule that needs data that could not be read this time is left for
// the next poll, with its alerts unchanged.
func (t *Turn) evaluateEach(ctx context.Context, scope rules.Scope) error {
	for _, g := range t.groups(t.applicable(scope)) {
		if err := t.evaluateGroup(ctx, scope, g); err != nil {
			return err
		}
	}
	return nil
}

// evaluateGroup evaluates every rule of a group for every subject of a scope.
func (t *Turn) evaluateGroup(ctx context.Context, scope rules.Scope, g group) error {
	return t.inBlocks(ctx, g, t.data.Blocks(scope), func(ctx context.Context, part *Turn, b *env.BlockData) error {
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

// applicable returns the rules of a scope that are evaluated in this turn, and records their meaning.
func (t *Turn) applicable(scope rules.Scope) (applicable []*rules.Rule) {
	for _, r := range t.evaluator.rules {
		if r.Spec.Each != scope || !t.evaluates(r) {
			continue
		}
		before, known := t.meanings[r.Spec.Name]
		if known {
			t.Commit.Meanings[r.Spec.Name] = before
		}
		if t.data.Readable() || t.alone {
			applicable = append(applicable, r)
			t.Trials[r.Spec.Name] = new(Trial)
			if meaning := r.Meaning(t.periodOf(r)); before.Hash != meaning {
				before = store.RuleMeaning{Hash: meaning, Since: t.data.Now}
			}
			before.Semantics = r.Semantics()
			t.Commit.Meanings[r.Spec.Name] = before
		}
	}
	return applicable
}

// evaluateOne evaluates a rule for one subject and updates its alert.
func (t *Turn) evaluateOne(ctx context.Context, r *rules.Rule, b *env.BlockData, i int, view *rules.View) error {
	subject := b.Subject(i)
	key := rules.Key{Rule: r.Spec.Name, Project: t.data.UID, Subject: subject}
	if r.Kind.OfPeriod() {
		key.Period = t.data.Period.Start
	}
	before, open, err := t.open.Of(key.Rule, subject)
	if err != nil {
		return err
	}
	if !open {
		before = key.Inactive()
	}
	v, err := t.verdict(ctx, r, before, b, i, view)
	if err != nil {
		return err
	}
	t.Trials[key.Rule].note(subject, v.Err)
	if !open && v.Result.Most == rules.Inactive {
		return nil // nothing fires or is pending, as for most subjects: Next would copy the alert to return it unchanged
	}
	after, event := before.Next(r, v, t.data.Now)
	last, known := t.meanings[key.Rule]
	changed := open && known && last.Hash != r.Meaning(t.periodOf(r))
	if open && known && !changed && last.Semantics.Limits != r.Spec.Limits.Digest() {
		changed = before.LimitDiffers(r, v)
	}
	if changed && event == rules.PeriodEnded && rules.PeriodOfMeaning(last.Hash) == rules.PeriodOfMeaning(r.Meaning(t.periodOf(r))) {
		changed = false // it has ended by the old rule too
	}
	if changed {
		after, event = before.Reevaluate(r, v, t.whyChanged(r, before, v), t.data.Now)
	}
	switch why := t.whyLimit(r, before, after); {
	case why != "" && slices.Contains([]rules.Event{rules.Updated, rules.EventResolved, rules.Deescalated}, event):
		after.Why = why
	case event == rules.Corrected || event == rules.Deescalated:
		after.Why = t.correctedText(r, before.Fallen(r, v, t.data.Now))
	}
	t.record(r, before, after, event, view)
	if over := open && !before.Period.Equal(key.Period); over || changed && !after.Open() {
		fresh := key.Inactive()
		after, event = fresh.Next(r, v, t.data.Now)
		t.record(r, fresh, after, event, view)
	}
	return nil
}

// record adds a changed alert to the commit, if anything has to be stored. Texts and values of an alert come from the same evaluation. The
// rule is nil if it was removed; else view is what it was evaluated on.
func (t *Turn) record(r *rules.Rule, before, after rules.Alert, event rules.Event, view *rules.View) {
	if after.State == "" {
		if before.ID != "" {
			t.Commit.Dropped = append(t.Commit.Dropped, before.ID)
		}
		return
	}
	var receivers []string
	if event != rules.None {
		if r != nil {
			receivers = t.about.Recipients[r.Spec.Name]
		}
		t.Commit.Show[after.ID] = receivers
	}
	shown, stored := t.open.Shown(after.ID), before.State != ""
	measured := event != rules.None || !stored || shown || !sameFigures(before, after)
	switch {
	case r != nil && measured && measuredBy(r, after):
		after.Texts = t.texts(r, after)
		if event == rules.None {
			after.Texts = after.Texts.Keep(before.Texts)
		} else if after.State == rules.Firing || event == rules.Revised {
			after.Texts.Met, after.Texts.TopUp = r.Met(view, after.Level), r.TopsUp(view)
		}
		t.Commit.Alerts = append(t.Commit.Alerts, new(after))
	case !stored:
		t.Commit.Alerts = append(t.Commit.Alerts, new(after))
	case event != rules.None || !after.Unchanged(before):
		t.Commit.States = append(t.Commit.States, new(after))
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
