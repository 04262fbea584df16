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

// firing returns which rules fire for which subjects among alerts. A rule on trial tells nobody, so it does not count.
func (b *Bot) firing(alerts []rules.Alert) func(rule, project, subject string) bool {
	trial := map[string]bool{}
	for _, r := range b.Rules {
		trial[r.Spec.Name] = r.Spec.Shadow
	}
	all := map[rules.Key]bool{}
	for _, a := range alerts {
		if a.State == rules.Firing && !a.Drill && !trial[a.Rule] {
			all[rules.Key{Rule: a.Rule, Project: a.Project, Subject: a.Subject}] = true
		}
	}
	return func(rule, project, subject string) bool {
		return all[rules.Key{Rule: rule, Project: project, Subject: subject}]
	}
}

// mute looks which of the alerts of this turn people are to be told of. What happened to an alert in this turn says that
// with it.
func (t *turn) mute(ctx context.Context) error {
	mutes, seq, err := t.mutes(ctx, t.state, t.now)
	if err != nil {
		return err
	}
	t.commit.Silences = seq
	mutes.Firing = t.firing(t.standing())
	for i, a := range t.commit.Alerts {
		if _, moved := t.commit.Show[a.ID]; moved && (a.State == rules.Firing || a.Reason == rules.Revised) {
			t.commit.Alerts[i].Mute = mutes.Of(a, t.now)
			continue
		}
		after, event := mutes.Apply(a, t.now)
		if event != rules.None {
			t.commit.Alerts[i], t.commit.Show[a.ID] = after, nil
		}
	}
	return nil
}

// standing returns the alerts as they are after this turn.
func (t *turn) standing() []rules.Alert {
	all := slices.Clone(t.commit.Alerts)
	judged := make(map[string]bool, len(all))
	for _, a := range all {
		judged[a.ID] = true
	}
	for _, a := range t.open {
		if !judged[a.ID] {
			all = append(all, a)
		}
	}
	return all
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
		open, err := b.Store.Alerts(ctx, store.AlertFilter{Open: true})
		if err != nil {
			return err
		}
		mutes.Firing = b.firing(open)
		d := store.Decision{Show: map[string][]string{}, StandIns: b.standIns(), Silences: seq, Now: now}
		for _, a := range open {
			after, event := mutes.Apply(a, now)
			if a.Drill && now.Sub(a.FiredAt) >= drillTime {
				after, event = a.Clear(now)
			}
			if event != rules.None {
				d.Alerts = append(d.Alerts, after)
				d.Show[after.ID] = nil
			}
		}
		if err := b.Store.Decide(ctx, d); err == nil {
			b.wakeReceivers()
			return b.Store.Complete(ctx, lease, now, earlier(mutes.Next(now), drillEnd(open, now)), 0)
		} else if !errors.Is(err, store.ErrMoved) {
			return err
		}
	}
}
