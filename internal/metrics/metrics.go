// Package metrics counts what notewatch does, for Prometheus.
//
// What happens is counted when it happens; how things stand is read from the store when somebody asks, so that it is true
// after a restart too. Names begin with notewatch_, times are in seconds; docs/metrics.md lists all. No label holds a
// device or an alert: there are too many of them.
package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// A Class says what was wrong with a poll. The zero value is nothing.
type Class string

// The classes.
const (
	Unauthorized Class = "unauthorized" // Notehub does not take the token
	Forbidden    Class = "forbidden"    // the token lacks rights
	Suspended    Class = "suspended"    // the billing account is
	NotFound     Class = "not_found"    // Notehub does not know the project
	RateLimited  Class = "rate_limited" // the account made too many requests: Notehub lets it wait
	Budget       Class = "budget"       // the request budget that is set for the account lets it wait too long
	Timeout      Class = "timeout"      // the query took too long, at Notehub or for us
	Server       Class = "server"       // any other refusal of Notehub
	Invalid      Class = "invalid"      // the answer is not one of Notehub
	Unreachable  Class = "unreachable"  // no answer came: network, name, certificate
	Truncated    Class = "truncated"    // all went well, but an answer was truncated, and not all of it was read in another way
	Other        Class = "other"        // our own trouble
)

func classes() []Class {
	return []Class{
		Unauthorized, Forbidden, Suspended, NotFound, RateLimited, Budget, Timeout, Server, Invalid, Unreachable, Truncated, Other,
	}
}

// A Step is a part of a poll.
type Step string

// The steps, in the order in which they are.
const (
	Wait     Step = "wait"     // for the request budget
	Fetch    Step = "fetch"    // requests, to the end of their answers
	Save     Step = "save"     // merging the answers into the store
	Evaluate Step = "evaluate" // the rules, for every subject
	Commit   Step = "commit"   // what was decided
)

// Steps returns all steps.
func Steps() []Step { return []Step{Wait, Fetch, Save, Evaluate, Commit} }

// A Result is what came of an attempt to show a message.
type Result string

// The results.
const (
	Posted  Result = "posted"
	Retry   Result = "retry"   // it failed and will be tried again
	Dead    Result = "dead"    // it failed and was given up
	Skipped Result = "skipped" // the receiver had nothing to show of it: no call was made
)

func results() []Result { return []Result{Posted, Retry, Dead, Skipped} }

// Metrics is the metrics of one process. A nil *Metrics counts nothing. All methods may be called concurrently.
type Metrics struct {
	registry *prometheus.Registry
	standing *standing

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
	socketUp     *prometheus.GaugeVec // without Socket Mode it is not there
	sockets      *prometheus.GaugeVec
}

// New returns metrics that are at zero and tell the version of the program.
func New(version string) *Metrics {
	registry, standing := prometheus.NewRegistry(), newStanding()
	registry.MustRegister(standing,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f := factory{promauto.With(registry)}
	f.gauges("build_info", "The version that runs; always 1.", "version").WithLabelValues(clean(version)).Set(1)
	m := &Metrics{
		registry: registry,
		standing: standing,

		polls: f.histograms("poll_duration_seconds", "How long polls of a project took, waiting for the request budget included.",
			[]float64{1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900}, "project"),
		pollSteps: f.histograms("poll_step_duration_seconds",
			"How long the steps of polls took: wait for the request budget, fetch, save what was read, evaluate the rules, commit.",
			[]float64{.01, .05, .25, 1, 2.5, 5, 10, 30, 60, 300}, "step"),
		pollErrors: f.counters("poll_errors_total", "Polls that failed or brought less than all, by what was wrong.",
			"project", "class"),
		requests: f.counters("notehub_requests_total", "Requests sent to Notehub.", "account"),
		invalid: f.counters("notehub_invalid_numbers_total",
			"Numbers in answers of Notehub that are negative, fractional or too large: they are no data.").WithLabelValues(),
		allowed: f.gauges("notehub_allowed_requests_per_minute", "Requests to Notehub that the account may send in a minute.",
			"account"),
		evaluations:  f.counters("rule_evaluations_total", "Evaluations of a rule for one subject.").WithLabelValues(),
		evalFailures: f.counters("rule_evaluation_failures_total", "Evaluations of a rule that ended in an error.").WithLabelValues(),
		attempts: f.counters("delivery_attempts_total", "Attempts to show a message: posted, to be tried again (retry), given up (dead), of nothing that this receiver shows (skipped).",
			"receiver", "result"),
		sends: f.histograms("delivery_attempt_duration_seconds", "How long attempts to show a message took that were not skipped.",
			[]float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 15}, "receiver"),
		reloadOK: f.gauges("config_last_reload_successful", "Whether the rules file was good when it was last read: 1 or 0.").
			WithLabelValues(),
		reloadedAt: f.gauges("config_last_reload_success_timestamp_seconds", "When the rules that run were read.").WithLabelValues(),
		asks: f.counters("slack_requests_total", "Commands typed and buttons pressed in Slack, by what became of them.",
			"kind", "result"),
		socketUp: f.gauges("slack_socket_connected", "Whether Socket Mode is connected: 1 or 0."),
		sockets: f.gauges("slack_socket_connections", "Connections of the Slack app when Socket Mode was last connected, this one "+
			"among them. With more than one, Slack sends commands and presses to any of them."),
	}
	for _, step := range Steps() {
		m.pollSteps.WithLabelValues(string(step))
	}
	return m
}

// namespace is what all names begin with.
const namespace = "notewatch"

// A factory makes metrics that are registered.
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

// clean returns a name as a label may hold it.
func clean(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }

// Polled counts a poll of a project, by its UID, and how long it and its steps took. class is "" if all of the figures came. A poll that was dropped because
// the process ends or somebody else took it over is none.
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

// Requested counts a request to Notehub, on the budget of the account, repeated ones too.
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

// Reloaded tells that the rules file was read, the first time too, and whether it was good.
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

// timestamp returns an instant as metrics have it: seconds of Unix time; 0 for the zero time, which is never.
func timestamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
