package bot

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/evaluate"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// endedLately is for how long it is known of an alert that is still muted by a silence who ended that.
const endedLately = 7 * 24 * time.Hour

// mutes gathers what can keep people from being told, and what identifies the silences among it. current is the project that is
// being polled, as the store does not know it yet; the zero value is none.
func (b *Bot) mutes(ctx context.Context, current store.Project, now time.Time) (rules.Mutes, int64, error) {
	silences, seq, err := b.store.Silences(ctx, now.Add(-endedLately))
	if err != nil {
		return rules.Mutes{}, 0, err
	}
	explains, err := b.explained(ctx, current)
	specs := make(map[string]rules.Spec, len(b.rules))
	for _, r := range b.rules {
		specs[r.Spec.Name] = r.Spec
	}
	return rules.Mutes{Silences: silences, Windows: b.windows, Rules: specs, Explains: explains}, seq, err
}

// Mute looks which open alerts people are to be told of, now that a silence began or ended, or the rules are others. It
// also ends drills that nobody has ended.
func (b *Bot) Mute(ctx context.Context, lease work.Lease) error {
	for {
		now := b.clock.Now()
		mutes, seq, err := b.mutes(ctx, store.Project{}, now)
		if err != nil {
			return err
		}
		d := store.Decision{Show: map[string][]string{}, StandIns: b.fallbacks, Silences: seq, Now: now}
		next := mutes.Next(now)
		projects, err := b.store.OpenProjects(ctx)
		if err != nil {
			return err
		}
		for _, project := range projects {
			drillEnd, err := b.muteProject(ctx, project, mutes.At(now), &d)
			if err != nil {
				return err
			}
			next = work.Earlier(next, drillEnd)
		}
		if err := b.store.Decide(ctx, d); err == nil {
			b.wake(work.Receiver)
			return b.store.Work.Complete(ctx, lease, now, next, 0)
		} else if !errors.Is(err, store.ErrMoved) {
			return err
		}
	}
}

// muteProject decides which open alerts of a project people are to be told of, and which drills end. It returns when the first of the
// other drills ends by itself; zero is never.
func (b *Bot) muteProject(ctx context.Context, project string, mutes rules.Mutes, d *store.Decision) (drillEnd time.Time, err error) {
	open, err := b.store.OpenStates(ctx, store.StateQuery{Project: project, Names: true})
	if err != nil {
		return drillEnd, err
	}
	firing := evaluate.NewFiringSet(mutes.Rules)
	for a := range open.Brief() {
		firing.Note(a)
	}
	mutes.Firing = firing.Has
	if mutes.Within, err = b.within(ctx, project); err != nil {
		return drillEnd, err
	}
	for brief := range open.Brief() {
		end := brief.FiredAt.Add(drillTime)
		over := brief.Drill && !end.After(d.Now)
		if brief.Drill && !over {
			drillEnd = work.Earlier(drillEnd, end)
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
