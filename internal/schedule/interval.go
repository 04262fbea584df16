package schedule

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/store/work"
)

// load returns the number of requests that the polls of a project take.
func (s *Schedule) load(uid string) budget.Load {
	devices, _ := s.devices.Load(uid)
	n, _ := devices.(int)
	return budget.LoadOf(n, s.kinds)
}

// Listed notes how many devices a project has, from a device list that has just been read.
func (s *Schedule) Listed(uid string, devices int) { s.devices.Store(uid, devices) }

// Count reads the numbers of listed devices of the projects from the store.
func (s *Schedule) Count(ctx context.Context) error {
	for _, p := range s.projects {
		devices, _, err := s.store.Usage.DeviceCount(ctx, p.UID)
		if err != nil {
			return err
		}
		s.Listed(p.UID, devices)
	}
	return nil
}

// recountTime is the age from which the count of devices is read again. Device lists are read as often.
const recountTime = time.Hour

// Recount reads the numbers of listed devices again if they are old: other processes read device lists too, and the interval between polls
// depends on all of them.
func (s *Schedule) Recount(ctx context.Context, now time.Time) error {
	counted := s.counted.Swap(now.UnixMilli())
	if age := now.Sub(time.UnixMilli(counted)); age >= 0 && age < recountTime {
		s.counted.Store(counted)
		return nil
	}
	return s.Count(ctx)
}

// Log logs how often the projects of each account are polled.
func (s *Schedule) Log() {
	for _, a := range s.accounts {
		interval := s.Interval(a.Name)
		facts := []any{"account", a.Name, "projects", len(s.ProjectsOf(a.Name)), "requests_per_minute", a.PerMinute, "interval", interval}
		if interval > s.interval {
			s.log.Warn("polling less often: the projects of an account do not fit into its request budget", append(facts, "wanted", s.interval)...)
		} else {
			s.log.Info("polling the projects of an account", facts...)
		}
	}
}

// ListDue reports whether the device list of a project of an account, last read at listed, is due.
func (s *Schedule) ListDue(account, uid string, listed, now time.Time) bool {
	return budget.ListDue(listed, now, slices.Index(s.ProjectsOf(account), uid))
}

// Behind reports whether a project that can be polled was last polled more than two intervals ago, for example after a time without a running
// process: its poll is due soon.
func (s *Schedule) Behind(ctx context.Context, now time.Time) (bool, error) {
	for _, a := range s.accounts {
		for _, uid := range s.ProjectsOf(a.Name) {
			state, err := s.store.Project(ctx, uid)
			if err != nil || state.Failures == 0 && now.Sub(state.PolledAt) > 2*s.Interval(a.Name) {
				return err == nil, err
			}
		}
	}
	return false, nil
}

// Shorten makes sure that no project waits for longer than its interval, which may have become shorter.
func (s *Schedule) Shorten(ctx context.Context, now time.Time) error {
	for _, a := range s.accounts {
		interval := s.Interval(a.Name)
		for _, uid := range s.ProjectsOf(a.Name) {
			state, err := s.store.Project(ctx, uid)
			if err != nil {
				return err
			}
			next := now.Add(interval)
			if last := state.PolledAt.Add(interval); state.Failures == 0 && last.Before(next) {
				next = last
			}
			if next.Before(now) {
				next = now
			}
			if err := s.store.Work.MakeDue(ctx, work.Poll, uid, next); err != nil {
				return err
			}
		}
	}
	return nil
}
