package bot

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/evaluate"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// endedLately is how long an ended silence is kept, so that alerts still muted by it can show who ended it.
const endedLately = 7 * 24 * time.Hour

// mutes returns everything that can mute alerts, and an identifier of the state of the silences. current is the project that is being
// polled, whose new state is not stored yet; the zero value means none.
func (b *Bot) mutes(ctx context.Context, current store.Project, now time.Time) (muting.Sources, int64, error) {
	silences, seq, err := b.store.Silences(ctx, now.Add(-endedLately))
	if err != nil {
		return muting.Sources{}, 0, err
	}
	explains, err := b.explained(ctx, current)
	if err != nil {
		return muting.Sources{}, 0, err
	}
	above, err := b.above(ctx)
	specs := make(map[string]rules.Spec, len(b.rules))
	for _, r := range b.rules {
		specs[r.Spec.Name] = r.Spec
	}
	return muting.Sources{Silences: silences, Windows: b.windows, Rules: specs, Explains: explains, Above: above}, seq, err
}

// Mute updates the mutes of all open alerts, after a silence began or ended, or the rules changed. It also ends drills that no one has
// ended.
func (b *Bot) Mute(ctx context.Context, lease work.Lease) error {
	for {
		now := b.clock.Now()
		mutes, seq, err := b.mutes(ctx, store.Project{}, now)
		if err != nil {
			return err
		}
		d := store.Decision{Show: map[string][]string{}, Fallbacks: b.fallbacks, Silences: seq, Now: now}
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
		} else if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

// muteProject updates the mutes of the open alerts of a project, and ends its drills whose time has passed. It returns when the next of the
// other drills ends by itself; zero if there is none.
func (b *Bot) muteProject(ctx context.Context, project string, mutes muting.Sources, d *store.Decision) (drillEnd time.Time, err error) {
	open, err := b.store.OpenStates(ctx, store.StateQuery{Project: project, Names: true})
	if err != nil {
		return drillEnd, err
	}
	firing := evaluate.NewFiringSet(mutes.Rules)
	for a := range open.Brief() {
		firing.Note(a)
	}
	mutes.Firing = firing.Has
	if mutes.Within, err = b.within(ctx, project, mutes); err != nil {
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
		a.Texts = brief.Texts
		after, _ := mutes.Apply(a, d.Now)
		if over {
			after, _ = a.Resolve(d.Now)
		}
		d.Versions, d.Show[after.ID] = append(d.Versions, &after), nil
	}
	return drillEnd, nil
}
