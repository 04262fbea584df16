package notehubtest

import (
	"bytes"
	"encoding/json"
	"time"
)

// The answers as Notehub writes them. They are written down here once more, and not shared with the client, so that a
// mistake in one of the two is found.

type errorEnvelope struct {
	Err     string `json:"err"`
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Request string `json:"request"`
}

type dataEnvelope struct {
	Data      []dataSeries `json:"data"`
	Truncated bool         `json:"truncated"`
}

type dataSeries struct {
	Type    string      `json:"type"`
	Device  string      `json:"device,omitempty"`
	Fleet   string      `json:"fleet,omitempty"`
	ICCID   string      `json:"iccid,omitempty"`
	PSID    string      `json:"psid,omitempty"`
	Devices int64       `json:"device_count"`
	Data    []dataPoint `json:"data"`
}

type dataPoint struct {
	Period          time.Time `json:"period"`
	Total           int64     `json:"total_bytes"`
	Uplink          int64     `json:"uplink_bytes"`
	Downlink        int64     `json:"downlink_bytes"`
	Billable        int64     `json:"billable_bytes_total,omitempty"`
	UplinkBilled    int64     `json:"uplink_bytes_billable,omitempty"`
	DownlinkBilled  int64     `json:"downlink_bytes_billable,omitempty"`
	UplinkPackets   int64     `json:"uplink_packets,omitempty"`
	DownlinkPackets int64     `json:"downlink_packets,omitempty"`
}

type eventsEnvelope struct {
	Data      []eventsPoint `json:"data"`
	Truncated bool          `json:"truncated"`
}

type eventsPoint struct {
	Period    time.Time        `json:"period"`
	Device    string           `json:"device,omitempty"`
	Fleet     string           `json:"fleet,omitempty"`
	Total     int64            `json:"total_events"`
	Billable  int64            `json:"billable_events"`
	Platform  int64            `json:"platform_events"`
	Watchdog  int64            `json:"watchdog_events"`
	Devices   int64            `json:"total_devices"`
	Days      int64            `json:"total_days_in_period"`
	Reboots   *int64           `json:"total_reboots"` // null of devices that do not report health
	FwUpdates *int64           `json:"total_fw_updates"`
	Notefiles map[string]int64 `json:"notefiles,omitempty"`
}

type sessionsEnvelope struct {
	Sessions  []sessionsPoint `json:"sessions"`
	Truncated bool            `json:"truncated"`
}

type sessionsPoint struct {
	Period     time.Time        `json:"period"`
	Device     string           `json:"device,omitempty"`
	Fleet      string           `json:"fleet,omitempty"`
	Sessions   int64            `json:"sessions"`
	FirstSyncs int64            `json:"first_sync_sessions"`
	TLS        *int64           `json:"tls_sessions"` // null over satellites
	Bytes      int64            `json:"total_bytes"`
	Devices    int64            `json:"total_devices"`
	Transports map[string]int64 `json:"sessions_by_transport,omitempty"`
}

type routeLogsEnvelope struct {
	RouteLogs []routeLogsPoint `json:"route_logs"`
	Truncated bool             `json:"truncated"`
}

type routeLogsPoint struct {
	Period     time.Time `json:"period"`
	Route      string    `json:"route,omitempty"`
	Total      int64     `json:"total_routes"`
	Successful int64     `json:"successful_routes"`
	Failed     int64     `json:"failed_routes"`
	LatencyMS  *float64  `json:"avg_latency_ms"`
}

type devicesEnvelope struct {
	Devices []deviceLine `json:"devices"`
	HasMore bool         `json:"has_more"`
}

type deviceLine struct {
	UID              string     `json:"uid"`
	SerialNumber     string     `json:"serial_number"`
	SKU              string     `json:"sku"`
	Product          string     `json:"product_uid"`
	Fleets           []string   `json:"fleet_uids"`
	FirmwareNotecard string     `json:"firmware_notecard"` // JSON text of a firmware
	FirmwareHost     string     `json:"firmware_host"`     // the same
	Disabled         bool       `json:"disabled,omitempty"`
	Provisioned      time.Time  `json:"provisioned"`
	LastActivity     *time.Time `json:"last_activity"` // null: never
	Voltage          float64    `json:"voltage"`
	Temperature      float64    `json:"temperature"`
	SIMs             []simUsage `json:"cellular_usage,omitempty"`
	Updates          *updates   `json:"dfu,omitempty"`
}

type updates struct {
	Notecard *update `json:"card"`
	Host     *update `json:"user"`
}

type update struct {
	Type    string `json:"type"`
	Mode    string `json:"mode"`
	Version string `json:"version"`
	Began   int64  `json:"began"`   // Unix seconds
	Updated int64  `json:"updated"` // the same
}

type firmware struct {
	Organization string `json:"org"`
	Product      string `json:"product"`
	Version      string `json:"version"`
}

// text returns the firmware as Notehub writes it in a device: as JSON text.
func (f firmware) text() string { return string(bytes.TrimSpace(encode(f))) }

type simUsage struct {
	ICCID        string `json:"iccid"`
	Used         int64  `json:"used"`
	Limit        int64  `json:"limit"`
	LifetimeUsed int64  `json:"lifetime_used"`
	LastUpdated  int64  `json:"last_updated"` // Unix seconds
}

type fleetsEnvelope struct {
	Fleets []fleetLine `json:"fleets"`
}

type fleetLine struct {
	UID      string    `json:"uid"`
	Label    string    `json:"label"`
	Created  time.Time `json:"created"`
	Watchdog int64     `json:"watchdog_mins"`

	Assurance *assurance `json:"connectivity_assurance,omitempty"`
}

type assurance struct {
	Enabled *bool `json:"enabled"`
}

type routeLine struct {
	UID      string    `json:"uid"`
	Label    string    `json:"label"`
	Type     string    `json:"type"`
	Modified time.Time `json:"modified"`
	Disabled bool      `json:"disabled"`
}

type projectsEnvelope struct {
	Projects []projectLine `json:"projects"`
}

type projectLine struct {
	UID     string    `json:"uid"`
	Label   string    `json:"label"`
	Created time.Time `json:"created"`
	Role    string    `json:"role"`
}

type organizationsEnvelope struct {
	Organizations []organizationLine `json:"organizations"`
}

type accountsEnvelope struct {
	Accounts []organizationLine `json:"billing_accounts"`
}

type organizationLine struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	Role string `json:"role"`
}

type organizationDetails struct {
	UID       string            `json:"uid"`
	Name      string            `json:"name"`
	Suspended bool              `json:"suspended"`
	Plan      *organizationPlan `json:"plan,omitempty"`
}

type organizationPlan struct {
	Type     string    `json:"type"`
	Balance  int64     `json:"current_balance"`
	Capacity int64     `json:"event_capacity"`
	Start    time.Time `json:"start_date"`
	End      time.Time `json:"end_date"`
}

type balanceEnvelope struct {
	Data []balancePoint `json:"data"`
}

type balancePoint struct {
	Period    time.Time `json:"period"`
	Remaining int64     `json:"remaining_event_capacity"`
	Used      int64     `json:"total_event_capacity_used"`
}

type oauthToken struct {
	Token     string `json:"access_token"`
	Type      string `json:"token_type"`
	Scope     string `json:"scope"`
	ExpiresIn int64  `json:"expires_in"` // seconds
}

type oauthError struct {
	Code string `json:"error"`
	Text string `json:"error_description"`
}

func encode(answer any) []byte {
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // of our own types: times beyond the year 9999
	}
	return append(body, '\n')
}

// cut leaves as many rows as the query allows, and reports whether there were more.
func cut[Row any](rows []Row, q *query) ([]Row, bool) {
	if rows == nil {
		rows = []Row{} // a list, not null
	}
	if q.halved {
		return rows[:len(rows)/2], true
	}
	most := min(q.limit, len(rows))
	return rows[:most], most < len(rows)
}
