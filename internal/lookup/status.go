package lookup

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A Status is the state of projects, accounts, receivers and alerts.
type Status struct {
	Now       time.Time        `json:"now"`                      // UTC; the end of the demo for a demo database
	Demo      bool             `json:"demo"`                     // a demo database, on which nothing is running
	DiskError string           `json:"database_error,omitempty"` // why the database cannot be written; "" if its disk has room
	Projects  []ProjectStatus  `json:"projects"`
	Accounts  []AccountStatus  `json:"accounts"`
	Receivers []ReceiverStatus `json:"receivers"` // empty for a demo database
	Alerts    AlertCounts      `json:"alerts"`
	Processes []ProcessStatus  `json:"processes"`
}

// A ProcessStatus describes a process on the database that is running, or that has died and was not restarted.
type ProcessStatus struct {
	Host      string       `json:"host"`
	PID       int          `json:"pid"`
	Version   string       `json:"version"`
	Schema    int64        `json:"schema"`     // the newest that it knows
	RulesFile string       `json:"rules_file"` // path
	Rules     string       `json:"rules"`      // their hash
	Started   time.Time    `json:"started_at"`
	Seen      time.Time    `json:"seen_at"`
	Lives     bool         `json:"alive"`
	StandsBy  bool         `json:"standing_by"` // its rules are not the active ones
	Holds     []WorkStatus `json:"doing"`
	Name      string       `json:"-"` // for people
}

// A WorkStatus counts the work items of a kind that a process has leased.
type WorkStatus struct {
	Kind work.Kind `json:"kind"`
	Key  string    `json:"key,omitempty"`
}

// AlertCounts counts the open alerts.
type AlertCounts struct {
	Info         int `json:"info"` // firing
	Warning      int `json:"warning"`
	Critical     int `json:"critical"`
	Pending      int `json:"pending"`
	Muted        int `json:"muted"`        // of the firing ones
	Acknowledged int `json:"acknowledged"` // of the firing ones
	Silences     int `json:"silences"`     // active ones, not alerts
}

// Firing returns the number of firing alerts at each level as text, the highest first: "1 critical", "3 warning".
func (c AlertCounts) Firing() (counts []string) {
	for _, of := range []struct {
		n     int
		level rules.Level
	}{{c.Critical, rules.Critical}, {c.Warning, rules.Warning}, {c.Info, rules.Info}} {
		if of.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", of.n, of.level))
		}
	}
	return counts
}

// A ProjectStatus is the state of the polls of a project.
type ProjectStatus struct {
	Project
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
func (p ProjectStatus) Ahead(now time.Time) bool { return isAhead(p.PolledAt, now) }

// isAhead reports whether a past event lies ahead of the clock.
func isAhead(at, now time.Time) bool { return at.Sub(now) > work.ClockTolerance }

// An AccountStatus describes the requests of an account.
type AccountStatus struct {
	Account
	Today      int           `json:"requests_today"`              // since 00:00 UTC
	Interval   time.Duration `json:"interval_seconds,omitzero"`   // between two polls of each of its projects; 0 if not known
	Rate       float64       `json:"current_requests_per_minute"` // requests per minute at present; lower than PerMinute after Notehub has refused one
	RestoredAt time.Time     `json:"reduced_until,omitzero"`      // when Rate is PerMinute again; zero if it is now
	HeldUntil  time.Time     `json:"held_until,omitzero"`         // rate-limited by Notehub until then; zero if not
	Cause      store.Cause   `json:"cause,omitempty"`             // why none of its projects can be polled
}

// A ReceiverStatus counts the alerts whose newest state a receiver does not show.
type ReceiverStatus struct {
	Name    string        `json:"name"`
	Waiting int           `json:"waiting"`           // alerts
	GivenUp int           `json:"gave_up"`           // alerts
	Oldest  time.Duration `json:"oldest_seconds"`    // age of the oldest waiting one
	Next    time.Time     `json:"next_try,omitzero"` // when it is served next; zero: when there is something new
}

// processStatus returns the running processes, the newest first, and those that have died.
func (d *Desk) processStatus(ctx context.Context, now time.Time) (all []ProcessStatus, err error) {
	processes, err := d.Store.Work.Processes(ctx)
	if err != nil {
		return nil, err
	}
	active, err := d.Store.Work.ActiveRules(ctx)
	if err != nil {
		return nil, err
	}
	held, err := d.Store.Work.Held(ctx, now)
	type place struct{ host, file string }
	startedAgain := map[place]bool{}
	for _, p := range processes {
		status := ProcessStatus{
			Host: p.Host, PID: p.PID, Version: p.Version, Schema: p.Schema, RulesFile: p.File, Rules: p.Rules, Started: p.Started, Seen: p.Seen,
			Lives: p.Lives(now), StandsBy: p.Rules != active, Name: p.Name(),
		}
		for _, h := range held {
			if h.Process == p.ID {
				status.Holds = append(status.Holds, WorkStatus{h.Kind, h.Key})
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

// Status returns the state of projects, accounts, receivers and alerts.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	s := Status{Now: d.Now().UTC()}
	end, err := d.Store.DemoEnd(ctx)
	if err != nil {
		return s, err
	}
	s.Demo = !end.IsZero()
	if err := d.Store.CheckDisk(); err != nil {
		s.DiskError = err.Error()
	}
	standing, err := d.Store.Standing(ctx, s.Now)
	if err != nil {
		return s, err
	}
	if err := d.countAlerts(ctx, &s, standing); err != nil {
		return s, err
	}
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
	if s.Demo {
		return s, nil
	}
	for _, name := range d.Receivers {
		queue := standing.Queues[name]
		next, _, err := d.Store.Work.NextDue(ctx, work.Receiver, name)
		if err != nil {
			return s, err
		}
		s.Receivers = append(s.Receivers, ReceiverStatus{
			Name: name, Waiting: queue.Count[delivery.Waiting], GivenUp: queue.Count[delivery.GivenUp], Oldest: queue.Oldest, Next: next,
		})
	}
	return s, nil
}

// countAlerts counts the open alerts.
func (d *Desk) countAlerts(ctx context.Context, s *Status, standing store.Standing) error {
	muted, acknowledged, err := d.Store.CountMutedAndAcknowledged(ctx)
	if err != nil {
		return err
	}
	silences, _, err := d.Store.Silences(ctx, s.Now)
	s.Alerts = AlertCounts{
		Info: standing.Firing[rules.Info], Warning: standing.Firing[rules.Warning], Critical: standing.Firing[rules.Critical],
		Pending: standing.Pending, Muted: muted, Acknowledged: acknowledged, Silences: len(silences),
	}
	return err
}

func (d *Desk) projectStatus(ctx context.Context, p Project) (ProjectStatus, error) {
	state, err := d.Store.Project(ctx, p.UID)
	if err != nil {
		return ProjectStatus{}, err
	}
	devices, listed, err := d.Store.Usage.DeviceCount(ctx, p.UID)
	if err != nil {
		return ProjectStatus{}, err
	}
	next, ok, err := d.Store.Work.NextDue(ctx, work.Poll, p.UID)
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

// every returns the time between two polls of a project, given by UID, if one of some rules reads the state of polls. Otherwise, or if it
// is not known, it returns 0.
func (d *Desk) every(ctx context.Context, project string, some iter.Seq[*rules.Rule]) (time.Duration, error) {
	at := slices.IndexFunc(d.Projects, func(p Project) bool { return p.UID == project })
	if at < 0 || !slices.ContainsFunc(slices.Collect(some), func(r *rules.Rule) bool { return r.Reads.Poll }) {
		return 0, nil
	}
	name := d.Projects[at].Account
	account := slices.IndexFunc(d.Accounts, func(a Account) bool { return a.Name == name })
	if account < 0 {
		return 0, nil
	}
	var projects []ProjectStatus
	for _, other := range d.Projects {
		if other.Account != name {
			continue
		}
		devices, _, err := d.Store.Usage.DeviceCount(ctx, other.UID)
		if err != nil {
			return 0, err
		}
		projects = append(projects, ProjectStatus{Project: other, Devices: devices})
	}
	return d.interval(d.Accounts[account], projects), nil
}

// interval returns the time between two polls of each project of an account; 0 if not known.
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
