package status

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/env"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

// A Project is the state of the polls of a project.
type Project struct {
	lookup.Project
	Devices   int       `json:"devices"`
	ListedAt  time.Time `json:"listed_at,omitzero"`       // time of the device list; zero if there is none
	PolledAt  time.Time `json:"polled_at,omitzero"`       // last successful poll; zero: none
	Next      time.Time `json:"next_poll,omitzero"`       // zero: never, or not known
	Failures  int       `json:"failures"`                 // failed polls since
	Failure   string    `json:"failure,omitempty"`        // why the last one failed
	Truncated bool      `json:"truncated"`                // Notehub truncated its last answer
	Damaged   int       `json:"damaged_columns,omitzero"` // of history, which the last poll could not read

	Polling bool          `json:"polling"`          // it is being polled
	Behind  string        `json:"behind,omitempty"` // name of the project that is being polled, while this one is due and waits for the request budget
	Wait    time.Duration `json:"-"`                // approximate wait of this one, if Behind is set
}

// Ahead reports whether the project was polled later than now, because the clock was ahead then and has been set back.
func (p Project) Ahead(now time.Time) bool { return work.Ahead(p.PolledAt, now) }

// An Account describes the requests of an account.
type Account struct {
	lookup.Account
	Today      int           `json:"requests_today"`              // since 00:00 UTC
	Interval   time.Duration `json:"interval_seconds,omitzero"`   // between two polls of each of its projects; 0 if not known
	Rate       float64       `json:"current_requests_per_minute"` // requests per minute at present; lower than PerMinute after Notehub has refused one
	RestoredAt time.Time     `json:"reduced_until,omitzero"`      // when Rate is PerMinute again; zero if it is now
	HeldUntil  time.Time     `json:"held_until,omitzero"`         // rate-limited by Notehub until then; zero if not
	Cause      store.Cause   `json:"cause,omitempty"`             // why none of its projects can be polled
}

// FirstPolls returns the polls of the projects of a usage without data: why it has none. It returns nothing if there is data.
func FirstPolls(ctx context.Context, r *lookup.Reader, u lookup.Usage) ([]Project, error) {
	if !u.AsOf.IsZero() {
		return nil, nil
	}
	s := Status{Now: r.Now()}
	if err := readPolls(ctx, r, &s); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(s.Projects, func(p Project) bool { return !slices.Contains(r.ProjectsOf(u.Subject), p.Project) }), nil
}

// readPolls fills in the projects and accounts of a status.
func readPolls(ctx context.Context, r *lookup.Reader, s *Status) error {
	for _, p := range r.Config().Projects {
		status, err := project(ctx, r, p)
		if err != nil {
			return err
		}
		s.Projects = append(s.Projects, status)
	}
	var err error
	if s.Accounts, err = accounts(ctx, r, s); err != nil {
		return err
	}
	return queue(ctx, r, s)
}

func project(ctx context.Context, r *lookup.Reader, p lookup.Project) (Project, error) {
	state, err := r.Store().Project(ctx, p.UID)
	if err != nil {
		return Project{}, err
	}
	devices, listed, err := r.Store().Usage.DeviceCount(ctx, p.UID)
	if err != nil {
		return Project{}, err
	}
	next, ok, err := r.Store().Work.NextDue(ctx, work.Poll, p.UID)
	if !ok && !state.PolledAt.IsZero() && r.Config().Interval > 0 {
		next = state.PolledAt.Add(r.Config().Interval)
	}
	return Project{
		Project: p, Devices: devices, ListedAt: listed, PolledAt: state.PolledAt,
		Failures: state.Failures, Failure: state.Failure, Truncated: state.Truncated, Damaged: state.Damaged, Next: next,
	}, err
}

func accounts(ctx context.Context, r *lookup.Reader, s *Status) ([]Account, error) {
	requests, err := r.Store().Requests(ctx, s.Now)
	if err != nil {
		return nil, err
	}
	budgets, err := r.Store().Budgets(ctx)
	if err != nil {
		return nil, err
	}
	devices := map[string]int{}
	for _, p := range s.Projects {
		devices[p.UID] = p.Devices
	}
	all := make([]Account, len(r.Config().Accounts))
	for i, a := range r.Config().Accounts {
		cause, err := accountCause(ctx, r, a.Name)
		if err != nil {
			return nil, err
		}
		state := budgets[a.Name].AsOf(s.Now)
		all[i] = Account{
			Account: a, Today: requests[a.Name], Interval: r.PollInterval(a, devices),
			Rate: state.Rate(a.PerMinute), RestoredAt: state.RestoredAt(), Cause: cause,
		}
		if state.HeldUntil.After(s.Now) {
			all[i].HeldUntil = state.HeldUntil
		}
	}
	return all, nil
}

// queue fills in which projects are being polled, and for which others the due polls are waiting: the polls of an account follow
// each other within its request budget.
func queue(ctx context.Context, r *lookup.Reader, s *Status) error {
	for _, a := range s.Accounts {
		var all []*Project
		polled := -1
		for i := range s.Projects {
			p := &s.Projects[i]
			if p.Account != a.Name {
				continue
			}
			_, held, err := r.Store().Work.WorkState(ctx, work.Poll, p.UID, s.Now)
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
			load := budget.LoadOf(all[i].Devices, r.Config().Kinds)
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
func accountCause(ctx context.Context, r *lookup.Reader, account string) (store.Cause, error) {
	var states []store.Project
	for _, p := range r.Config().Projects {
		if p.Account != account {
			continue
		}
		state, err := r.Store().Project(ctx, p.UID)
		if err != nil {
			return store.None, err
		}
		states = append(states, state)
	}
	cause, _ := env.AccountCause(states)
	return cause, nil
}
