package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

// A StoreState is the state of the store. What a map does not contain is zero; names that are not configured are left out.
type StoreState struct {
	Outage  bool // the store can be read, but work fails because it cannot be used
	Firing  map[rules.Level]int
	Pending int

	Deliveries    map[string]map[delivery.State]int // unsettled ones, by receiver
	OldestWaiting map[string]time.Duration          // how long the oldest waiting delivery has waited, by receiver

	PolledAt map[string]time.Time     // start of the last successful poll, by project UID
	Budgets  map[string]RequestBudget // by account

	Processes int           // that are running on the database, with this one
	StandsBy  bool          // this process does no work, because other rules are active
	Leases    int           // that this process holds
	Ahead     time.Duration // how far the clock of the database is ahead of that of the host
}

// RequestBudget is the request budget of one account.
type RequestBudget struct {
	PerMinute float64       // requests that may be sent in a minute for now
	Interval  time.Duration // between two polls of each of its projects
}

// Observe sets the function that reads the state of the store. It is called at every scrape and has a few seconds. If it fails, the scrape
// contains only the other series, and store_up is 0.
func (m *Metrics) Observe(snapshot func(context.Context) (StoreState, error)) {
	if m == nil {
		return
	}
	m.standing.observe(snapshot)
}

// storeCollector collects the state of the store.
type storeCollector struct {
	up, firing, pending, deliveries, waiting, oldest, dead, polledAt, current, interval, processes, standsBy, leases, ahead *prometheus.Desc

	mu         sync.Mutex
	configured Configured
	snapshot   func(context.Context) (StoreState, error) // nil: unknown
}

func newStanding() *storeCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	return &storeCollector{
		up:      desc("store_up", "Whether the store can be read and written: 1 or 0. If it cannot be read, the other series from the store are missing."),
		firing:  desc("alerts_firing", "Firing alerts by current level.", "level"),
		pending: desc("alerts_pending", "Alerts whose condition is true, but not for long enough yet."),
		deliveries: desc("deliveries", "Deliveries by state: waiting, held while the alert is muted or acknowledged or the receiver is outside its hours, given up, or removed with their receiver. Delivered and skipped ones are not counted.",
			"receiver", "state"),
		waiting: desc("deliveries_waiting", "Waiting deliveries: changes of alerts that the receiver does not show yet.", "receiver"),
		oldest: desc("deliveries_oldest_waiting_seconds", "Age of the oldest waiting delivery of the receiver; 0 if none is waiting.",
			"receiver"),
		dead: desc("deliveries_dead", "Deliveries given up: the receiver rejected them, or failed for too long.",
			"receiver"),
		current: desc("notehub_current_requests_per_minute", "Current request budget of the account, in requests per minute: lower than the configured one for some minutes after Notehub rate-limited the account.",
			"account"),
		interval:  desc("poll_interval_seconds", "Time between two polls of each project of the account.", "account"),
		processes: desc("processes", "Processes of notewatch run on this database, with this one."),
		standsBy:  desc("standing_by", "Whether this process does no work because its rules are not the active ones: 1 or 0."),
		leases:    desc("leases", "Leases of this process: the polls, receivers and other work that it is doing."),
		ahead:     desc("database_clock_ahead_seconds", "How far the clock of the database is ahead of that of this host; 0 for SQLite."),
		polledAt: desc("poll_last_success_timestamp_seconds", "Start of the last successful poll of the project; 0 means never.",
			"project"),
	}
}

// configure returns what was configured before.
func (s *storeCollector) configure(c Configured) (before Configured) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.configured = s.configured, c
	return before
}

func (s *storeCollector) observe(snapshot func(context.Context) (StoreState, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = snapshot
}

func (s *storeCollector) state() (Configured, func(context.Context) (StoreState, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.configured, s.snapshot
}

// Describe implements [prometheus.Collector].
func (s *storeCollector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{s.up, s.firing, s.pending, s.deliveries, s.waiting, s.oldest, s.dead, s.polledAt, s.current, s.interval, s.processes, s.standsBy, s.leases, s.ahead} {
		to <- desc
	}
}

// snapshotTime is how long reading the state of the store may take. It is less than a scrape may take, so that the scrape can report the
// failure.
const snapshotTime = 5 * time.Second

// Collect implements [prometheus.Collector].
func (s *storeCollector) Collect(to chan<- prometheus.Metric) {
	configured, snapshot := s.state()
	if snapshot == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), snapshotTime)
	defer cancel()
	now, err := snapshot(ctx)
	if err != nil {
		to <- gauge(s.up, 0)
		to <- prometheus.NewInvalidMetric(s.up, err) // for the log of the handler
		return
	}
	to <- gauge(s.up, one(!now.Outage))
	s.send(to, now, configured)
}

func (s *storeCollector) send(to chan<- prometheus.Metric, now StoreState, configured Configured) {
	for _, level := range []rules.Level{rules.Info, rules.Warning, rules.Critical} {
		to <- gauge(s.firing, float64(now.Firing[level]), level.String())
	}
	to <- gauge(s.pending, float64(now.Pending))
	to <- gauge(s.processes, float64(now.Processes))
	to <- gauge(s.standsBy, one(now.StandsBy))
	to <- gauge(s.leases, float64(now.Leases))
	to <- gauge(s.ahead, now.Ahead.Seconds())
	for _, receiver := range configured.Receivers {
		count := now.Deliveries[receiver]
		for _, state := range delivery.Unsettled() {
			to <- gauge(s.deliveries, float64(count[state]), receiver, string(state))
		}
		to <- gauge(s.waiting, float64(count[delivery.Waiting]), receiver)
		to <- gauge(s.oldest, now.OldestWaiting[receiver].Seconds(), receiver)
		to <- gauge(s.dead, float64(count[delivery.GivenUp]), receiver)
	}
	for _, project := range configured.Projects {
		to <- gauge(s.polledAt, timestamp(now.PolledAt[project]), project)
	}
	for account := range configured.Accounts {
		to <- gauge(s.current, now.Budgets[account].PerMinute, account)
		to <- gauge(s.interval, now.Budgets[account].Interval.Seconds(), account)
	}
}

// one is 1 for true and 0 for false.
func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func gauge(desc *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	for i := range labels {
		labels[i] = clean(labels[i])
	}
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}
