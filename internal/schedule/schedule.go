package schedule

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

// A Config configures a Schedule. All fields are required; Store only by methods that read or change when polls are due.
type Config struct {
	Store    *store.Store
	Accounts []Account
	Projects []Project
	Kinds    budget.Kinds     // of answers that polls request
	Interval time.Duration    // wanted between two polls of a project
	Now      func() time.Time // domain clock
	Machine  func() time.Time // machine clock: leases
	Wake     func(work.Kind)  // wakes the loops that serve a kind of work
	Log      *slog.Logger
}

// An Account has one request budget for all its projects.
type Account struct {
	Name      string
	PerMinute float64 // request budget
}

// A Project is polled with the budget of its account.
type Project struct {
	UID     string
	Account string // name
}

// A Schedule knows how often projects are polled, and makes their polls due. It is safe for concurrent use.
type Schedule struct {
	store    *store.Store
	accounts []Account
	projects []Project
	kinds    budget.Kinds
	interval time.Duration
	now      func() time.Time
	machine  func() time.Time
	wake     func(work.Kind)
	log      *slog.Logger

	devices sync.Map     // int: number of listed devices, by UID of the project
	counted atomic.Int64 // when they were last counted, as Unix milliseconds
	refresh refreshing
}

// New returns a schedule. It changes nothing in the store.
func New(c Config) *Schedule {
	return &Schedule{
		store: c.Store, accounts: c.Accounts, projects: c.Projects, kinds: c.Kinds, interval: c.Interval,
		now: c.Now, machine: c.Machine, wake: c.Wake, log: c.Log,
	}
}

// ProjectsOf returns the UIDs of the projects of an account.
func (s *Schedule) ProjectsOf(account string) (uids []string) {
	for _, p := range s.projects {
		if p.Account == account {
			uids = append(uids, p.UID)
		}
	}
	return uids
}

// Interval returns the time between two polls of a project of an account, which is longer than wanted if the requests of all its projects do not
// fit into the budget; 0 if there is no such account. A project without a stored device list counts as one with few devices.
func (s *Schedule) Interval(account string) time.Duration {
	at := slices.IndexFunc(s.accounts, func(a Account) bool { return a.Name == account })
	if at < 0 {
		return 0
	}
	loads := []budget.Load{budget.LoadOfAccount(s.kinds)}
	for _, uid := range s.ProjectsOf(account) {
		loads = append(loads, s.load(uid))
	}
	return budget.Interval(s.interval, s.accounts[at].PerMinute, loads)
}
