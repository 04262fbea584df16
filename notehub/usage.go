package notehub

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"time"
)

// A DataRow holds the bytes of one SIM or satellite identity in one period, as metered by the networks. Only packet networks (satellites)
// have billable bytes and packets.
type DataRow struct {
	Type             string    `json:"type"`             // cellular or satellite
	Device           string    `json:"device,omitempty"` // UID, if per device
	Fleet            string    `json:"fleet,omitempty"`  // UID, if per fleet
	ICCID            string    `json:"iccid,omitempty"`  // of a SIM
	PSID             string    `json:"psid,omitempty"`   // of a satellite identity
	Period           time.Time `json:"period"`           // its start, in UTC
	Total            Count     `json:"total_bytes,omitzero"`
	Uplink           Count     `json:"uplink_bytes,omitzero"`
	Downlink         Count     `json:"downlink_bytes,omitzero"`
	Billable         Count     `json:"billable_bytes_total,omitzero"` // bytes
	UplinkBillable   Count     `json:"uplink_bytes_billable,omitzero"`
	DownlinkBillable Count     `json:"downlink_bytes_billable,omitzero"`
	UplinkPackets    Count     `json:"uplink_packets,omitzero"`
	DownlinkPackets  Count     `json:"downlink_packets,omitzero"`
	Devices          Count     `json:"device_count,omitzero"`
}

// An EventsRow holds the events of one device, fleet or project in one period. Its map is valid until the next row.
type EventsRow struct {
	Device    string           `json:"device,omitempty"` // UID, if per device
	Fleet     string           `json:"fleet,omitempty"`  // UID, if per fleet
	Period    time.Time        `json:"period"`           // its start, in UTC
	Total     Count            `json:"total_events,omitzero"`
	Billable  Count            `json:"billable_events,omitzero"` // with Watchdog; older Notehubs leave it out: Total - Platform
	Platform  Count            `json:"platform_events,omitzero"` // not billed
	Watchdog  Count            `json:"watchdog_events,omitzero"` // made by Notehub while a device is silent
	Devices   Count            `json:"total_devices,omitzero"`
	Days      Count            `json:"total_days_in_period,omitzero"` // with the days to come
	Reboots   Count            `json:"total_reboots,omitzero"`
	FwUpdates Count            `json:"total_fw_updates,omitzero"`
	Notefiles map[string]Count `json:"notefiles,omitempty"` // events by notefile, if requested; nil if there are more than 10,000
}

// A SessionsRow holds the sessions of one device, fleet or project in one period. Its map is valid until the next row.
type SessionsRow struct {
	Device     string           `json:"device,omitempty"` // UID, if per device
	Fleet      string           `json:"fleet,omitempty"`  // UID, if per fleet
	Period     time.Time        `json:"period"`           // its start, in UTC
	Sessions   Count            `json:"sessions,omitzero"`
	FirstSyncs Count            `json:"first_sync_sessions,omitzero"`
	Bytes      Count            `json:"total_bytes,omitzero"` // over all transports; must not be added to those of a DataRow
	TLS        Count            `json:"tls_sessions,omitzero"`
	Devices    Count            `json:"total_devices,omitzero"`
	Transports map[string]Count `json:"sessions_by_transport,omitempty"` // cell, wifi, ntn, lorawan; nil if there are more than 10,000
}

// A RouteLogsRow holds the events routed by one route or project in one period.
type RouteLogsRow struct {
	Route      string    `json:"route,omitempty"` // UID, if per route
	Period     time.Time `json:"period"`          // its start, in UTC
	Total      Count     `json:"total_routes,omitzero"`
	Successful Count     `json:"successful_routes,omitzero"`
	Failed     Count     `json:"failed_routes,omitzero"`
	LatencyMS  float64   `json:"avg_latency_ms"` // average in milliseconds; NaN if not known
}

// DataUsage calls each for every row of data usage and reports whether Notehub truncated the answer. An error of each ends the reading and
// is returned, wrapped.
func (c *Client) DataUsage(ctx context.Context, project string, q UsageQuery, each func(DataRow) error) (truncated bool, err error) {
	return c.usage(ctx, project, "data", "data", q, q.values, func(d *decoder) { d.dataSeries(each) })
}

// EventsUsage calls each for every row of events usage and reports whether Notehub truncated the answer. An error of each ends the reading
// and is returned, wrapped.
func (c *Client) EventsUsage(ctx context.Context, project string, q EventsQuery, each func(EventsRow) error) (truncated bool, err error) {
	return c.usage(ctx, project, "events", "data", q.UsageQuery, q.values, func(d *decoder) {
		if row := d.eventsRow(); !d.failed {
			d.stop(each(row))
		}
	})
}

// SessionsUsage calls each for every row of sessions usage and reports whether Notehub truncated the answer. An error of each ends the
// reading and is returned, wrapped.
func (c *Client) SessionsUsage(ctx context.Context, project string, q SessionsQuery, each func(SessionsRow) error) (truncated bool, err error) {
	return c.usage(ctx, project, "sessions", "sessions", q.UsageQuery, q.values, func(d *decoder) {
		if row := d.sessionsRow(); !d.failed {
			d.stop(each(row))
		}
	})
}

// RouteLogsUsage calls each for every row of route usage and reports whether Notehub truncated the answer. An error of each ends the
// reading and is returned, wrapped.
func (c *Client) RouteLogsUsage(ctx context.Context, project string, q RouteLogsQuery, each func(RouteLogsRow) error) (truncated bool, err error) {
	return c.usage(ctx, project, "route-logs", "route_logs", q.UsageQuery, q.values, func(d *decoder) {
		if row := d.routeLogsRow(); !d.failed {
			d.stop(each(row))
		}
	})
}

// usage reads one answer of usage, whose rows are in the field list.
func (c *Client) usage(
	ctx context.Context, project, kind, list string, q UsageQuery, query func() (url.Values, error), row func(*decoder),
) (truncated bool, err error) {
	optional := kind == "data" // only this one of the four, according to the official description
	values, err := query()
	if err == nil {
		most := cmp.Or(q.Limit, defaultLimit)
		err = c.get(ctx, project, "usage/"+kind, values, most, func(d *decoder) { truncated = d.usage(list, optional, row) })
	}
	if err != nil {
		return false, fmt.Errorf("reading %s usage of project %q: %w", kind, project, err)
	}
	return truncated, nil
}
