package bot

import (
	"context"

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
	data, err := whole.Read(ctx, whole.Reader(wants), block)
	if err != nil || day != 0 {
		if err == nil {
			return data.EnvAt(ctx, i, day)
		}
		return nil, err
	}
	seen := new(rules.Env)
	data.See(seen, i)
	return seen, nil
}

// OrganizationEnv returns what an expression sees of the organization of an account, as of now, or with a day as of its end.
func (b *Bot) OrganizationEnv(ctx context.Context, account Account, day rules.Day) (*rules.Env, error) {
	whole, err := b.lookAtOrganization(ctx, account)
	if err != nil {
		return nil, err
	}
	data, err := whole.Read(ctx, whole.Reader(b.reads.Members), whole.Blocks(rules.EachOrganization)[0])
	if err != nil || day != 0 {
		if err == nil {
			return data.EnvAt(ctx, 0, day)
		}
		return nil, err
	}
	seen := new(rules.Env)
	data.See(seen, 0)
	return seen, nil
}

// HistoryStart is Bot.historyStart.
func (b *Bot) HistoryStart(project string, today rules.Day) rules.Day {
	return b.historyStart(project, today)
}
