package watch

import (
	"context"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/metrics"
)

// observe sets what the metrics watch, and the function that reads the state.
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
	w.Config.Bot.Metrics.Observe(func(ctx context.Context) (metrics.StoreState, error) {
		snapshot := metrics.StoreState{
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
		if snapshot.Budgets, err = w.budgets(ctx); err != nil {
			return snapshot, err
		}
		return snapshot, w.observeProcesses(ctx, &snapshot)
	})
}

// observeProcesses counts the processes that are running, and the work of this one.
func (w *Watch) observeProcesses(ctx context.Context, snapshot *metrics.StoreState) error {
	now := w.machine()
	snapshot.StandsBy = w.StandsBy()
	if w.Config.Clock != nil {
		snapshot.Ahead = w.Config.Clock.Ahead()
	}
	var err error
	if snapshot.Processes, err = w.countProcesses(ctx); err != nil {
		return err
	}
	held, err := w.store.Work.Held(ctx, now)
	for _, h := range held {
		if h.Process == w.process.ID {
			snapshot.Leases++
		}
	}
	return err
}

// Processes returns the number of processes that are running on the database, with this one; 1 if that cannot be read.
func (w *Watch) Processes(ctx context.Context) int {
	count, _ := w.countProcesses(ctx)
	return max(count, 1)
}

func (w *Watch) countProcesses(ctx context.Context) (count int, err error) {
	all, err := w.store.Work.Processes(ctx)
	for i := range all {
		if all[i].Lives(w.machine()) {
			count++
		}
	}
	return count, err
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
		all[a.Name] = metrics.RequestBudget{PerMinute: rate, Interval: w.Bot.Schedule().Interval(a.Name)}
	}
	return all, nil
}
