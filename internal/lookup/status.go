package lookup

import (
	"context"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A Status is how notewatch itself does.
type Status struct {
	Now       time.Time
	Projects  []ProjectStatus
	Accounts  []AccountStatus
	Receivers []ReceiverStatus
	Firing    map[rules.Level]int
	Pending   int
	Muted     int // of those that fire
	Acked     int // of those that fire
	Silences  int // that are not over
	Processes []ProcessStatus
}

// A ProcessStatus is a process that works on the database, or that has died and has not been started again.
type ProcessStatus struct {
	store.Process
	Lives    bool
	StandsBy bool         // its rules are not the active ones
	Holds    []store.Held // that it is doing
}

// A ProjectStatus is how the reading of a project goes.
type ProjectStatus struct {
	Project
	Devices   int
	ListedAt  time.Time // when the device list was read; zero: never
	PolledAt  time.Time // last poll that succeeded; zero: never
	Failures  int       // polls that failed since
	Failure   string    // why the last one failed
	Truncated bool      // Notehub cut its last answer short
	Damaged   int       // columns of history that the last poll could not read
	Next      time.Time // when it is polled next; zero: never, or nobody knows

	Polling bool          // it is being polled
	Behind  string        // name of the project that is being polled while this one, which is due, waits for the request budget
	Wait    time.Duration // about how long this one waits, if Behind is set
}

// Ahead reports whether the project was polled later than now: the clock was ahead then and has been set back.
func (p ProjectStatus) Ahead(now time.Time) bool { return isAhead(p.PolledAt, now) }

// isAhead reports whether something that has happened lies ahead of the clock.
func isAhead(at, now time.Time) bool { return at.Sub(now) > store.ClockTolerance }

// An AccountStatus is what requests an account makes.
type AccountStatus struct {
	Account
	Today      int           // requests since 00:00 UTC
	Interval   time.Duration // between two polls of each of its projects; 0 is not known
	Rate       float64       // requests a minute now: fewer than PerMinute after Notehub has refused one
	RestoredAt time.Time     // when Rate is PerMinute again; zero: it is
	HeldUntil  time.Time     // rate-limited by Notehub until then; zero: it is not
	Cause      store.Cause   // why none of its projects can be polled
}

// A ReceiverStatus is what a receiver does not show yet of what it should.
type ReceiverStatus struct {
	Name    string
	Waiting int           // alerts
	GivenUp int           // alerts
	Oldest  time.Duration // for how long the oldest has waited
	Next    time.Time     // when it is served next; zero: when there is something new
}

// processStatus returns the processes that run, the newest first, and those that have died.
func (d *Desk) processStatus(ctx context.Context, now time.Time) (all []ProcessStatus, err error) {
	processes, err := d.Store.Processes(ctx)
	if err != nil {
		return nil, err
	}
	active, err := d.Store.ActiveRules(ctx)
	if err != nil {
		return nil, err
	}
	held, err := d.Store.Held(ctx, now)
	type place struct{ host, file string }
	startedAgain := map[place]bool{}
	for _, p := range processes {
		status := ProcessStatus{Process: p, Lives: p.Lives(now), StandsBy: p.Rules != active}
		for _, h := range held {
			if h.Process == p.ID {
				status.Holds = append(status.Holds, h)
			}
		}
		at := place{p.Host, p.File}
		if status.Lives || p.Ended.IsZero() && !startedAgain[at] {
			all = append(all, status)
		}
		startedAgain[at] = true
	}
	return all, err
}

// Status returns how notewatch does.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	s := Status{Now: d.Now()}
	standing, err := d.Store.Standing(ctx, s.Now)
	if err != nil {
		return s, err
	}
	s.Firing, s.Pending = standing.Firing, standing.Pending
	if s.Muted, s.Acked, err = d.Store.CountHushed(ctx); err != nil {
		return s, err
	}
	silences, _, err := d.Store.Silences(ctx, s.Now)
	if err != nil {
		return s, err
	}
	s.Silences = len(silences)
	if s.Processes, err = d.processStatus(ctx, s.Now); err != nil {
		return s, err
	}
	for _, p := range d.Projects {
		status, err := d.projectStatus(ctx, p)
		if err != nil {
			return s, err
		}
		s.Projects = append(s.Projects, status)
	}
	if s.Accounts, err = d.accountStatus(ctx, s); err != nil {
		return s, err
	}
	if err := d.queue(ctx, &s); err != nil {
		return s, err
	}
	for _, name := range d.Receivers {
		queue := standing.Queues[name]
		next, _, err := d.Store.NextDue(ctx, store.Receiver, name)
		if err != nil {
			return s, err
		}
		s.Receivers = append(s.Receivers, ReceiverStatus{
			Name: name, Waiting: queue.Count[delivery.Waiting], GivenUp: queue.Count[delivery.GivenUp], Oldest: queue.Oldest, Next: next,
		})
	}
	return s, nil
}

func (d *Desk) projectStatus(ctx context.Context, p Project) (ProjectStatus, error) {
	state, err := d.Store.Project(ctx, p.UID)
	if err != nil {
		return ProjectStatus{}, err
	}
	devices, listed, err := d.Store.DeviceCount(ctx, p.UID)
	if err != nil {
		return ProjectStatus{}, err
	}
	next, ok, err := d.Store.NextDue(ctx, store.Poll, p.UID)
	if !ok && !state.PolledAt.IsZero() && d.Interval > 0 {
		next = state.PolledAt.Add(d.Interval)
	}
	return ProjectStatus{
		Project: p, Devices: devices, ListedAt: listed, PolledAt: state.PolledAt,
		Failures: state.Failures, Failure: state.Failure, Truncated: state.Truncated, Damaged: state.Damaged, Next: next,
	}, err
}

func (d *Desk) accountStatus(ctx context.Context, s Status) ([]AccountStatus, error) {
	requests, err := d.Store.Requests(ctx, s.Now)
	if err != nil {
		return nil, err
	}
	budgets, err := d.Store.Budgets(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]AccountStatus, len(d.Accounts))
	for i, a := range d.Accounts {
		cause, err := d.accountCause(ctx, a.Name)
		if err != nil {
			return nil, err
		}
		state := budgets[a.Name].AsOf(s.Now)
		all[i] = AccountStatus{
			Account: a, Today: requests[a.Name], Interval: d.interval(a, s.Projects),
			Rate: state.Rate(a.PerMinute), RestoredAt: state.RestoredAt(), Cause: cause,
		}
		if state.HeldUntil.After(s.Now) {
			all[i].HeldUntil = state.HeldUntil
		}
	}
	return all, nil
}

// interval returns the time between two polls of each project of an account; 0 is not known.
func (d *Desk) interval(a Account, projects []ProjectStatus) time.Duration {
	if d.Interval == 0 {
		return 0
	}
	var loads []budget.Load
	for _, p := range projects {
		if p.Account == a.Name {
			loads = append(loads, budget.LoadOf(p.Devices, d.Kinds))
		}
	}
	return budget.Interval(d.Interval, a.PerMinute, loads)
}
