package bot

import (
	"cmp"
	"context"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/env"
	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/request"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/notehub"
	"notewatch/rules"
)

const (
	rereadHour = 6              // UTC: from then on complete days are read again, once a day
	keepDays   = rules.KeptDays // of usage and ended alerts
)

// The size of a page of the device list and of an answer about usage are those that the request plan assumes.
var (
	_ [notehub.MaxPageSize]struct{} = [budget.PageSize]struct{}{}
	_ [notehub.MaxLimit]struct{}    = [budget.MaxRows]struct{}{}
)

// A reading brings the store up to date for one poll of a project.
type reading struct {
	account Account
	project string // UID
	lease   work.Lease
	now     time.Time // of the poll, domain clock
	times   request.Times
}

// requestsOf returns a request.Poll, which makes requests under a lease, within the budget of an account.
func (b *Bot) requestsOf(account Account, project string, lease work.Lease, times request.Times) request.Poll {
	return b.requests.Poll(request.Account{Name: account.Name, PerMinute: account.PerMinute}, project, lease, times)
}

// read brings the store up to date with Notehub: the device list, the fleets, the routes and the usage that rules read. What was read before
// an error is kept; state is the state of the project afterwards.
func (b *Bot) read(ctx context.Context, r reading, state *store.Project) error {
	list, err := b.deviceList(ctx, r.project)
	if err != nil {
		return err
	}
	today := rules.DayOf(r.now)
	reread := r.now.Hour() >= rereadHour && state.RereadOn < today
	routes, err := b.routesDue(ctx, r, reread)
	if err != nil {
		return err
	}
	done := r.times.Spend(metrics.Save, b.machine)
	result, err := b.reader.Read(ctx, fetch.Poll{
		Project: r.project, Lease: r.lease, Client: r.account.Client, Request: b.requestsOf(r.account, r.project, r.lease, r.times).Do, Now: r.now,
		First: b.historyStart(r.project, today), List: list, Relist: b.schedule.ListDue(r.account.Name, r.project, list.Read, r.now), Reread: reread,
		Routes: routes, Polled: !state.PolledAt.IsZero(),
	})
	done()
	r.times[metrics.Save] -= r.times[metrics.Wait] + r.times[metrics.Fetch]
	b.lists.Store(r.project, result.List)
	b.schedule.Listed(r.project, result.List.Len())
	b.metrics.GotInvalid(result.Invalid)
	if err != nil {
		return err
	}
	state.Truncated = result.Truncated
	if reread {
		state.RereadOn = today
		return b.store.Prune(ctx, today-keepDays)
	}
	return nil
}

// routesDue reports whether the routes of a project are to be read: as often as its device list, and when closed days are read again. No
// request is made for routes if no rule is about them.
func (b *Bot) routesDue(ctx context.Context, r reading, reread bool) (bool, error) {
	if !b.evaluates(rules.EachRoute) {
		return false, nil
	}
	list, err := b.store.Usage.Routes(ctx, r.project)
	return reread || b.schedule.ListDue(r.account.Name, r.project, list.Read, r.now), err
}

// historyStart returns the first day that an Env of a project as of today looks back on, but not before the days that are kept, because
// dropped days must not be read again.
func (b *Bot) historyStart(project string, today rules.Day) rules.Day {
	return max(b.firstDay(project, today), today-keepDays)
}

// firstDay returns the first day that an Env of a project as of a day looks back on, for any of its rules.
func (b *Bot) firstDay(project string, asOf rules.Day) rules.Day {
	period, satellite := b.periodOf(project), b.satelliteOf(project)
	first := env.FirstDay(period, satellite, asOf, b.reads.Members)
	for _, r := range b.rules {
		own := r.PeriodIn(period)
		if r.Spec.Each == rules.EachOrganization {
			own = r.PeriodIn(b.period)
		}
		if own != period {
			first = min(first, env.FirstDay(own, satellite, asOf, r.Reads.Members))
		}
	}
	return first
}

// periodOf returns how time is cut into periods in a project.
func (b *Bot) periodOf(project string) rules.PeriodSpec {
	for _, p := range b.projects {
		if p.UID == project {
			return cmp.Or(p.Period, b.period)
		}
	}
	return b.period
}

// satelliteOf returns the satellite allowance of the devices of a project.
func (b *Bot) satelliteOf(project string) env.Satellite {
	for _, p := range b.projects {
		if p.UID == project {
			return p.Satellite
		}
	}
	return env.Satellite{}
}

// PeriodOf returns the period over which an alert of a rule in a project is counted.
func (b *Bot) PeriodOf(rule, project string) rules.PeriodSpec {
	period := b.periodOf(project)
	if r, ok := b.rule(rule); ok {
		return r.PeriodIn(period)
	}
	return period
}
