package bot

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"notewatch/internal/store"
	"notewatch/rules"
)

// A turn is one judgement of a project: what is known, what was decided before, and what is decided now.
type turn struct {
	*fleet
	open   map[episode]rules.Alert
	judged map[string]store.Judgement // by rule name, before this turn
	commit store.Commit
	alone  bool              // of the rules that read only poll; else of all others
	trials map[string]*trial // by name, of the rules that are judged in this turn
}

// An episode is what can have at most one open alert at a time.
type episode struct{ rule, subject string }

// judge is Env → Eval → Next for every subject and rule but those that read only poll. It decides, but stores nothing.
func (b *Bot) judge(ctx context.Context, f *fleet) (*turn, error) {
	t, err := b.begin(ctx, f, false)
	if err != nil {
		return nil, err
	}
	t.commit.Project, t.commit.Live = f.state, b.live()
	if f.readable() {
		t.withdrawGone()
	} else {
		maps.Copy(t.commit.Judged, t.judged) // also those of rules whose alerts are yet to be withdrawn
		for _, other := range t.commit.Others {
			delete(t.commit.Judged, other)
		}
	}
	if err := t.judgeAll(ctx); err != nil {
		return nil, err
	}
	if f.readable() {
		if err := t.revise(ctx); err != nil {
			return nil, err
		}
	} else {
		t.date()
	}
	return t, t.mute(ctx)
}

// begin returns a turn in which nothing is decided yet: of the rules that read only poll alone, or of all others.
func (b *Bot) begin(ctx context.Context, f *fleet, alone bool) (*turn, error) {
	alerts, err := b.Store.OpenAlerts(ctx, f.project.UID)
	if err != nil {
		return nil, err
	}
	judged, err := b.Store.Judged(ctx, f.project.UID)
	if err != nil {
		return nil, err
	}
	t := &turn{fleet: f, open: make(map[episode]rules.Alert, len(alerts)), judged: judged, alone: alone, trials: map[string]*trial{}}
	t.commit = store.Commit{
		Decision: store.Decision{Now: f.now, Show: map[string][]string{}, StandIns: b.standIns()},
		Judged:   map[string]store.Judgement{},
	}
	for _, a := range alerts {
		t.open[episode{a.Rule, a.Subject}] = a
	}
	for _, r := range b.Rules {
		if r.Reads.OnlyPoll() != alone {
			t.commit.Others = append(t.commit.Others, r.Spec.Name)
		}
	}
	return t, nil
}

// judgeAll evaluates the rules of this turn for all subjects.
func (t *turn) judgeAll(ctx context.Context) error {
	for _, scope := range []rules.Scope{rules.EachProject, rules.EachDevice} {
		if err := t.judgeEach(ctx, scope); err != nil {
			return err
		}
	}
	for _, tried := range t.trials {
		t.Metrics.Evaluated(tried.subjects, tried.failed)
	}
	return nil
}

// live returns the names of the receivers that keep figures up to date in what they show.
func (b *Bot) live() (live []string) {
	for _, r := range b.Receivers {
		if r.Live {
			live = append(live, r.Name)
		}
	}
	return live
}

// date names the day or period in the headlines of alerts that are not evaluated in this turn, once it has ended.
func (t *turn) date() {
	for _, a := range t.open {
		if dated := a.Told.Headline(t.now); dated != a.Told.Summary {
			a.Told.Summary, a.Told.Dated, a.Told.DatedFrom = dated, "", 0
			t.commit.Alerts = append(t.commit.Alerts, a)
		}
	}
}

// withdrawGone ends the alerts whose rule or device is no more.
func (t *turn) withdrawGone() {
	for key, a := range t.open {
		r, ok := t.rule(a.Rule)
		_, listed := t.index[a.Subject]
		if ok && r.Spec.Each == scopeOf(a) && (listed || a.Subject == "") {
			continue
		}
		next, event := a.Withdraw(t.whyGone(a), t.now)
		t.record(nil, a, next, event)
		delete(t.open, key)
	}
}

// judgeEach judges every subject of a scope by every rule of that scope. A rule that needs more than could be read this
// time is left for the next poll, with its alerts as they are.
func (t *turn) judgeEach(ctx context.Context, scope rules.Scope) error {
	var applicable []*Rule
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
			if meaning := t.meaning(r); before.Hash != meaning {
				before = store.Judgement{Hash: meaning, Since: t.now}
			}
			before.Semantics = r.Semantics()
			t.commit.Judged[r.Spec.Name] = before
		}
	}
	if len(applicable) == 0 {
		return nil
	}
	for _, subject := range t.subjects(scope) {
		view := rules.NewView(t.env(subject))
		for _, r := range applicable {
			if err := t.judgeOne(ctx, r, subject, view); err != nil {
				return err
			}
		}
	}
	return nil
}

// judgeOne takes one alert one step further.
func (t *turn) judgeOne(ctx context.Context, r *Rule, subject string, view *rules.View) error {
	key := rules.Key{Rule: r.Spec.Name, Project: t.project.UID, Subject: subject}
	if r.Kind == rules.PeriodRule {
		key.Period = t.period.Start
	}
	before, open := t.open[episode{key.Rule, subject}]
	if !open {
		before = key.Inactive()
	}
	v, err := t.verdict(ctx, r, before, subject, view)
	if err != nil {
		return err
	}
	t.trials[key.Rule].note(subject, v.Err)
	after, event := before.Next(r.Rule, v, t.now)
	last, known := t.judged[key.Rule]
	changed := open && known && last.Hash != t.meaning(r)
	if changed && event == rules.PeriodEnded && periodOf(last.Hash) == periodOf(t.meaning(r)) {
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

// meaning identifies what a rule means here.
func (b *Bot) meaning(r *Rule) string {
	if r.Kind == rules.PeriodRule {
		return fmt.Sprintf("%s"+periodMark+"%s from %d and %s", r.Hash(), b.Period, b.Period.MonthDay, b.Period.From)
	}
	return r.Hash()
}

// periodMark stands before the period in what meaning returns.
const periodMark = " by "

// periodOf returns the period in what meaning returned; "" if the rule is none that has one.
func periodOf(meaning string) string {
	_, period, _ := strings.Cut(meaning, periodMark)
	return period
}

// verdict evaluates the rule as of now and, where that decides, as of the end of yesterday.
func (t *turn) verdict(ctx context.Context, r *Rule, a rules.Alert, subject string, view *rules.View) (rules.Verdict, error) {
	_, judged := t.judged[r.Spec.Name]
	v := rules.Verdict{
		Evaluation: r.Eval(view),
		DayEnd:     rules.Result{Least: rules.Inactive, Most: r.Highest},
		Period:     t.period.Start,
		First:      !judged,
		AsOf:       t.now,
	}
	if v.Result.Least > rules.Inactive || a.State == rules.Firing {
		v.Growing = r.Growing(view)
	}
	if a.State != rules.Firing {
		return v, nil
	}
	if r.Kind == rules.PeriodRule {
		return v, t.periodEnded(ctx, r, a, &v)
	}
	if r.Kind != rules.DayRule || v.Result.Most >= a.Level {
		return v, nil
	}
	env, err := t.envAt(ctx, subject, t.today-1)
	if err != nil {
		return v, err
	}
	t.sight().Present(env, t.device(subject))
	dayEnd := rules.NewView(env)
	last := r.Eval(dayEnd)
	v.DayEnd, v.DayEndGrowing, v.Last, v.LastAt = last.Result, r.Growing(dayEnd), last.Value, t.today.Start()
	return v, nil
}

// periodEnded evaluates the rule as of the end of the alert's period, if that has ended and is not longer ago than the history
// that was read.
func (t *turn) periodEnded(ctx context.Context, r *Rule, a rules.Alert, v *rules.Verdict) error {
	first, next := t.Period.Bounds(rules.DayOf(a.Period))
	if next > t.today || next <= t.historyStart(t.today) || !first.Start().Equal(a.Period) || a.Told.Figure != r.Show {
		return nil
	}
	env, err := t.envAt(ctx, a.Subject, next-1)
	if err != nil {
		return err
	}
	v.Last, v.LastAt = r.Eval(rules.NewView(env)).Value, next.Start()
	return nil
}

// record takes what happened to an alert into the commit. What is told of it is of the same judgement as its figures,
// whether anything happened or not. The rule is nil if it is no more.
func (t *turn) record(r *Rule, before, after rules.Alert, event rules.Event) {
	if after.State == "" {
		if before.ID != "" {
			t.commit.Dropped = append(t.commit.Dropped, before.ID)
		}
		return
	}
	var receivers []string
	if r != nil {
		receivers = t.project.Recipients(*r)
	}
	if r != nil && measuredBy(r, after) {
		after.Told = t.told(r, after)
	}
	if event != rules.None {
		t.commit.Show[after.ID] = receivers
	}
	t.commit.Alerts = append(t.commit.Alerts, after)
}

// measuredBy reports whether the figures of an alert are those that the rule shows. An alert that a changed rule ends keeps
// figures, and so words, of the rule before.
func measuredBy(r *Rule, a rules.Alert) bool {
	return a.Reason != rules.Retracted && (a.Reason != rules.PeriodEnded || a.Told.Figure == r.Show)
}

// revise judges the past again where figures of closed days have changed: a day rule as of the end of that day, a period
// rule as of the end of a period that is over. What was surely true there and not told yet, or told as less bad, is told
// once, as revised. The time before a rule was there is not its business.
func (t *turn) revise(ctx context.Context) error {
	changed, err := t.Store.Changed(ctx, t.project.UID)
	if err != nil {
		return err
	}
	t.commit.Seen = changed
	done := map[revision]bool{}
	for _, c := range changed {
		if c.Day < t.today-rereadDays {
			continue
		}
		for i := range t.Rules {
			r := &t.Rules[i]
			day, from := t.revisable(r, c)
			if from.IsZero() || done[revision{r, c.Device, day}] {
				continue
			}
			done[revision{r, c.Device, day}] = true
			if err := t.reviseOne(ctx, r, c.Device, day, from); err != nil {
				return err
			}
		}
	}
	return nil
}

// A revision is a rule judged again for a subject as of the end of a day.
type revision struct {
	rule   *Rule
	device string
	day    rules.Day
}

// revisable returns the day as of whose end the rule must be judged again after a change, and since when an alert would
// have told of it already; the zero time if the change does not concern the rule.
func (t *turn) revisable(r *Rule, c store.DeviceDay) (day rules.Day, from time.Time) {
	_, listed := t.index[c.Device]
	last := t.judged[r.Spec.Name]
	judged := last.Hash == t.meaning(r) && last.Since.Before(c.Day.End())
	if !judged || (r.Spec.Each == rules.EachProject) != (c.Device == "") || c.Device != "" && !listed {
		return 0, time.Time{}
	}
	switch r.Kind {
	case rules.DayRule:
		return c.Day, c.Day.Start()
	case rules.PeriodRule:
		if first, next := t.Period.Bounds(c.Day); next <= t.today {
			return next - 1, first.Start()
		}
	}
	return 0, time.Time{}
}

func (t *turn) reviseOne(ctx context.Context, r *Rule, subject string, day rules.Day, from time.Time) error {
	env, err := t.envAt(ctx, subject, day)
	if err != nil {
		return err
	}
	v := rules.Verdict{Evaluation: r.Eval(rules.NewView(env)), AsOf: day.End()}
	key := rules.Key{Rule: r.Spec.Name, Project: t.project.UID, Subject: subject}
	if r.Kind == rules.PeriodRule {
		key.Period = from
	}
	after, event := key.Revise(r.Rule, v, t.now)
	if event == rules.None {
		return nil
	}
	told, err := t.Store.Announced(ctx, key, after.Level, from, day.End())
	if err != nil || told {
		return err
	}
	t.record(r, key.Inactive(), after, event)
	return nil
}
