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
	if err := b.countDevices(ctx); err != nil {
		return err
	}
	b.logIntervals()
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
	if err := b.shorten(ctx, now); err != nil {
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

// shorten makes sure that no project waits for longer than its interval, which may have become shorter.
func (b *Bot) shorten(ctx context.Context, now time.Time) error {
	for _, a := range b.accounts {
		for _, uid := range b.ProjectsOf(a.Name) {
			state, err := b.store.Project(ctx, uid)
			if err != nil {
				return err
			}
			next := now.Add(b.PollInterval(a))
			if last := state.PolledAt.Add(b.PollInterval(a)); state.Failures == 0 && last.Before(next) {
				next = last
			}
			if next.Before(now) {
				next = now
			}
			if err := b.store.Work.MakeDue(ctx, work.Poll, uid, next); err != nil {
				return err
			}
		}
	}
	return nil
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
		judged, err := b.store.Meanings(ctx, p.UID)
		if err != nil {
			return err
		}
		changed := func(r Rule) bool {
			return r.Spec.Each != rules.EachOrganization && !r.Reads.OnlyPoll() && judged[r.Spec.Name].Hash != r.Meaning(r.PeriodIn(b.periodOf(p.UID)))
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
