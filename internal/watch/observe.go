package watch

import (
	"context"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/metrics"
)

// observe tells the metrics what is watched and how to look up how things stand.
func (w *Watch) observe() {
	configured := metrics.Configured{
		Projects:  w.projects,
		Receivers: w.receivers,
		Accounts:  map[string]float64{},
	}
	for _, a := range w.Config.Bot.Accounts {
		configured.Accounts[a.Name] = a.PerMinute
	}
	w.Config.Bot.Metrics.Configure(configured)
	w.Config.Bot.Metrics.Observe(func(ctx context.Context) (metrics.Snapshot, error) {
		snapshot := metrics.Snapshot{
			Outage: w.Outage() != nil, Deliveries: map[string]map[delivery.State]int{}, OldestWaiting: map[string]time.Duration{},
		}
		standing, err := w.store.Standing(ctx, w.clock.Now())
		if err != nil {
			return snapshot, err
		}
		snapshot.Firing, snapshot.Pending, snapshot.PolledAt = standing.Firing, standing.Pending, standing.PolledAt
		for name, queue := range standing.Queues {
			snapshot.Deliveries[name], snapshot.OldestWaiting[name] = queue.Count, queue.Oldest
		}
		snapshot.Budgets, err = w.budgets(ctx)
		return snapshot, err
	})
}

// budgets returns the request budgets of the accounts, by name.
func (w *Watch) budgets(ctx context.Context) (map[string]metrics.RequestBudget, error) {
	states, err := w.store.Budgets(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]metrics.RequestBudget{}
	for _, a := range w.Config.Bot.Accounts {
		rate := states[a.Name].AsOf(w.clock.Now()).Rate(a.PerMinute)
		all[a.Name] = metrics.RequestBudget{PerMinute: rate, Interval: w.Bot.Cadence(a)}
	}
	return all, nil
}
