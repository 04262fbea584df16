package lookup

import (
	"context"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/store"
)

// listEvery and listRequests are how often the device list is read, and how many requests that takes at least.
const (
	listEvery    = time.Hour
	listRequests = 2
)

// queue fills in which projects are being polled, and for which others the due polls are waiting: the polls of an account follow
// each other within its request budget.
func (d *Desk) queue(ctx context.Context, s *Status) error {
	for _, a := range d.Accounts {
		var all []*ProjectStatus
		polled := -1
		for i := range s.Projects {
			p := &s.Projects[i]
			if p.Account != a.Name {
				continue
			}
			_, held, err := d.Store.WorkState(ctx, store.Poll, p.UID, s.Now)
			if err != nil {
				return err
			}
			if p.Polling = held; held {
				polled = len(all)
			}
			all = append(all, p)
		}
		if polled < 0 {
			continue
		}
		wait := d.takes(*all[polled], a, s.Now)
		for i := 1; i < len(all); i++ {
			p := all[(polled+i)%len(all)]
			if p.Next.IsZero() || p.Next.After(s.Now) {
				continue
			}
			p.Behind, p.Wait = all[polled].Name, wait
			wait += d.takes(*p, a, s.Now)
		}
	}
	return nil
}

// takes returns about how long a poll of a project takes of the request budget of its account.
func (d *Desk) takes(p ProjectStatus, a Account, now time.Time) time.Duration {
	requests := len(d.figures)
	if now.Sub(p.ListedAt) >= listEvery {
		requests += listRequests
	}
	return time.Duration(float64(requests) / a.PerMinute * float64(time.Minute))
}

// accountCause returns why no project of an account can be polled.
func (d *Desk) accountCause(ctx context.Context, account string) (store.Cause, error) {
	var states []store.Project
	for _, p := range d.Projects {
		if p.Account != account {
			continue
		}
		state, err := d.Store.Project(ctx, p.UID)
		if err != nil {
			return store.None, err
		}
		states = append(states, state)
	}
	cause, _ := env.AccountCause(states)
	return cause, nil
}

// Polls returns how the polls of the projects go that a subject is part of or made of.
func (d *Desk) Polls(ctx context.Context, subject Subject) ([]ProjectStatus, error) {
	s := Status{Now: d.Now()}
	for _, p := range d.Projects {
		status, err := d.projectStatus(ctx, p)
		if err != nil {
			return nil, err
		}
		s.Projects = append(s.Projects, status)
	}
	if err := d.queue(ctx, &s); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, p := range d.projectsOf(subject) {
		wanted[p.UID] = true
	}
	var polls []ProjectStatus
	for _, p := range s.Projects {
		if wanted[p.UID] {
			polls = append(polls, p)
		}
	}
	return polls, nil
}
