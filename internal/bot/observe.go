package bot

import (
	"context"
	"errors"
	"net"

	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/proxy"
	"notewatch/notehub"
)

// observe tells the metrics what is watched and how to look up how things stand.
func (b *Bot) observe() {
	configured := metrics.Configured{
		Projects:  names(b.Projects, Project.uid),
		Receivers: names(b.Receivers, func(r Receiver) string { return r.Name }),
		Accounts:  map[string]float64{},
	}
	for _, a := range b.Accounts {
		configured.Accounts[a.Name] = a.PerMinute
	}
	b.Metrics.Configure(configured)
	b.Metrics.Observe(func(ctx context.Context) (metrics.Snapshot, error) {
		snapshot := metrics.Snapshot{Outage: b.Outage() != nil, Waiting: map[string]metrics.Waiting{}, Dead: map[string]int{}}
		standing, err := b.Store.Standing(ctx, b.Clock.Now())
		if err != nil {
			return snapshot, err
		}
		snapshot.Firing, snapshot.Pending, snapshot.PolledAt = standing.Firing, standing.Pending, standing.PolledAt
		for name, queue := range standing.Queues {
			snapshot.Waiting[name] = metrics.Waiting{Count: queue.Waiting, Oldest: queue.Oldest}
			snapshot.Dead[name] = queue.Dead
		}
		snapshot.Budgets, err = b.budgets(ctx)
		return snapshot, err
	})
}

// budgets returns the request budgets of the accounts, by name.
func (b *Bot) budgets(ctx context.Context) (map[string]metrics.RequestBudget, error) {
	states, err := b.Store.Budgets(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]metrics.RequestBudget{}
	for _, a := range b.Accounts {
		rate := states[a.Name].AsOf(b.Clock.Now()).Rate(a.PerMinute)
		all[a.Name] = metrics.RequestBudget{PerMinute: rate, Interval: b.Cadence(a)}
	}
	return all, nil
}

// classes are the kinds of failure of a poll, the first that fits.
var classes = []struct {
	err   error
	class metrics.Class
}{
	{notehub.ErrUnauthorized, metrics.Unauthorized},
	{notehub.ErrSuspended, metrics.Suspended},
	{notehub.ErrForbidden, metrics.Forbidden},
	{notehub.ErrNotFound, metrics.NotFound},
	{notehub.ErrRateLimited, metrics.RateLimited},
	{notehub.ErrTookTooLong, metrics.Timeout},
	{errNoAnswer, metrics.Timeout},
	{errPollTooLong, metrics.Timeout},
	{context.DeadlineExceeded, metrics.Timeout},
	{notehub.ErrInvalidAnswer, metrics.Invalid},
}

// classOf returns the kind of a failure of a poll; the zero Class is none.
func classOf(failure error, truncated bool) metrics.Class {
	switch {
	case failure == nil && truncated:
		return metrics.Truncated
	case failure == nil:
		return ""
	case errors.As(failure, new(fetch.ListError)):
		return metrics.Invalid
	}
	if held, ok := errors.AsType[heldError](failure); ok {
		if held.refused {
			return metrics.RateLimited
		}
		return metrics.Budget
	}
	if connecting, ok := errors.AsType[*net.OpError](failure); ok && connecting.Op == "dial" {
		return metrics.Unreachable // also if it is a timeout: no query was sent
	}
	for _, c := range classes {
		if errors.Is(failure, c.err) {
			return c.class
		}
	}
	switch {
	case errors.As(failure, new(*notehub.Error)):
		return metrics.Server
	case errors.As(failure, new(net.Error)), errors.As(failure, new(*proxy.Error)):
		return metrics.Unreachable
	}
	return metrics.Other
}
