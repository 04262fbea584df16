package bot

import (
	"context"
	"maps"

	"golang.org/x/sync/errgroup"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A turn is one evaluation of a project: what is known, what was decided before, and what is decided now.
type turn struct {
	*projectData
	open   *store.OpenStates
	judged map[string]store.Judgement // by rule name, before this turn
	commit store.Commit
	alone  bool              // of the rules that read only poll; else of all others
	trials map[string]*trial // by name, of the rules that are evaluated in this turn

	recipients map[string][]string // of alerts, by rule name
}

// evaluate is Env → Eval → Next for every subject and rule but those that read only poll. It decides, but stores nothing.
func (b *Bot) evaluate(ctx context.Context, f *projectData) (*turn, error) {
	t, err := b.begin(ctx, f, false)
	if err != nil {
		return nil, err
	}
	t.commit.Project, t.commit.Live = f.state, b.Live
	if f.readable() {
		if err := t.withdrawGone(); err != nil {
			return nil, err
		}
	} else {
		maps.Copy(t.commit.Judged, t.judged) // also those of rules whose alerts are yet to be withdrawn
		for _, other := range t.commit.Others {
			delete(t.commit.Judged, other)
		}
	}
	if err := t.evaluateAll(ctx); err != nil {
		return nil, err
	}
	if f.readable() {
		if err := t.revise(ctx); err != nil {
			return nil, err
		}
	} else {
		t.date()
	}
	t.noteDamage()
	return t, t.mute(ctx)
}

// noteDamage has what could not be read of the history read from Notehub again, and says so once.
func (t *turn) noteDamage() {
	damaged := t.Store.Damaged(t.project.UID)
	for _, d := range damaged {
		if _, logged := t.damaged.LoadOrStore(d, true); !logged {
			t.Log.Error("a column of history cannot be read: its figures are no data until they have been read from Notehub again",
				"project", d.Project, "column", d.String(), "err", d.Err)
		}
	}
	t.commit.Damaged = append(t.commit.Damaged, damaged...)
	if t.readable() {
		t.commit.Project.Damaged = len(damaged)
	}
}

// begin returns a turn in which nothing is decided yet: of the rules that read only poll alone, or of all others.
func (b *Bot) begin(ctx context.Context, f *projectData, alone bool) (*turn, error) {
	query := store.StateQuery{Project: f.project.UID}
	if alone {
		query.Rules = b.pollRules()
	}
	open, err := b.Store.OpenStates(ctx, query)
	if err != nil {
		return nil, err
	}
	judged, err := b.Store.Judged(ctx, f.project.UID)
	if err != nil {
		return nil, err
	}
	t := &turn{projectData: f, open: open, judged: judged, alone: alone, trials: map[string]*trial{}, recipients: map[string][]string{}}
	t.commit = store.Commit{
		Decision: store.Decision{Now: f.now, Show: map[string][]string{}, StandIns: b.Fallbacks},
		Judged:   map[string]store.Judgement{},
	}
	for _, r := range b.Rules {
		t.recipients[r.Spec.Name] = f.project.Recipients(r)
		if r.Reads.OnlyPoll() != alone {
			t.commit.Others = append(t.commit.Others, r.Spec.Name)
		}
	}
	return t, nil
}

// evaluateAll evaluates the rules of this turn for all subjects.
func (t *turn) evaluateAll(ctx context.Context) error {
	for _, scope := range []rules.Scope{rules.EachProject, rules.EachDevice} {
		if err := t.evaluateEach(ctx, scope); err != nil {
			return err
		}
	}
	for _, tried := range t.trials {
		t.Metrics.Evaluated(tried.subjects, tried.failed)
	}
	return nil
}

// date names the day or period in the headlines that messages show of alerts that are not evaluated in this turn, once it has
// ended.
func (t *turn) date() {
	for a := range t.open.ShownAlerts() {
		if dated := a.Told.Headline(t.now); dated != a.Told.Summary {
			a.Told.Summary, a.Told.Dated, a.Told.DatedFrom = dated, "", 0
			t.commit.Alerts = append(t.commit.Alerts, &a)
		}
	}
}

// withdrawGone ends the alerts whose rule or device is no more.
func (t *turn) withdrawGone() error {
	for brief := range t.open.Brief() {
		r, ok := t.rule(brief.Rule)
		listed := t.device(brief.Subject) != nil
		if ok && r.Spec.Each == scopeOf(*brief) && (listed || brief.Subject == "") {
			continue
		}
		a, _, err := t.open.Of(brief.Rule, brief.Subject)
		if err != nil {
			return err
		}
		next, event := a.Withdraw(t.whyGone(a), t.now)
		t.record(nil, a, next, event)
	}
	return nil
}

// evaluateEach evaluates every rule of a scope for every subject of it. A rule that needs more than could be read this time is
// left for the next poll, with its alerts as they are.
func (t *turn) evaluateEach(ctx context.Context, scope rules.Scope) error {
	applicable := t.applicable(scope)
	if len(applicable) == 0 {
		return nil
	}
	return t.inBlocks(ctx, t.blocks(scope), func(ctx context.Context, part *turn, b *blockData) error {
		for i := range b.size() {
			view := rules.NewView(b.env(i))
			for _, r := range applicable {
				if err := part.evaluateOne(ctx, r, b, i, view); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// applicable returns the rules of a scope that are evaluated in this turn, and notes what they mean.
func (t *turn) applicable(scope rules.Scope) (applicable []*Rule) {
	for i := range t.Rules {
		r := &t.Rules[i]
		if r.Spec.Each != scope || r.Reads.OnlyPoll() != t.alone {
			continue
		}
		before, known := t.judged[r.Spec.Name]
		if known {
			t.commit.Judged[r.Spec.Name] = before
		}
		if t.readable() || t.alone {
			applicable = append(applicable, r)
			t.trials[r.Spec.Name] = new(trial)
			if meaning := r.Meaning(t.Period); before.Hash != meaning {
				before = store.Judgement{Hash: meaning, Since: t.now}
			}
			before.Semantics = r.Semantics()
			t.commit.Judged[r.Spec.Name] = before
		}
	}
	return applicable
}

// inBlocks calls do for each block, for several at once, with a part of the turn that holds nothing but what is found in that
// block. What the parts found becomes part of the turn in the order of the blocks, however many are worked on at once.
func (t *turn) inBlocks(ctx context.Context, blocks []block, do func(ctx context.Context, part *turn, b *blockData) error) error {
	var figures []rules.Figure
	if !t.alone {
		figures = t.reads.Figures
	}
	parts := make([]*turn, len(blocks))
	readers := make(chan *env.Reader, t.Workers)
	for range t.Workers {
		readers <- t.reader(figures)
	}
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(t.Workers)
	for i, b := range blocks {
		workers.Go(func() error {
			reader := <-readers
			defer func() { readers <- reader }()
			data, err := t.read(ctx, reader, b)
			if err != nil {
				return err
			}
			parts[i] = t.part()
			return do(ctx, parts[i], data)
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	for _, part := range parts {
		t.add(part)
	}
	return nil
}

// part returns a turn that knows what t knows and in which nothing is found yet.
func (t *turn) part() *turn {
	part := *t
	part.commit = store.Commit{Decision: store.Decision{Show: map[string][]string{}}}
	part.trials = make(map[string]*trial, len(t.trials))
	for name := range t.trials {
		part.trials[name] = new(trial)
	}
	return &part
}

// add takes in what a part found.
func (t *turn) add(part *turn) {
	t.commit.Alerts = append(t.commit.Alerts, part.commit.Alerts...)
	t.commit.States = append(t.commit.States, part.commit.States...)
	t.commit.Dropped = append(t.commit.Dropped, part.commit.Dropped...)
	maps.Copy(t.commit.Show, part.commit.Show)
	for name, tried := range part.trials {
		t.trials[name].add(tried)
	}
}

// evaluateOne takes one alert one step further.
func (t *turn) evaluateOne(ctx context.Context, r *Rule, b *blockData, i int, view *rules.View) error {
	subject := b.subject(i)
	key := rules.Key{Rule: r.Spec.Name, Project: t.project.UID, Subject: subject}
	if r.Kind == rules.PeriodRule {
		key.Period = t.period.Start
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
	t.trials[key.Rule].note(subject, v.Err)
	if !open && v.Result.Most == rules.Inactive {
		return nil // nothing fires or begins to, as for most subjects: Next would copy an alert to return it unchanged
	}
	after, event := before.Next(r.Rule, v, t.now)
	last, known := t.judged[key.Rule]
	changed := open && known && last.Hash != r.Meaning(t.Period)
	if changed && event == rules.PeriodEnded && rules.PeriodOfMeaning(last.Hash) == rules.PeriodOfMeaning(r.Meaning(t.Period)) {
		changed = false // it has ended by the old rule too
	}
	if changed {
		after, event = before.Rejudge(r.Rule, v, t.whyChanged(r, before), t.now)
	}
	switch event {
	case rules.Corrected, rules.Deescalated:
		after.Why = correctedText(r, before.Fallen(r.Rule, v, t.now))
	case rules.Updated:
		if otherLimit(r, before) {
			after.Why = limitNow(r)
		}
	}
	t.record(r, before, after, event)
	if over := open && !before.Period.Equal(key.Period); over || changed && !after.Open() {
		fresh := key.Inactive()
		after, event = fresh.Next(r.Rule, v, t.now)
		t.record(r, fresh, after, event)
	}
	return nil
}

// verdict evaluates the rule as of now and, where that decides, as of the end of yesterday.
func (t *turn) verdict(ctx context.Context, r *Rule, a rules.Alert, b *blockData, i int, view *rules.View) (rules.Verdict, error) {
	_, judged := t.judged[r.Spec.Name]
	v := rules.Verdict{
		Evaluation: r.Eval(view),
		DayEnd:     rules.Result{Least: rules.Inactive, Most: r.Highest},
		Period:     t.period.Start,
		First:      !judged,
		AsOf:       t.now,
		Shown:      t.open.Shown(a.ID),
	}
	if v.Result.Least > rules.Inactive || a.State == rules.Firing {
		v.Growing = r.Growing(view)
	}
	if a.State != rules.Firing {
		return v, nil
	}
	if r.Kind == rules.PeriodRule {
		return v, t.periodEnded(ctx, r, a, b, i, &v)
	}
	if r.Kind != rules.DayRule || v.Result.Most >= a.Level {
		return v, nil
	}
	yesterday, err := b.envAt(ctx, i, t.today-1)
	if err != nil {
		return v, err
	}
	t.env().Present(yesterday, b.device(i))
	dayEnd := rules.NewView(yesterday)
	last := r.Eval(dayEnd)
	v.DayEnd, v.DayEndGrowing, v.Last, v.LastAt = last.Result, r.Growing(dayEnd), last.Value, t.today.Start()
	return v, nil
}

// periodEnded evaluates the rule as of the end of the alert's period, if that has ended and is not longer ago than the history
// that was read.
func (t *turn) periodEnded(ctx context.Context, r *Rule, a rules.Alert, b *blockData, i int, v *rules.Verdict) error {
	first, next := t.Period.Bounds(rules.DayOf(a.Period))
	if next > t.today || next <= t.historyStart(t.today) || !first.Start().Equal(a.Period) || a.Told.Figure != r.Show {
		return nil
	}
	end, err := b.envAt(ctx, i, next-1)
	if err != nil {
		return err
	}
	v.Last, v.LastAt = r.Eval(rules.NewView(end)).Value, next.Start()
	return nil
}

// record takes what happened to an alert into the commit, if anything has to be stored. What is told of an alert is of the same
// evaluation as its figures. The rule is nil if it is no more.
func (t *turn) record(r *Rule, before, after rules.Alert, event rules.Event) {
	if after.State == "" {
		if before.ID != "" {
			t.commit.Dropped = append(t.commit.Dropped, before.ID)
		}
		return
	}
	var receivers []string
	if event != rules.None {
		if r != nil {
			receivers = t.recipients[r.Spec.Name]
		}
		t.commit.Show[after.ID] = receivers
	}
	shown, stored := t.open.Shown(after.ID), before.State != ""
	measured := event != rules.None || !stored || shown || !sameFigures(before, after)
	switch {
	case r != nil && measured && measuredBy(r, after):
		after.Told = t.told(r, after)
		t.commit.Alerts = append(t.commit.Alerts, new(after))
	case !stored:
		t.commit.Alerts = append(t.commit.Alerts, new(after))
	case event != rules.None || !after.Unchanged(before):
		t.commit.States = append(t.commit.States, new(after))
	}
}

// sameFigures reports whether what is told of two states of an alert is told with the same values.
func sameFigures(a, b rules.Alert) bool {
	same := func(x, y float64) bool { return x == y || !rules.Known(x) && !rules.Known(y) }
	return same(a.Value, b.Value) && same(a.Usual, b.Usual) && same(a.Limit, b.Limit) && a.AsOf.Equal(b.AsOf)
}

// measuredBy reports whether the figures of an alert are those that the rule shows. An alert that a changed rule ends keeps
// figures, and so words, of the rule before.
func measuredBy(r *Rule, a rules.Alert) bool {
	return a.Reason != rules.Retracted && (a.Reason != rules.PeriodEnded || a.Told.Figure == r.Show)
}
