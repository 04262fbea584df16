package probe

import (
	"encoding/json"
	"slices"
	"strings"
)

// A shape is the form of the rows of an answer.
type shape struct {
	list  string   // the key of the rows; "" is a single object
	reads []field  // fields that notewatch reads
	knows []string // other fields in the description of the API; a name includes all fields below it
}

// A field is a field of rows. Its name begins with the names of the fields that contain it, such as cellular_usage.used.
type field struct {
	name   string
	affect string // the name in rules that is no data without it
	mild   bool   // it is often missing or null: for some devices, or for a role that may not see it
}

// shapes are the forms of the answers, by the name of the endpoint.
var shapes = map[string]shape{
	projects:      {"projects", []field{{"uid", "every project of projects: all", false}, {"label", "the name of a project", false}, {"role", "", true}}, []string{"created", "administrative_contact", "technical_contact"}},
	organizations: {"organizations", []field{{"uid", "org", false}, {"name", "org.name", false}, {"role", "", true}}, nil},
	accounts:      {"billing_accounts", []field{{"uid", "org", false}, {"name", "org.name", false}, {"role", "", true}}, nil},
	organization: {"", []field{
		{"uid", "org", false}, {"name", "org.name", false}, {"suspended", "org.suspended", false}, {"plan.type", "org.type", true}, {"plan.event_capacity", "org.capacity", true},
		{"plan.end_date", "org.contract_days_left", true},
	}, []string{"plan.current_balance", "plan.start_date", "contact_uid", "email", "owner"}},
	balance: {"data", []field{
		{"period", "org.days_left", false}, {"remaining_event_capacity", "org.balance", false}, {"total_event_capacity_used", "org.days_left", false},
	}, nil},
	devices: {"devices", []field{
		{"uid", "every device", false}, {"serial_number", "device.name", true}, {"sku", "device.sku", true}, {"product_uid", "device.product", false},
		{"fleet_uids", "device.fleets", false}, {"firmware_notecard", "device.firmware", true}, {"firmware_host", "device.host_firmware", true},
		{"provisioned", "device.age_days", false}, {"last_activity", "device.silent_hours", true}, {"voltage", "device.voltage", true}, {"temperature", "device.temperature", true},
		{"disabled", "", true}, {"cellular_usage.iccid", "plan.sims", true}, {"cellular_usage.used", "plan.used", true}, {"cellular_usage.limit", "plan.limit", true},
		{"cellular_usage.last_updated", "plan.age_hours", true}, {"cellular_usage.lifetime_used", "", true},
		{"dfu.card.mode", "device.updating", true}, {"dfu.user.mode", "", true},
	}, []string{"best_location", "gps_location", "tower_location", "triangulated_location", "tower_info", "contact", "dfu"}},
	fleets: {"fleets", []field{
		{"uid", "device.fleets", false}, {"label", "fleet.name", false}, {"watchdog_mins", "fleet.watchdog_mins", true}, {"connectivity_assurance.enabled", "plan.auto_topup", true},
	}, []string{"created", "smart_rule", "smart_rule_enabled", "environment_variables"}},
	routes: {"", []field{{"uid", "route", false}, {"label", "route.name", false}, {"type", "route.type", true}, {"disabled", "route.disabled", true}}, []string{"modified"}},
	events: {"data", []field{
		{"period", "events", false}, {"device", "events", false}, {"total_events", "events_total", false}, {"platform_events", "platform", false}, {"watchdog_events", "watchdog", false},
		{"billable_events", "", true}, {"total_reboots", "reboots", true}, {"total_fw_updates", "fw_updates", true}, {"notefiles", "notefiles", true},
	}, []string{"fleet", "total_devices", "total_days_in_period"}},
	sessions: {"sessions", []field{
		{"period", "sessions", false}, {"device", "sessions", false}, {"sessions", "sessions", false}, {"total_bytes", "session_bytes", false}, {"tls_sessions", "tls", true},
		{"first_sync_sessions", "first_syncs", false}, {"sessions_by_transport", "transport", true},
	}, []string{"fleet", "total_devices"}},
	data: {"data", []field{
		{"type", "bytes and sat", false}, {"device", "bytes", false}, {"data.period", "bytes", false}, {"data.total_bytes", "bytes", false}, {"iccid", "", true}, {"psid", "", true},
		{"data.billable_bytes_total", "", true}, {"data.uplink_packets", "", true}, {"data.downlink_packets", "", true},
	}, []string{"fleet", "device_count", "data.uplink_bytes", "data.downlink_bytes", "data.uplink_bytes_billable", "data.downlink_bytes_billable"}},
	routeLogs: {"route_logs", []field{
		{"period", "routed", false}, {"route", "routed", false}, {"total_routes", "routed", false}, {"failed_routes", "route_failures", false}, {"avg_latency_ms", "route_latency", true},
	}, []string{"successful_routes"}},
}

// The endpoints that are requested.
const (
	projects      = "projects"
	organizations = "organizations"
	accounts      = "billing-accounts"
	organization  = "organization"
	balance       = "balance-history"
	devices       = "devices"
	fleets        = "fleets"
	routes        = "routes"
	events        = "usage/events"
	sessions      = "usage/sessions"
	data          = "usage/data"
	routeLogs     = "usage/route-logs"
)

// maps are fields with keys of their own.
var maps = []string{"notefiles", "sessions_by_transport", "environment_variables"}

// rows returns the rows of an answer.
func (s shape) rows(body []byte) (rows []map[string]any) {
	if s.list == "" {
		var many []map[string]any
		if json.Unmarshal(body, &many) == nil {
			return many
		}
		var one map[string]any
		if json.Unmarshal(body, &one) == nil && len(one) > 0 {
			return []map[string]any{one}
		}
		return nil
	}
	var envelope map[string]json.RawMessage
	if json.Unmarshal(body, &envelope) == nil {
		_ = json.Unmarshal(envelope[s.list], &rows) // the client reports an answer in another form
	}
	return rows
}

// compare returns the fields that no row has, and the unknown fields of rows, both sorted by their place in the shape or by name.
func (s shape) compare(rows []map[string]any) (missing []field, unknown []string) {
	seen := map[string]bool{} // whether a value was not null, by name
	for _, row := range rows {
		collect(seen, "", row)
	}
	for _, f := range s.reads {
		if !seen[f.name] && len(rows) > 0 {
			missing = append(missing, f)
		}
	}
	for name := range seen {
		if !s.known(name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return missing, unknown
}

// collect adds the names of fields.
func collect(seen map[string]bool, prefix string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			name := strings.TrimPrefix(prefix+"."+key, ".")
			seen[name] = seen[name] || inner != nil
			if !slices.Contains(maps, key) {
				collect(seen, name, inner)
			}
		}
	case []any:
		for _, inner := range value {
			collect(seen, prefix, inner)
		}
	}
}

// known reports whether the shape has a field, or one that contains it or is contained in it.
func (s shape) known(name string) bool {
	for _, f := range s.reads {
		if f.name == name || strings.HasPrefix(f.name, name+".") {
			return true
		}
	}
	return slices.ContainsFunc(s.knows, func(known string) bool {
		return known == name || strings.HasPrefix(name, known+".") || strings.HasPrefix(known, name+".")
	})
}
