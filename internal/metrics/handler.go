package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	scrapeTime  = 8 * time.Second // less than Prometheus waits by default, and than an HTTP server of ours may write for
	scrapeLimit = 3               // at a time
)

// Handler answers scrapes. What could not be collected is logged, counted as promhttp_metric_handler_errors_total and
// left out. That of a nil *Metrics finds nothing.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		Registry:            m.registry,
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: scrapeLimit,
		Timeout:             scrapeTime,
	})
}
