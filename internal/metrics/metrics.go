package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// A Class is the cause of a failed poll. The zero value means none.
type Class string

// The classes.
const (
	Unauthorized Class = "unauthorized" // the token is not valid
	Forbidden    Class = "forbidden"    // the token lacks rights
	Suspended    Class = "suspended"    // the billing account is suspended
	NotFound     Class = "not_found"    // Notehub does not know the project
	RateLimited  Class = "rate_limited" // the account made too many requests
	Budget       Class = "budget"       // the request budget of the account made the poll wait too long
	Timeout      Class = "timeout"      // the query took too long, at Notehub or for us
	Server       Class = "server"       // Notehub refused for any other reason
	Invalid      Class = "invalid"      // the response is not from the Notehub API
	Unreachable  Class = "unreachable"  // no response: network, DNS or certificate
	Truncated    Class = "truncated"    // the poll succeeded, but an answer was truncated and the rest was not read in another way
	Other        Class = "other"        // a problem of notewatch itself
)

func classes() []Class {
	return []Class{
		Unauthorized, Forbidden, Suspended, NotFound, RateLimited, Budget, Timeout, Server, Invalid, Unreachable, Truncated, Other,
	}
}

// A Step is a part of a poll.
type Step string

// The steps, in order.
const (
	Wait     Step = "wait"     // for the request budget
	Fetch    Step = "fetch"    // requests, to the end of their answers
	Save     Step = "save"     // merge the answers into the store
	Evaluate Step = "evaluate" // the rules, for every subject
	Commit   Step = "commit"   // store the decisions
)

// Steps returns all steps.
func Steps() []Step { return []Step{Wait, Fetch, Save, Evaluate, Commit} }

// A Result is the result of an attempt to send a message.
type Result string

// The results.
const (
	Posted  Result = "posted"
	Retry   Result = "retry"   // failed, will be retried
	Dead    Result = "dead"    // failed, given up
	Skipped Result = "skipped" // the receiver shows nothing of it, so no call was made
)

func results() []Result { return []Result{Posted, Retry, Dead, Skipped} }

// Metrics are the metrics of one process. A nil *Metrics counts nothing. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	standing *storeCollector

	polls        *prometheus.HistogramVec
	pollSteps    *prometheus.HistogramVec
	pollErrors   *prometheus.CounterVec
	requests     *prometheus.CounterVec
	invalid      prometheus.Counter
	allowed      *prometheus.GaugeVec
	evaluations  prometheus.Counter
	evalFailures prometheus.Counter
	attempts     *prometheus.CounterVec
	sends        *prometheus.HistogramVec
	reloadOK     prometheus.Gauge
	reloadedAt   prometheus.Gauge
	asks         *prometheus.CounterVec
	socketUp     *prometheus.GaugeVec // has no series without Socket Mode
	sockets      *prometheus.GaugeVec
}

// New returns metrics at zero, with the version of the program.
func New(version string) *Metrics {
	registry, standing := prometheus.NewRegistry(), newStanding()
	registry.MustRegister(standing,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f := factory{promauto.With(registry)}
	f.gauges("build_info", "Version of the running program; always 1.", "version").WithLabelValues(clean(version)).Set(1)
	m := &Metrics{
		registry: registry,
		standing: standing,

		polls: f.histograms("poll_duration_seconds", "Duration of polls of a project, with the wait for the request budget.",
			[]float64{1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900}, "project"),
		pollSteps: f.histograms("poll_step_duration_seconds",
			"Duration of the steps of polls: wait for the request budget, fetch, save the data, evaluate the rules, commit.",
			[]float64{.01, .05, .25, 1, 2.5, 5, 10, 30, 60, 300}, "step"),
		pollErrors: f.counters("poll_errors_total", "Polls that failed or whose data is incomplete, by cause.",
			"project", "class"),
		requests: f.counters("notehub_requests_total", "Requests sent to Notehub.", "account"),
		invalid: f.counters("notehub_invalid_numbers_total",
			"Numbers in Notehub answers that are negative, fractional or too large; they count as no data.").WithLabelValues(),
		allowed: f.gauges("notehub_allowed_requests_per_minute", "Configured request budget of the account, in requests per minute.",
			"account"),
		evaluations:  f.counters("rule_evaluations_total", "Evaluations of a rule for one subject.").WithLabelValues(),
		evalFailures: f.counters("rule_evaluation_failures_total", "Evaluations of a rule that failed with an error.").WithLabelValues(),
		attempts: f.counters("delivery_attempts_total", "Attempts to send a message: posted, will be retried (retry), given up (dead), nothing to show to this receiver (skipped).",
			"receiver", "result"),
		sends: f.histograms("delivery_attempt_duration_seconds", "Duration of attempts to send a message, without skipped ones.",
			[]float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 15}, "receiver"),
		reloadOK: f.gauges("config_last_reload_successful", "Whether the rules file was valid when it was last read: 1 or 0.").
			WithLabelValues(),
		reloadedAt: f.gauges("config_last_reload_success_timestamp_seconds", "When the rules in effect were read.").WithLabelValues(),
		asks: f.counters("slack_requests_total", "Commands and button presses in Slack, by result.",
			"kind", "result"),
		socketUp: f.gauges("slack_socket_connected", "Whether Socket Mode is connected: 1 or 0."),
		sockets: f.gauges("slack_socket_connections", "Connections of the Slack app when Socket Mode last connected, with this one. "+
			"If there are several, Slack sends commands and presses to any of them."),
	}
	for _, step := range Steps() {
		m.pollSteps.WithLabelValues(string(step))
	}
	return m
}

// namespace is the prefix of all names.
const namespace = "notewatch"

// A factory makes registered metrics.
type factory struct{ promauto.Factory }

func (f factory) counters(name, help string, labels ...string) *prometheus.CounterVec {
	return f.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func (f factory) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return f.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func (f factory) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return f.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
}

// clean returns a name as a valid label value.
func clean(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }

// Polled counts a poll of a project, given by its UID, and the duration of the poll and its steps. class is "" if all data came. A poll
// that was dropped because the process ends or lost its lease is not counted.
func (m *Metrics) Polled(project string, took time.Duration, steps map[Step]time.Duration, class Class) {
	if m == nil {
		return
	}
	m.polls.WithLabelValues(clean(project)).Observe(took.Seconds())
	for step, took := range steps {
		m.pollSteps.WithLabelValues(string(step)).Observe(took.Seconds())
	}
	if class != "" {
		m.pollErrors.WithLabelValues(clean(project), string(class)).Inc()
	}
}

// Requested counts a request to Notehub in the budget of the account, with repeated requests.
func (m *Metrics) Requested(account string) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(clean(account)).Inc()
}

// GotInvalid counts n numbers in an answer of Notehub that cannot be counts.
func (m *Metrics) GotInvalid(n int) {
	if m == nil {
		return
	}
	m.invalid.Add(float64(n))
}

// Evaluated counts n evaluations of rules, of which failed ended in an error.
func (m *Metrics) Evaluated(n, failed int) {
	if m == nil {
		return
	}
	m.evaluations.Add(float64(n))
	m.evalFailures.Add(float64(failed))
}

// Delivered counts an attempt to show a message to a receiver.
func (m *Metrics) Delivered(receiver string, result Result, took time.Duration) {
	if m == nil {
		return
	}
	m.attempts.WithLabelValues(clean(receiver), string(result)).Inc()
	if result == Skipped {
		return
	}
	m.sends.WithLabelValues(clean(receiver)).Observe(took.Seconds())
}

// Reloaded records a reading of the rules file, also the first one, and whether the file was valid.
func (m *Metrics) Reloaded(ok bool, at time.Time) {
	if m == nil {
		return
	}
	if !ok {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadedAt.Set(timestamp(at))
}

// timestamp returns t in seconds of Unix time; 0 for the zero time.
func timestamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
