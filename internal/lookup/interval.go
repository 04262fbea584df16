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
func (r *Reader) every(ctx context.Context, project string, some iter.Seq[*rules.Rule]) (time.Duration, error) {
	p, ok := r.project(project)
	if !ok || !slices.ContainsFunc(slices.Collect(some), func(rule *rules.Rule) bool { return rule.Reads.Poll }) {
		return 0, nil
	}
	account := slices.IndexFunc(r.config.Accounts, func(a Account) bool { return a.Name == p.Account })
	if account < 0 {
		return 0, nil
	}
	devices := map[string]int{}
	for _, other := range r.config.Projects {
		if other.Account != p.Account {
			continue
		}
		count, _, err := r.config.Store.Usage.DeviceCount(ctx, other.UID)
		if err != nil {
			return 0, err
		}
		devices[other.UID] = count
	}
	return r.PollInterval(r.config.Accounts[account], devices), nil
}

// PollInterval returns the time between two polls of each project of an account; 0 if not known. devices counts those of each of its
// projects, by UID.
func (r *Reader) PollInterval(a Account, devices map[string]int) time.Duration {
	if r.config.Interval == 0 {
		return 0
	}
	var loads []budget.Load
	for _, p := range r.config.Projects {
		if p.Account == a.Name {
			loads = append(loads, budget.LoadOf(devices[p.UID], r.config.Kinds))
		}
	}
	return budget.Interval(r.config.Interval, a.PerMinute, append(loads, budget.LoadOfAccount(r.config.Kinds)))
}
