package bot

import (
	"context"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/rules"
)

// Envs returns what an expression sees of a subject as a poll would gather it, and as an explanation does.
func (b *Bot) Envs(ctx context.Context, p Project, state store.Project, subject string) (polled, alone *rules.Env, err error) {
	now := b.clock.Now().UTC()
	if polled, err = b.envOf(ctx, p, state, subject, 0); err != nil {
		return nil, nil, err
	}
	one, err := b.lookAt(ctx, p, subject, now, b.periodOf(p.UID), true)
	return polled, one.Env, err
}

// PastEnv returns what an expression sees of a subject as of the end of a day, as a revision does.
func (b *Bot) PastEnv(ctx context.Context, p Project, subject string, day rules.Day) (*rules.Env, error) {
	state, err := b.store.Project(ctx, p.UID)
	if err != nil {
		return nil, err
	}
	return b.envOf(ctx, p, state, subject, day)
}

// envOf returns the Env of a subject as a poll would gather it, as of now, or with a day as of its end.
func (b *Bot) envOf(ctx context.Context, p Project, state store.Project, subject string, day rules.Day) (*rules.Env, error) {
	whole, err := b.look(ctx, p, state, b.clock.Now().UTC())
	if err != nil {
		return nil, err
	}
	wants := b.reads.Members
	if !whole.Readable() {
		wants = rules.Wants{}
	}
	block, i, listed := whole.BlockOf(subject)
	if !listed {
		return nil, &UnknownError{"subject", subject}
	}
	return envAt(ctx, whole, wants, block, i, day)
}

// OrganizationEnv returns what an expression sees of the organization of an account, as of now, or with a day as of its end.
func (b *Bot) OrganizationEnv(ctx context.Context, account Account, day rules.Day) (*rules.Env, error) {
	whole, err := b.lookAtOrganization(ctx, account)
	if err != nil {
		return nil, err
	}
	return envAt(ctx, whole, b.reads.Members, whole.Blocks(rules.EachOrganization)[0], 0, day)
}

// envAt returns the Env of a subject of a block, as of now, or with a day as of its end.
func envAt(ctx context.Context, whole *env.ProjectData, wants rules.Wants, block env.Block, i int, day rules.Day) (*rules.Env, error) {
	data, err := whole.Read(ctx, whole.Reader(wants), block)
	switch {
	case err != nil:
		return nil, err
	case day != 0:
		return data.EnvAt(ctx, i, day)
	}
	seen := new(rules.Env)
	data.See(seen, i)
	return seen, nil
}

// HistoryStart is Bot.historyStart.
func (b *Bot) HistoryStart(project string, today rules.Day) rules.Day {
	return b.historyStart(project, today)
}
