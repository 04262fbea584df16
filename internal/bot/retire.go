package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"notewatch/internal/evaluate"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// WithdrawProjects withdraws the alerts of projects that are no longer watched.
func (b *Bot) WithdrawProjects(ctx context.Context) error {
	uids, err := b.store.OpenProjects(ctx)
	if err != nil {
		return err
	}
	now := b.clock.Now()
	for _, uid := range uids {
		if uid == "" || slices.ContainsFunc(b.projects, func(p Project) bool { return p.UID == uid }) {
			continue // "" belongs to alerts about notewatch itself
		}
		kind, key := work.Poll, uid
		if account, ok := rules.AccountOf(uid); ok {
			kind, key = work.Organization, account
			if slices.ContainsFunc(b.accounts, func(a Account) bool { return a.Name == account }) {
				continue
			}
		}
		if err := b.store.Work.MakeDue(ctx, kind, key, now); err != nil {
			return err
		}
		lease, ok, err := b.store.Work.Claim(ctx, kind, key, now, b.machine())
		if err != nil {
			return err
		}
		if !ok {
			continue // another process is doing it
		}
		if err := b.withdrawProject(ctx, lease, uid, now); err != nil {
			return err
		}
	}
	return nil
}

// withdrawProject withdraws all alerts of a project, and starts over if another decision was stored meanwhile.
func (b *Bot) withdrawProject(ctx context.Context, lease work.Lease, uid string, now time.Time) error {
	for {
		commit, err := b.withdrawAll(ctx, uid, now)
		if err != nil {
			return err
		}
		if err := b.store.Commit(ctx, lease, commit); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

// withdrawAll withdraws all alerts of a project, which is then never due again.
func (b *Bot) withdrawAll(ctx context.Context, uid string, now time.Time) (store.Commit, error) {
	state, err := b.store.Project(ctx, uid)
	if err != nil {
		return store.Commit{}, err
	}
	open, err := b.store.OpenStates(ctx, store.StateQuery{Project: uid})
	if err != nil {
		return store.Commit{}, err
	}
	_, seq, err := b.store.Silences(ctx, now)
	if err != nil {
		return store.Commit{}, err
	}
	why := evaluate.ProjectRemoved
	if len(b.Listing()) > 0 {
		why = evaluate.ProjectUnlisted
	}
	commit, err := evaluate.Withdraw(open, why, now)
	commit.Fallbacks, commit.Silences, commit.Project = b.fallbacks, seq, state
	return commit, err
}
