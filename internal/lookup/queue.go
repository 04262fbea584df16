package lookup

import (
	"context"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

// queue fills in which projects are being polled, and for which others the due polls are waiting: the polls of an account follow
// each other within its request budget.
func (d *Desk) queue(ctx context.Context, s *Status) error {
	for _, a := range s.Accounts {
		var all []*ProjectStatus
		polled := -1
		for i := range s.Projects {
			p := &s.Projects[i]
			if p.Account != a.Name {
				continue
			}
			_, held, err := d.Store.Work.WorkState(ctx, work.Poll, p.UID, s.Now)
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
		takes := func(i int) time.Duration {
			load := budget.LoadOf(all[i].Devices, d.Kinds)
			if budget.ListDue(all[i].ListedAt, s.Now, i) {
				load.Poll += load.List
			}
			return budget.Takes(float64(load.Poll), a.Rate)
		}
		wait := takes(polled)
		for i := 1; i < len(all); i++ {
			next := (polled + i) % len(all)
			p := all[next]
			if p.Next.IsZero() || p.Next.After(s.Now) {
				continue
			}
			p.Behind, p.Wait = all[polled].Name, wait
			wait += takes(next)
		}
	}
	return nil
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
	var err error
	if s.Accounts, err = d.accountStatus(ctx, s); err != nil {
		return nil, err
	}
	if err := d.queue(ctx, &s); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, p := range d.ProjectsOf(subject) {
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
