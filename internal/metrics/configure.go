package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// Configured lists what the rules file names.
type Configured struct {
	Projects  []string           // UIDs
	Receivers []string           // names
	Accounts  map[string]float64 // requests per minute allowed, by name
}

// Configure sets what is watched from now on. All series of it are created at zero, so that the first event shows as an increase. Series of
// what is no longer watched disappear.
func (m *Metrics) Configure(c Configured) {
	if m == nil {
		return
	}
	before := m.standing.configure(c)
	for _, project := range before.Projects {
		if !slices.Contains(c.Projects, project) {
			forget("project", project, m.polls.MetricVec, m.pollErrors.MetricVec)
		}
	}
	for _, receiver := range before.Receivers {
		if !slices.Contains(c.Receivers, receiver) {
			forget("receiver", receiver, m.attempts.MetricVec, m.sends.MetricVec)
		}
	}
	for account := range before.Accounts {
		if _, ok := c.Accounts[account]; !ok {
			forget("account", account, m.requests.MetricVec, m.allowed.MetricVec)
		}
	}
	m.begin(c)
}

// forget removes all series of a name.
func forget(label, name string, vectors ...*prometheus.MetricVec) {
	for _, v := range vectors {
		v.DeletePartialMatch(prometheus.Labels{label: clean(name)})
	}
}

// begin creates the series of everything that is configured, unless they exist.
func (m *Metrics) begin(c Configured) {
	for _, project := range c.Projects {
		m.polls.WithLabelValues(clean(project))
		for _, class := range classes() {
			m.pollErrors.WithLabelValues(clean(project), string(class))
		}
	}
	for _, receiver := range c.Receivers {
		m.sends.WithLabelValues(clean(receiver))
		for _, result := range results() {
			m.attempts.WithLabelValues(clean(receiver), string(result))
		}
	}
	for account, perMinute := range c.Accounts {
		m.requests.WithLabelValues(clean(account))
		m.allowed.WithLabelValues(clean(account)).Set(perMinute)
	}
}
