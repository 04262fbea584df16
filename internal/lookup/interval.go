package lookup

import (
	"context"
	"iter"
	"slices"
	"time"

	"notewatch/internal/budget"
	"notewatch/rules"
)

// every returns the time between two polls of a project, given by UID, if one of some rules reads the state of polls. Otherwise, or if it
// is not known, it returns 0.
func (d *Desk) every(ctx context.Context, project string, some iter.Seq[*rules.Rule]) (time.Duration, error) {
	p, ok := d.project(project)
	if !ok || !slices.ContainsFunc(slices.Collect(some), func(r *rules.Rule) bool { return r.Reads.Poll }) {
		return 0, nil
	}
	account := slices.IndexFunc(d.Accounts, func(a Account) bool { return a.Name == p.Account })
	if account < 0 {
		return 0, nil
	}
	devices := map[string]int{}
	for _, other := range d.Projects {
		if other.Account != p.Account {
			continue
		}
		count, _, err := d.Store.Usage.DeviceCount(ctx, other.UID)
		if err != nil {
			return 0, err
		}
		devices[other.UID] = count
	}
	return d.PollInterval(d.Accounts[account], devices), nil
}

// PollInterval returns the time between two polls of each project of an account; 0 if not known. devices counts those of each of its
// projects, by UID.
func (d *Desk) PollInterval(a Account, devices map[string]int) time.Duration {
	if d.Interval == 0 {
		return 0
	}
	var loads []budget.Load
	for _, p := range d.Projects {
		if p.Account == a.Name {
			loads = append(loads, budget.LoadOf(devices[p.UID], d.Kinds))
		}
	}
	return budget.Interval(d.Interval, a.PerMinute, append(loads, budget.LoadOfAccount(d.Kinds)))
}
