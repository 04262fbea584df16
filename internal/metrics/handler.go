package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	scrapeTime  = 8 * time.Second // less than the scrape timeout of Prometheus, and than the write timeout of our HTTP server
	scrapeLimit = 3               // at a time
)

// Handler answers scrapes. What cannot be collected is logged, counted as promhttp_metric_handler_errors_total and left out. The handler of
// a nil *Metrics answers 404.
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
