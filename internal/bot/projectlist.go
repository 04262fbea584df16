package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"notewatch/internal/request"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/notehub"
	"notewatch/rules"
)

const (
	listProjectsEvery = time.Hour        // between two lists of the projects of an account
	confirmAfter      = 10 * time.Minute // until the next one, if a project is missing, or after a failure
)

// Listing returns the names of the accounts whose projects are all watched.
func (b *Bot) Listing() (accounts []string) {
	for _, a := range b.accounts {
		if a.All {
			accounts = append(accounts, a.Name)
		}
	}
	return accounts
}

// ListProjects lists the projects of the account of the lease, all of which are watched. A project that two lists in a row lack is no longer
// watched. If anything changed, Listed of the Config is called: the set of projects of a bot never changes.
func (b *Bot) ListProjects(ctx context.Context, lease work.Lease) error {
	now := b.clock.Now()
	at := slices.IndexFunc(b.accounts, func(a Account) bool { return a.Name == lease.Key })
	if at < 0 {
		return b.store.Work.Complete(ctx, lease, now, time.Time{}, 0)
	}
	account := b.accounts[at]
	var list []store.ListedProject
	failure := b.requestsOf(account, "", lease, request.Times{}).Do(ctx, func(ctx context.Context) error {
		list = list[:0]
		return account.Client.Projects(ctx, func(p notehub.Project) error {
			list = append(list, store.ListedProject{UID: p.UID, Name: p.Name})
			return nil
		})
	})
	if stop := errors.Join(ctx.Err(), unlessNotehub(failure)); stop != nil {
		return stop
	}
	if failure != nil {
		return b.unlisted(ctx, lease, account, failure, now)
	}
	changed, err := b.store.SaveProjectList(ctx, lease, list, now, now.Add(listProjectsEvery), now.Add(confirmAfter))
	if err != nil {
		return err
	}
	if len(b.schedule.ProjectsOf(account.Name)) == 0 {
		if err := b.accountRestored(ctx, account, nil, now); err != nil {
			return err
		}
	}
	if changed {
		b.log.Info("the projects of an account have changed", "account", account.Name, "projects", len(list))
		b.listed()
	}
	return nil
}

// unlisted records that the projects of an account could not be listed. While no project of it is known, no poll can raise the alert that
// the account fails, so this method raises it, and the list is due again when a poll would be.
func (b *Bot) unlisted(ctx context.Context, lease work.Lease, account Account, failure error, now time.Time) error {
	failures, pause := lease.Failures+1, confirmAfter
	known := len(b.schedule.ProjectsOf(account.Name)) > 0
	if !known {
		pause = min(pause, firstRetry<<min(lease.Failures, 10))
	}
	b.log.Error("listing the projects of an account: those of the last list are watched", "account", account.Name, "err", failure, "next_try", pause)
	if err := b.store.Work.Complete(ctx, lease, now, now.Add(pause), failures); err != nil {
		return err
	}
	cause := store.Cause(request.ClassOf(failure, false))
	if known || !cause.AccountWide() || failures < failuresUntil(cause) {
		return nil
	}
	open, err := b.open(ctx, rules.Key{Rule: accountFailing, Subject: account.Name})
	if err != nil || open.Open() && cause == store.Unreachable {
		return err // the text of a failure may differ each time
	}
	return b.RaiseSelfAlert(ctx, b.accountAlert(account, cause, failure.Error()))
}
