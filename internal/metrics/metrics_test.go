package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/metrics"
	"notewatch/rules"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 500e6, time.UTC)

// busy returns metrics of a process that has done some of everything.
func busy() *metrics.Metrics {
	m := metrics.New("1.2.3")
	m.Configure(metrics.Configured{
		Projects:  []string{"app:1", "app:2"},
		Receivers: []string{"team"},
		Accounts:  map[string]float64{"acme": 4},
	})
	m.Observe(func(context.Context) (metrics.StoreState, error) {
		return metrics.StoreState{
			Firing:  map[rules.Level]int{rules.Warning: 7, rules.Critical: 2},
			Pending: 3,
			Deliveries: map[string]map[delivery.State]int{
				"team": {delivery.Waiting: 5, delivery.GivenUp: 1, delivery.Held: 2}, "gone": {delivery.GivenUp: 4},
			},
			OldestWaiting: map[string]time.Duration{"team": 90 * time.Second},
			PolledAt:      map[string]time.Time{"app:1": noon, "app:gone": noon},
			Budgets:       map[string]metrics.RequestBudget{"acme": {PerMinute: 2, Interval: 50 * time.Minute}, "gone": {PerMinute: 1}},
		}, nil
	})
	m.Reloaded(true, noon)
	m.Polled("app:1", 12*time.Second, map[metrics.Step]time.Duration{metrics.Fetch: 9 * time.Second, metrics.Save: time.Second}, "")
	m.Polled("app:1", 2*time.Second, nil, metrics.RateLimited)
	m.Requested("acme")
	m.Requested("acme")
	m.GotInvalid(3)
	m.Evaluated(40, 1)
	m.Delivered("team", metrics.Posted, 300*time.Millisecond)
	m.Delivered("team", metrics.Skipped, time.Second)
	m.Delivered("team", metrics.Retry, 15*time.Second)
	m.ServeSlack(true)
	m.Asked(metrics.Command, metrics.Answered)
	m.SocketOpened(2)
	return m
}

// scrape returns what a scrape is answered, without what the libraries tell of themselves.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	response := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, response.Code)
	var own strings.Builder
	for line := range strings.Lines(response.Body.String()) {
		if strings.Contains(line, "notewatch_") {
			own.WriteString(line)
		}
	}
	return own.String()
}

// samples returns the lines of a scrape that begin with one of the names.
func samples(t *testing.T, m *metrics.Metrics, names ...string) string {
	t.Helper()
	var found strings.Builder
	for line := range strings.Lines(scrape(t, m)) {
		for _, name := range names {
			if strings.HasPrefix(line, name) {
				found.WriteString(line)
			}
		}
	}
	return found.String()
}

// families returns a scrape as Prometheus reads it.
func families(t *testing.T, m *metrics.Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	all, err := parser.TextToMetricFamilies(strings.NewReader(scrape(t, m)))
	require.NoError(t, err)
	return all
}

func TestConvention(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(scrape(t, busy()))).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestCounting(t *testing.T) {
	m := busy()
	for names, want := range map[string]string{
		"notewatch_build_info": `notewatch_build_info{version="1.2.3"} 1
`,
		`notewatch_poll_duration_seconds_sum notewatch_poll_duration_seconds_count`: `notewatch_poll_duration_seconds_sum{project="app:1"} 14
notewatch_poll_duration_seconds_count{project="app:1"} 2
notewatch_poll_duration_seconds_sum{project="app:2"} 0
notewatch_poll_duration_seconds_count{project="app:2"} 0
`,
		`notewatch_poll_step_duration_seconds_sum notewatch_poll_step_duration_seconds_count{step="save"}`: `notewatch_poll_step_duration_seconds_sum{step="commit"} 0
notewatch_poll_step_duration_seconds_sum{step="evaluate"} 0
notewatch_poll_step_duration_seconds_sum{step="fetch"} 9
notewatch_poll_step_duration_seconds_sum{step="save"} 1
notewatch_poll_step_duration_seconds_count{step="save"} 1
notewatch_poll_step_duration_seconds_sum{step="wait"} 0
`,
		"notewatch_poll_interval": `notewatch_poll_interval_seconds{account="acme"} 3000
`,
		`notewatch_poll_errors_total{class="rate_limited"`: `notewatch_poll_errors_total{class="rate_limited",project="app:1"} 1
notewatch_poll_errors_total{class="rate_limited",project="app:2"} 0
`,
		"notewatch_notehub": `notewatch_notehub_allowed_requests_per_minute{account="acme"} 4
notewatch_notehub_current_requests_per_minute{account="acme"} 2
notewatch_notehub_invalid_numbers_total 3
notewatch_notehub_requests_total{account="acme"} 2
`,
		"notewatch_rule": `notewatch_rule_evaluation_failures_total 1
notewatch_rule_evaluations_total 40
`,
		"notewatch_delivery_attempts_total notewatch_delivery_attempt_duration_seconds_sum": `notewatch_delivery_attempt_duration_seconds_sum{receiver="team"} 15.3
notewatch_delivery_attempts_total{receiver="team",result="dead"} 0
notewatch_delivery_attempts_total{receiver="team",result="posted"} 1
notewatch_delivery_attempts_total{receiver="team",result="retry"} 1
notewatch_delivery_attempts_total{receiver="team",result="skipped"} 1
`,
		`notewatch_slack_requests_total{kind="command",result="answered"} notewatch_slack_socket`: `notewatch_slack_requests_total{kind="command",result="answered"} 1
notewatch_slack_socket_connected 1
notewatch_slack_socket_connections 2
`,
	} {
		require.Equal(t, want, samples(t, m, strings.Fields(names)...), names)
	}
}

// What is not configured is not told, even if the store still knows it; what has never been is zero.
func TestStanding(t *testing.T) {
	require.Equal(t, `notewatch_alerts_firing{level="critical"} 2
notewatch_alerts_firing{level="info"} 0
notewatch_alerts_firing{level="warning"} 7
notewatch_alerts_pending 3
notewatch_deliveries{receiver="team",state="given up"} 1
notewatch_deliveries{receiver="team",state="held"} 2
notewatch_deliveries{receiver="team",state="removed"} 0
notewatch_deliveries{receiver="team",state="waiting"} 5
notewatch_deliveries_dead{receiver="team"} 1
notewatch_deliveries_oldest_waiting_seconds{receiver="team"} 90
notewatch_deliveries_waiting{receiver="team"} 5
notewatch_poll_last_success_timestamp_seconds{project="app:1"} 1.7953488005e+09
notewatch_poll_last_success_timestamp_seconds{project="app:2"} 0
notewatch_store_up 1
`, samples(t, busy(), "notewatch_alerts", "notewatch_deliveries", "notewatch_poll_last", "notewatch_store"))
}

// A gauge of a socket that is not used would be an alarm that never ends.
func TestSlackSocket(t *testing.T) {
	m := metrics.New("dev")
	require.Empty(t, samples(t, m, "notewatch_slack"))

	m.ServeSlack(false)
	require.Empty(t, samples(t, m, "notewatch_slack_socket"))
	require.Contains(t, scrape(t, m), `notewatch_slack_requests_total{kind="press",result="forged"} 0`)

	m.ServeSlack(true)
	require.Contains(t, scrape(t, m), "notewatch_slack_socket_connected 0\n")
	m.SocketOpened(2)
	m.SocketClosed()
	require.Equal(t, "notewatch_slack_socket_connected 0\nnotewatch_slack_socket_connections 2\n", samples(t, m, "notewatch_slack_socket"))
}

func TestReload(t *testing.T) {
	m := metrics.New("dev")
	require.Equal(t, `notewatch_config_last_reload_success_timestamp_seconds 0
notewatch_config_last_reload_successful 0
`, samples(t, m, "notewatch_config"))

	m.Reloaded(true, noon)
	m.Reloaded(false, noon.Add(time.Hour))
	require.Equal(t, `notewatch_config_last_reload_success_timestamp_seconds 1.7953488005e+09
notewatch_config_last_reload_successful 0
`, samples(t, m, "notewatch_config"), "the time is that of the rules that run")

	m.Reloaded(true, noon.Add(time.Second))
	require.Equal(t, `notewatch_config_last_reload_success_timestamp_seconds 1.7953488015e+09
notewatch_config_last_reload_successful 1
`, samples(t, m, "notewatch_config"))
}

// After a reload, what stays goes on counting, and what went away is gone, so that no alert on it is left standing.
func TestConfigureAgain(t *testing.T) {
	m := busy()
	m.Configure(metrics.Configured{
		Projects:  []string{"app:1", "app:3"},
		Receivers: []string{"new"},
		Accounts:  map[string]float64{"other": 2.5},
	})
	all := scrape(t, m)
	for _, gone := range []string{"app:2", "team", "acme"} {
		require.NotContains(t, all, gone)
	}
	require.Contains(t, all, `notewatch_poll_errors_total{class="rate_limited",project="app:1"} 1`)
	require.Contains(t, all, `notewatch_poll_duration_seconds_count{project="app:3"} 0`)
	require.Contains(t, all, `notewatch_poll_last_success_timestamp_seconds{project="app:3"} 0`)
	require.Contains(t, all, `notewatch_delivery_attempts_total{receiver="new",result="posted"} 0`)
	require.Contains(t, all, `notewatch_deliveries_waiting{receiver="new"} 0`)
	require.Contains(t, all, `notewatch_notehub_allowed_requests_per_minute{account="other"} 2.5`)
}

func TestStrangeNames(t *testing.T) {
	for _, name := range []string{"", " ", `say "hi"\now`, "two\nlines", "näme 🦫", "cut \xe2\x82 rune", "{a=\"b\"} 1", strings.Repeat("x", 5000)} {
		m := metrics.New(name)
		m.Configure(metrics.Configured{Projects: []string{name}, Receivers: []string{name}, Accounts: map[string]float64{name: 1}})
		m.Observe(func(context.Context) (metrics.StoreState, error) {
			return metrics.StoreState{Deliveries: map[string]map[delivery.State]int{name: {delivery.Waiting: 1}}}, nil
		})
		m.Polled(name, time.Second, nil, metrics.Other)
		m.Requested(name)
		m.Delivered(name, metrics.Dead, time.Second)

		all := families(t, m)
		for metric, label := range map[string]string{
			"notewatch_build_info":                          "version",
			"notewatch_poll_duration_seconds":               "project",
			"notewatch_poll_last_success_timestamp_seconds": "project",
			"notewatch_notehub_requests_total":              "account",
			"notewatch_deliveries_waiting":                  "receiver",
			"notewatch_delivery_attempt_duration_seconds":   "receiver",
		} {
			require.Len(t, all[metric].GetMetric(), 1, metric)
			require.Equal(t, strings.ToValidUTF8(name, "\uFFFD"), valueOf(all[metric].GetMetric()[0], label), metric)
		}
	}
}

func valueOf(m *dto.Metric, label string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == label {
			return pair.GetValue()
		}
	}
	return "no label " + label
}

// When the store cannot be read, a scrape has everything else, says so, and tells the log why.
func TestStoreDown(t *testing.T) {
	m, log := busy(), new(bytes.Buffer)
	m.Observe(func(context.Context) (metrics.StoreState, error) {
		return metrics.StoreState{Pending: 1}, errors.New("reading alerts: disk I/O error")
	})
	response := httptest.NewRecorder()
	handler := m.Handler(slog.New(slog.NewTextHandler(log, nil)))
	handler.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))

	require.Equal(t, http.StatusOK, response.Code)
	body := response.Body.String()
	require.Contains(t, body, "notewatch_store_up 0\n")
	require.Contains(t, body, `notewatch_notehub_requests_total{account="acme"} 2`)
	require.NotContains(t, body, "notewatch_alerts")
	require.NotContains(t, body, "notewatch_deliveries")
	require.NotContains(t, body, "notewatch_poll_last_success")
	require.NotContains(t, body, "disk I/O error")
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "reading alerts: disk I/O error")

	response = httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Contains(t, response.Body.String(), `promhttp_metric_handler_errors_total{cause="gathering"} 1`)
}

func TestSlowStoreIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, started := metrics.New("dev"), time.Now()
		m.Observe(func(ctx context.Context) (metrics.StoreState, error) {
			<-ctx.Done()
			return metrics.StoreState{}, ctx.Err()
		})
		require.Equal(t, "notewatch_store_up 0\n", samples(t, m, "notewatch_store_up"))
		require.Equal(t, 5*time.Second, time.Since(started))
	})
}

// A store that does not even notice that its time is up makes the scrape fail, within the time that Prometheus waits.
func TestStuckStoreFailsTheScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, free, started := metrics.New("dev"), make(chan struct{}), time.Now()
		defer close(free)
		m.Observe(func(context.Context) (metrics.StoreState, error) {
			<-free
			return metrics.StoreState{}, nil
		})
		response := httptest.NewRecorder()
		m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		require.Equal(t, http.StatusServiceUnavailable, response.Code)
		require.Less(t, time.Since(started), 10*time.Second)
	})
}

func TestNoStore(t *testing.T) {
	require.NotContains(t, scrape(t, metrics.New("dev")), "notewatch_store_up")
}

func TestOpenMetrics(t *testing.T) {
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	response := httptest.NewRecorder()
	busy().Handler(slog.New(slog.DiscardHandler)).ServeHTTP(response, request)
	require.Contains(t, response.Header().Get("Content-Type"), "application/openmetrics-text")
	require.True(t, strings.HasSuffix(response.Body.String(), "# EOF\n"))
	for _, library := range []string{"go_goroutines", "process_start_time_seconds"} {
		require.Contains(t, response.Body.String(), library)
	}
}

func TestNilCountsNothing(t *testing.T) {
	var m *metrics.Metrics
	m.Configure(metrics.Configured{Projects: []string{"app:1"}})
	m.Observe(func(context.Context) (metrics.StoreState, error) { return metrics.StoreState{}, nil })
	m.Polled("app:1", time.Second, nil, metrics.Other)
	m.Requested("acme")
	m.Evaluated(1, 1)
	m.Delivered("team", metrics.Posted, time.Second)
	m.Reloaded(true, noon)
	m.ServeSlack(true)
	m.Asked(metrics.Press, metrics.Answered)
	m.SocketOpened(1)
	m.SocketClosed()
	response := httptest.NewRecorder()
	m.Handler(nil).ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusNotFound, response.Code)
}

// For the race detector: everything at once.
func TestConcurrently(t *testing.T) {
	m := busy()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			m.Configure(metrics.Configured{Projects: []string{"app:1", "app:2"}[:1+i%2], Accounts: map[string]float64{"acme": 4}})
			m.Observe(func(context.Context) (metrics.StoreState, error) { return metrics.StoreState{}, nil })
			m.Polled("app:2", time.Second, nil, metrics.Server)
			m.Requested("acme")
			m.Evaluated(1, 0)
			m.Delivered("team", metrics.Posted, time.Second)
			m.Reloaded(i%2 == 0, noon)
			_ = scrape(t, m)
		})
	}
	all.Wait()
	require.Contains(t, scrape(t, m), "notewatch_rule_evaluations_total 48\n")
}
