package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

// A Snapshot is how things stand in the store. What is not in a map is zero; names that are not configured are left out.
type Snapshot struct {
	Outage  bool // the store can be read, but work fails because it cannot be used
	Firing  map[rules.Level]int
	Pending int

	Deliveries    map[string]map[delivery.State]int // that are unsettled, by receiver
	OldestWaiting map[string]time.Duration          // for how long the oldest that is waiting has waited, by receiver

	PolledAt map[string]time.Time     // the last poll that went well, by project UID
	Budgets  map[string]RequestBudget // by account

	Processes int           // that run on the database, this one among them
	StandsBy  bool          // this process does no work, since other rules are active
	Leases    int           // that this process holds
	Ahead     time.Duration // of the clock of the database against that of the host
}

// RequestBudget is the request budget of one account.
type RequestBudget struct {
	PerMinute float64       // requests sent in a minute at most, for now
	Interval  time.Duration // between two polls of each of its projects
}

// Observe makes metrics of what snapshot returns. It is called for every scrape and has a few seconds. If it cannot tell,
// the scrape has everything else and says so.
func (m *Metrics) Observe(snapshot func(context.Context) (Snapshot, error)) {
	if m == nil {
		return
	}
	m.standing.observe(snapshot)
}

// standing is the collector of how things stand.
type standing struct {
	up, firing, pending, deliveries, waiting, oldest, dead, polledAt, current, interval, processes, standsBy, leases, ahead *prometheus.Desc

	mu         sync.Mutex
	configured Configured
	snapshot   func(context.Context) (Snapshot, error) // nil: unknown
}

func newStanding() *standing {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	return &standing{
		up:      desc("store_up", "Whether the store can be read and written: 1 or 0. One that cannot be read tells nothing else."),
		firing:  desc("alerts_firing", "Alerts that fire, by their level now.", "level"),
		pending: desc("alerts_pending", "Alerts whose condition holds, but not for long enough yet."),
		deliveries: desc("deliveries", "Deliveries of alerts by state, those that are delivered or skipped left out: waiting, held while the alert is muted or acknowledged, given up, or removed with their receiver.",
			"receiver", "state"),
		waiting: desc("deliveries_waiting", "Changes of alerts that the receiver has yet to be shown.", "receiver"),
		oldest: desc("deliveries_oldest_waiting_seconds", "For how long the oldest change has waited that the receiver has yet to be shown; 0 if none does.",
			"receiver"),
		dead: desc("deliveries_dead", "Changes of alerts that the receiver will not be shown: it refused them, or failed for too long.",
			"receiver"),
		current: desc("notehub_current_requests_per_minute", "Requests to Notehub that the account sends in a minute at most, for now: fewer than allowed for some minutes after Notehub has rate-limited the account.",
			"account"),
		interval:  desc("poll_interval_seconds", "Time between two polls of each project of the account.", "account"),
		processes: desc("processes", "Processes of notewatch run that work on the database, this one among them."),
		standsBy:  desc("standing_by", "Whether this process does no work because its rules are not the active ones: 1 or 0."),
		leases:    desc("leases", "Leases that this process holds: the polls, receivers and other work that it is doing."),
		ahead:     desc("database_clock_ahead_seconds", "How far the clock of the database is ahead of that of this host; 0 for a database in a file."),
		polledAt: desc("poll_last_success_timestamp_seconds", "When the last poll of the project that succeeded began; 0 is never.",
			"project"),
	}
}

// configure returns what was configured before.
func (s *standing) configure(c Configured) (before Configured) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.configured = s.configured, c
	return before
}

func (s *standing) observe(snapshot func(context.Context) (Snapshot, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = snapshot
}

func (s *standing) state() (Configured, func(context.Context) (Snapshot, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.configured, s.snapshot
}

// Describe implements [prometheus.Collector].
func (s *standing) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{s.up, s.firing, s.pending, s.deliveries, s.waiting, s.oldest, s.dead, s.polledAt, s.current, s.interval, s.processes, s.standsBy, s.leases, s.ahead} {
		to <- desc
	}
}

// snapshotTime is how long the store has to tell how things stand. It is less than a scrape may take, so that the scrape
// can say that it did not.
const snapshotTime = 5 * time.Second

// Collect implements [prometheus.Collector].
func (s *standing) Collect(to chan<- prometheus.Metric) {
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

func (s *standing) send(to chan<- prometheus.Metric, now Snapshot, configured Configured) {
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
