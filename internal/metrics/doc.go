// Package metrics counts what notewatch does, for Prometheus.
//
// Events are counted when they happen. State is read from the store at each scrape, so it is also true after a restart. Names begin with
// notewatch_, times are in seconds; docs/metrics.md lists all metrics. No label contains a device or an alert, because there are too many.
package metrics
