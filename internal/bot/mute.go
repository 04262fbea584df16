package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"notewatch/internal/store"
	"notewatch/rules"
)

// endedLately is for how long it is known of an alert that is still muted by a silence who ended that.
const endedLately = 7 * 24 * time.Hour

// mutes gathers what can keep people from being told, and what identifies the silences among it. current is the project that is
// being polled, as the store does not know it yet; the zero value is none.
func (b *Bot) mutes(ctx context.Context, current store.Project, now time.Time) (rules.Mutes, int64, error) {
	silences, seq, err := b.Store.Silences(ctx, now.Add(-endedLately))
	if err != nil {
		return rules.Mutes{}, 0, err
	}
	explains, err := b.explained(ctx, current)
	specs := make(map[string]rules.Spec, len(b.Rules))
	for _, r := range b.Rules {
		specs[r.Spec.Name] = r.Spec
	}
	return rules.Mutes{Silences: silences, Windows: b.Windows, Rules: specs, Explains: explains}, seq, err
}

// explaining returns the rules that mute others by unless while they fire, but for those on trial, which tell nobody.
func (b *Bot) explaining() map[string]bool {
	all := map[string]bool{}
	for _, r := range b.Rules {
		if r.Spec.Unless != "" {
			all[r.Spec.Unless] = true
		}
	}
	for _, r := range b.Rules {
		if r.Spec.Shadow {
			delete(all, r.Spec.Name)
		}
	}
	return all
}

// A firingSet is which rules fire for which subjects, as far as that mutes others.
type firingSet struct {
	rules map[string]bool // the only ones that count
	keys  map[rules.Key]bool
}

func (b *Bot) firingSet() firingSet { return firingSet{b.explaining(), map[rules.Key]bool{}} }

// note takes in an alert.
func (f firingSet) note(a *rules.Alert) {
	if !f.rules[a.Rule] {
		return
	}
	key := rules.Key{Rule: a.Rule, Project: a.Project, Subject: a.Subject}
	if a.State == rules.Firing && !a.Drill {
		f.keys[key] = true
	}
}

// has reports whether a rule fires for a subject.
func (f firingSet) has(rule, project, subject string) bool {
	return f.keys[rules.Key{Rule: rule, Project: project, Subject: subject}]
}

// mute looks which of the open alerts people are to be told of. What happened to an alert in this turn says that with it.
func (t *turn) mute(ctx context.Context) error {
	mutes, seq, err := t.mutes(ctx, t.state, t.now)
	if err != nil {
		return err
	}
	t.commit.Silences = seq
	decided, firing := t.decided(), t.firingSet()
	for _, list := range [][]*rules.Alert{t.commit.Alerts, t.commit.States} {
		for _, a := range list {
			firing.note(a)
		}
	}
	for a := range t.open.Brief() {
		if !decided[a.ID] {
			firing.note(a)
		}
	}
	mutes.Firing = firing.has
	mutes = mutes.At(t.now)
	for _, list := range [][]*rules.Alert{t.commit.Alerts, t.commit.States} {
		for _, a := range list {
			t.muteDecided(mutes, a)
		}
	}
	return t.muteOthers(mutes, decided)
}

// decided returns the IDs of the alerts in the commit.
func (t *turn) decided() map[string]bool {
	all := make(map[string]bool, len(t.commit.Alerts)+len(t.commit.States))
	for _, list := range [][]*rules.Alert{t.commit.Alerts, t.commit.States} {
		for _, a := range list {
			all[a.ID] = true
		}
	}
	for _, id := range t.commit.Dropped {
		all[id] = true
	}
	return all
}

// muteDecided looks whether people are to be told of an alert of the commit.
func (t *turn) muteDecided(mutes rules.Mutes, a *rules.Alert) {
	named := *a
	named.Told.Subject, named.Told.Project = t.name(a.Subject), t.project.Name
	if _, moved := t.commit.Show[a.ID]; moved && (a.State == rules.Firing || a.Reason == rules.Revised) {
		a.Mute = mutes.Of(named, t.now)
		return
	}
	if after, event := mutes.Apply(named, t.now); event != rules.None {
		after.Told = a.Told
		*a, t.commit.Show[a.ID] = after, nil
	}
}

// muteOthers looks whether people are to be told of the open alerts that are not in the commit. Those of rules that are evaluated
// apart are left to that.
func (t *turn) muteOthers(mutes rules.Mutes, decided map[string]bool) error {
	for brief := range t.open.Brief() {
		if brief.State != rules.Firing || decided[brief.ID] || slices.Contains(t.commit.Others, brief.Rule) {
			continue
		}
		brief.Told.Subject, brief.Told.Project = t.name(brief.Subject), t.project.Name
		if _, event := mutes.Apply(*brief, t.now); event == rules.None {
			continue
		}
		a, _, err := t.open.Of(brief.Rule, brief.Subject)
		if err != nil {
			return err
		}
		told := a.Told
		a.Told = brief.Told
		a, _ = mutes.Apply(a, t.now)
		a.Told = told
		t.commit.States, t.commit.Show[a.ID] = append(t.commit.States, &a), nil
	}
	return nil
}

// Mute looks which open alerts people are to be told of, now that a silence began or ended, or the rules are others. It
// also ends drills that nobody has ended.
func (b *Bot) Mute(ctx context.Context, lease store.Lease) error {
	for {
		now := b.Clock.Now()
		mutes, seq, err := b.mutes(ctx, store.Project{}, now)
		if err != nil {
			return err
		}
		d := store.Decision{Show: map[string][]string{}, StandIns: b.Fallbacks, Silences: seq, Now: now}
		next := mutes.Next(now)
		projects, err := b.Store.OpenProjects(ctx)
		if err != nil {
			return err
		}
		for _, project := range projects {
			drillEnd, err := b.muteProject(ctx, project, mutes.At(now), &d)
			if err != nil {
				return err
			}
			next = store.Earlier(next, drillEnd)
		}
		if err := b.Store.Decide(ctx, d); err == nil {
			b.Wake(store.Receiver)
			return b.Store.Complete(ctx, lease, now, next, 0)
		} else if !errors.Is(err, store.ErrMoved) {
			return err
		}
	}
}

// muteProject decides which open alerts of a project people are to be told of, and which drills end. It returns when the first of the
// other drills ends by itself; zero is never.
func (b *Bot) muteProject(ctx context.Context, project string, mutes rules.Mutes, d *store.Decision) (drillEnd time.Time, err error) {
	open, err := b.Store.OpenStates(ctx, store.StateQuery{Project: project, Names: true})
	if err != nil {
		return drillEnd, err
	}
	firing := b.firingSet()
	for a := range open.Brief() {
		firing.note(a)
	}
	mutes.Firing = firing.has
	for brief := range open.Brief() {
		end := brief.FiredAt.Add(drillTime)
		over := brief.Drill && !end.After(d.Now)
		if brief.Drill && !over {
			drillEnd = store.Earlier(drillEnd, end)
		}
		if _, event := mutes.Apply(*brief, d.Now); event == rules.None && !over {
			continue
		}
		a, _, err := open.Of(brief.Rule, brief.Subject)
		if err != nil {
			return drillEnd, err
		}
		a.Told = brief.Told
		after, _ := mutes.Apply(a, d.Now)
		if over {
			after, _ = a.Clear(d.Now)
		}
		d.States, d.Show[after.ID] = append(d.States, &after), nil
	}
	return drillEnd, nil
}
