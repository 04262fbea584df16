package bot

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/store/work"
	"notewatch/internal/weekly"
	"notewatch/rules"
)

// Register adds the work items of a bot that is about to run: polls, of which new ones are due at once, and timed work. Work that changed
// rules affect is made due.
func (b *Bot) Register(ctx context.Context) error {
	if err := b.schedule.Count(ctx); err != nil {
		return err
	}
	b.schedule.Log()
	projects := names(b.projects, Project.uid)
	now := b.clock.Now()
	if err := b.store.Usage.ConvertLists(ctx); err != nil {
		return err
	}
	if err := b.renameRules(ctx, now); err != nil {
		return err
	}
	if err := b.store.Work.AddWork(ctx, work.Projects, b.Listing(), now); err != nil {
		return err
	}
	if err := b.store.Work.AddWork(ctx, work.Poll, projects, now); err != nil {
		return err
	}
	for _, uid := range projects {
		if err := b.store.Work.MakeDue(ctx, work.PollRules, uid, now); err != nil {
			return err
		}
	}
	if err := b.registerOrganizations(ctx, now); err != nil {
		return err
	}
	if err := b.schedule.Shorten(ctx, now); err != nil {
		return err
	}
	if err := b.store.Work.KeepProjects(ctx, projects); err != nil {
		return err
	}
	if err := b.store.Work.AddWork(ctx, work.Summary, []string{""}, weekly.Next(now)); err != nil {
		return err
	}
	if err := b.store.Work.MakeDue(ctx, work.Mute, "", now); err != nil {
		return err
	}
	return b.pollChangedRules(ctx, now)
}

// renameRules moves stored data of earlier names of rules to their present names.
func (b *Bot) renameRules(ctx context.Context, now time.Time) error {
	for _, r := range b.rules {
		for _, was := range r.Spec.Was {
			if err := b.store.RenameRule(ctx, was, r.Spec.Name, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// pollChangedRules makes projects due whose rules have changed since the last poll, so that their effect shows at once.
func (b *Bot) pollChangedRules(ctx context.Context, now time.Time) error {
	for _, p := range b.projects {
		evaluated, err := b.store.Meanings(ctx, p.UID)
		if err != nil {
			return err
		}
		changed := func(r Rule) bool {
			return r.Spec.Each != rules.EachOrganization && !r.Reads.OnlyPoll() && evaluated[r.Spec.Name].Hash != r.Meaning(r.PeriodIn(b.periodOf(p.UID)))
		}
		if !slices.ContainsFunc(b.rules, changed) {
			continue
		}
		if err := b.store.Work.MakeDue(ctx, work.Poll, p.UID, now); err != nil {
			return err
		}
	}
	return nil
}
