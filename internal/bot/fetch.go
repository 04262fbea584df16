package bot

import (
	"cmp"
	"context"

	"notewatch/internal/env"
	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/rules"
)

const (
	rereadHour = 6              // UTC: from then on complete days are read again, once a day
	keepDays   = rules.KeptDays // of usage and ended alerts
)

// read brings the store up to date with Notehub: the device list, the fleets, the routes and the usage that rules read. What was read before
// an error is kept; state is the state of the project afterwards.
func (b *Bot) read(ctx context.Context, f fetcher, state *store.Project) error {
	list, err := b.deviceList(ctx, f.project)
	if err != nil {
		return err
	}
	today := rules.DayOf(f.now)
	reread := f.now.Hour() >= rereadHour && state.RereadOn < today
	routes, err := b.routesDue(ctx, f, reread)
	if err != nil {
		return err
	}
	done := b.spend(f.times, metrics.Save)
	result, err := b.reader.Read(ctx, fetch.Poll{
		Project: f.project, Lease: f.lease, Client: f.account.Client, Request: f.do, Now: f.now,
		First: b.historyStart(f.project, today), List: list, Relist: b.listDue(f.account.Name, f.project, list.Read, f.now), Reread: reread,
		Routes: routes, Polled: !state.PolledAt.IsZero(),
	})
	done()
	f.times[metrics.Save] -= f.times[metrics.Wait] + f.times[metrics.Fetch]
	b.lists.Store(f.project, result.List)
	b.devices.Store(f.project, result.List.Len())
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
func (b *Bot) routesDue(ctx context.Context, f fetcher, reread bool) (bool, error) {
	if !b.evaluates(rules.EachRoute) {
		return false, nil
	}
	list, err := b.store.Usage.Routes(ctx, f.project)
	return reread || b.listDue(f.account.Name, f.project, list.Read, f.now), err
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

// PeriodOf returns what an alert of a rule in a project is counted over.
func (b *Bot) PeriodOf(rule, project string) rules.PeriodSpec {
	period := b.periodOf(project)
	if r, ok := b.rule(rule); ok {
		return r.PeriodIn(period)
	}
	return period
}
