package schedule

import (
	"context"
	"sync"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/store/work"
)

// freshFor is the age up to which the data is new enough, so that no poll is needed.
const freshFor = time.Minute

// A refreshing records when Refresh last made a poll due. One call at a time reads it and makes polls due, so if several people ask at
// once, one of them gets the cost, and the others the answer that there is nothing to do.
type refreshing struct {
	mu   sync.Mutex
	last time.Time
}

// Refresh makes the polls of all projects due now and wakes their loops. It returns the least number of requests that this takes. already
// says that there was nothing to do: all projects are waiting to be polled, are being polled, or were polled within the last minute,
// successfully or not. The requests stay within the budget of their account, so people cannot exceed it.
func (s *Schedule) Refresh(ctx context.Context) (requests int, already bool, err error) {
	s.refresh.mu.Lock()
	defer s.refresh.mu.Unlock()
	now := s.now()
	if now.Sub(s.refresh.last) < freshFor {
		return 0, true, nil
	}
	already = true
	for _, p := range s.projects {
		idle, err := s.idle(ctx, p, now)
		if err != nil {
			return requests, false, err
		}
		if !idle {
			continue
		}
		cost, err := s.cost(ctx, p, now)
		if err != nil {
			return requests, false, err
		}
		if err := s.store.Work.MakeDue(ctx, work.Poll, p.UID, now); err != nil {
			return requests, false, err
		}
		requests, already = requests+cost, false
	}
	if !already {
		s.refresh.last = now
		s.wake(work.Poll)
	}
	return requests, already, nil
}

// Backlog returns how many projects are due for a poll, and about how long their polls take within the request budgets.
func (s *Schedule) Backlog(ctx context.Context) (projects int, takes time.Duration, err error) {
	now := s.now()
	for _, a := range s.accounts {
		requests := 0
		for _, p := range s.projects {
			due, ok, err := s.store.Work.NextDue(ctx, work.Poll, p.UID)
			if err != nil {
				return 0, 0, err
			}
			if p.Account != a.Name || !ok || due.After(now) {
				continue
			}
			cost, err := s.cost(ctx, p, now)
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
func (s *Schedule) idle(ctx context.Context, p Project, now time.Time) (bool, error) {
	due, held, err := s.store.Work.WorkState(ctx, work.Poll, p.UID, s.machine())
	if err != nil || held || !due.After(now) && !due.IsZero() {
		return false, err
	}
	state, err := s.store.Project(ctx, p.UID)
	return now.Sub(state.PolledAt) >= freshFor, err
}

// cost returns how many requests a poll of a project takes: those for usage, and those of the device list if that is due.
func (s *Schedule) cost(ctx context.Context, p Project, now time.Time) (int, error) {
	load := s.load(p.UID)
	listed, err := s.store.Usage.Listed(ctx, p.UID)
	if err == nil && s.ListDue(p.Account, p.UID, listed, now) {
		return load.Poll + load.List, nil
	}
	return load.Poll, err
}

// PollNow makes every project due for a poll.
func (s *Schedule) PollNow(ctx context.Context) error {
	for _, p := range s.projects {
		if err := s.store.Work.MakeDue(ctx, work.Poll, p.UID, s.now()); err != nil {
			return err
		}
	}
	return nil
}

// PollOverdue makes every project due for a poll whose last poll is longer ago than its interval, also one that failed and is waiting for
// its retry, because a person who starts notewatch may have fixed the cause. It returns when the first poll is due.
func (s *Schedule) PollOverdue(ctx context.Context) (next time.Time, err error) {
	now := s.now()
	for _, a := range s.accounts {
		for _, uid := range s.ProjectsOf(a.Name) {
			state, err := s.store.Project(ctx, uid)
			if err != nil {
				return next, err
			}
			if now.Sub(state.PolledAt) >= s.Interval(a.Name) {
				if err := s.store.Work.MakeDue(ctx, work.Poll, uid, now); err != nil {
					return next, err
				}
			}
			due, _, err := s.store.Work.NextDue(ctx, work.Poll, uid)
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
