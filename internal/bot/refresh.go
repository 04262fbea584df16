package bot

import (
	"context"
	"sync"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/store/work"
)

// freshFor is the age up to which the data is new enough, so that no poll is needed.
const freshFor = time.Minute

// A freshening records when Refresh last made a poll due. One call at a time reads it and makes polls due, so if several people ask at
// once, one of them gets the cost, and the others the answer that there is nothing to do.
type freshening struct {
	sync.Mutex
	last time.Time
}

// Refresh makes the polls of all projects due now and wakes their loops. It returns the least number of requests that this takes. already
// says that there was nothing to do: all projects are waiting to be polled, are being polled, or were polled within the last minute,
// successfully or not. The requests stay within the budget of their account, so people cannot exceed it.
func (b *Bot) Refresh(ctx context.Context) (requests int, already bool, err error) {
	b.fresh.Lock()
	defer b.fresh.Unlock()
	now := b.clock.Now()
	if now.Sub(b.fresh.last) < freshFor {
		return 0, true, nil
	}
	already = true
	for _, p := range b.projects {
		idle, err := b.idle(ctx, p, now)
		if err != nil {
			return requests, false, err
		}
		if !idle {
			continue
		}
		cost, err := b.cost(ctx, p, now)
		if err != nil {
			return requests, false, err
		}
		if err := b.store.Work.MakeDue(ctx, work.Poll, p.UID, now); err != nil {
			return requests, false, err
		}
		requests, already = requests+cost, false
	}
	if !already {
		b.fresh.last = now
		b.wake(work.Poll)
	}
	return requests, already, nil
}

// Backlog returns how many projects are due for a poll, and about how long their polls take within the request budgets.
func (b *Bot) Backlog(ctx context.Context) (projects int, takes time.Duration, err error) {
	now := b.clock.Now()
	for _, a := range b.accounts {
		requests := 0
		for _, p := range b.projects {
			due, ok, err := b.store.Work.NextDue(ctx, work.Poll, p.UID)
			if err != nil {
				return 0, 0, err
			}
			if p.Account != a.Name || !ok || due.After(now) {
				continue
			}
			cost, err := b.cost(ctx, p, now)
			if err != nil {
				return 0, 0, err
			}
			projects, requests = projects+1, requests+cost
		}
		takes = max(takes, budget.Takes(float64(requests), a.PerMinute))
	}
	return projects, takes, nil
}

// idle reports whether a project is neither due, nor being polled, nor just polled.
func (b *Bot) idle(ctx context.Context, p Project, now time.Time) (bool, error) {
	due, held, err := b.store.Work.WorkState(ctx, work.Poll, p.UID, b.machine())
	if err != nil || held || !due.After(now) && !due.IsZero() {
		return false, err
	}
	state, err := b.store.Project(ctx, p.UID)
	return now.Sub(state.PolledAt) >= freshFor, err
}

// cost returns how many requests a poll of a project takes: those for usage, and those of the device list if that is due.
func (b *Bot) cost(ctx context.Context, p Project, now time.Time) (int, error) {
	load := b.load(p.UID)
	listed, err := b.store.Usage.Listed(ctx, p.UID)
	if err == nil && b.listDue(p.Account, p.UID, listed, now) {
		return load.Poll + load.List, nil
	}
	return load.Poll, err
}

// PollNow makes every project due for a poll.
func (b *Bot) PollNow(ctx context.Context) error {
	for _, p := range b.projects {
		if err := b.store.Work.MakeDue(ctx, work.Poll, p.UID, b.clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

// PollOverdue makes every project due for a poll whose last poll is longer ago than its interval, also one that failed and is waiting for
// its retry, because a person who starts notewatch may have fixed the cause. It returns when the first poll is due.
func (b *Bot) PollOverdue(ctx context.Context) (next time.Time, err error) {
	now := b.clock.Now()
	for _, a := range b.accounts {
		for _, uid := range b.ProjectsOf(a.Name) {
			state, err := b.store.Project(ctx, uid)
			if err != nil {
				return next, err
			}
			if now.Sub(state.PolledAt) >= b.PollInterval(a) {
				if err := b.store.Work.MakeDue(ctx, work.Poll, uid, now); err != nil {
					return next, err
				}
			}
			due, _, err := b.store.Work.NextDue(ctx, work.Poll, uid)
			if err != nil {
				return next, err
			}
			if due.Before(now) {
				due = now
			}
			next = work.Earlier(next, due)
		}
	}
	return next, nil
}
