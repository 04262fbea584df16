package wire

import (
	"bytes"
	"encoding/json"
	"time"
)

// An ErrorEnvelope is an answer that refuses a request.
type ErrorEnvelope struct {
	Err     string `json:"err"`
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Request string `json:"request"`
}

// A DataEnvelope is the answer about data usage.
type DataEnvelope struct {
	Data      []DataSeries `json:"data"`
	Truncated bool         `json:"truncated"`
}

// A DataSeries is the data usage of one subject.
type DataSeries struct {
	Type    string      `json:"type"`
	Device  string      `json:"device,omitempty"`
	Fleet   string      `json:"fleet,omitempty"`
	ICCID   string      `json:"iccid,omitempty"`
	PSID    string      `json:"psid,omitempty"`
	Devices int64       `json:"device_count"`
	Data    []DataPoint `json:"data"`
}

// A DataPoint has the values of one day, of data usage.
type DataPoint struct {
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

// An EventsEnvelope is the answer about events.
type EventsEnvelope struct {
	Data      []EventsPoint `json:"data"`
	Truncated bool          `json:"truncated"`
}

// An EventsPoint has the values of one day, of events.
type EventsPoint struct {
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

// A SessionsEnvelope is the answer about sessions.
type SessionsEnvelope struct {
	Sessions  []SessionsPoint `json:"sessions"`
	Truncated bool            `json:"truncated"`
}

// A SessionsPoint has the values of one day, of sessions.
type SessionsPoint struct {
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

// A RouteLogsEnvelope is the answer about what routes handled.
type RouteLogsEnvelope struct {
	RouteLogs []RouteLogsPoint `json:"route_logs"`
	Truncated bool             `json:"truncated"`
}

// A RouteLogsPoint has the values of one day, of what routes handled.
type RouteLogsPoint struct {
	Period     time.Time `json:"period"`
	Route      string    `json:"route,omitempty"`
	Total      int64     `json:"total_routes"`
	Successful int64     `json:"successful_routes"`
	Failed     int64     `json:"failed_routes"`
	LatencyMS  *float64  `json:"avg_latency_ms"`
}

// A DevicesEnvelope is the answer about devices.
type DevicesEnvelope struct {
	Devices []DeviceLine `json:"devices"`
	HasMore bool         `json:"has_more"`
}

// A DeviceLine is one device in a list.
type DeviceLine struct {
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
	SIMs             []SimUsage `json:"cellular_usage,omitempty"`
	Updates          *Updates   `json:"dfu,omitempty"`
}

// Updates are the newest updates of the firmware of a device.
type Updates struct {
	Notecard *Update `json:"card"`
	Host     *Update `json:"user"`
}

// An Update is the download and installation of a firmware.
type Update struct {
	Type    string `json:"type"`
	Mode    string `json:"mode"`
	Version string `json:"version"`
	Began   int64  `json:"began"`   // Unix seconds
	Updated int64  `json:"updated"` // the same
}

// A Firmware describes what a device runs.
type Firmware struct {
	Organization string `json:"org"`
	Product      string `json:"product"`
	Version      string `json:"version"`
}

// Text returns the firmware as Notehub writes it in a device: as JSON text.
func (f Firmware) Text() string { return string(bytes.TrimSpace(Encode(f))) }

// A SimUsage is the plan of a SIM with what it has used.
type SimUsage struct {
	ICCID        string `json:"iccid"`
	Used         int64  `json:"used"`
	Limit        int64  `json:"limit"`
	LifetimeUsed int64  `json:"lifetime_used"`
	LastUpdated  int64  `json:"last_updated"` // Unix seconds
}

// A FleetsEnvelope is the answer about fleets.
type FleetsEnvelope struct {
	Fleets []FleetLine `json:"fleets"`
}

// A FleetLine is one fleet in a list.
type FleetLine struct {
	UID      string    `json:"uid"`
	Label    string    `json:"label"`
	Created  time.Time `json:"created"`
	Watchdog int64     `json:"watchdog_mins"`

	Assurance *Assurance `json:"connectivity_assurance,omitempty"`
}

// An Assurance says whether more data is bought for a device that has used up its plan.
type Assurance struct {
	Enabled *bool `json:"enabled"`
}

// A RouteLine is one route in a list.
type RouteLine struct {
	UID      string    `json:"uid"`
	Label    string    `json:"label"`
	Type     string    `json:"type"`
	Modified time.Time `json:"modified"`
	Disabled bool      `json:"disabled"`
}

// A ProjectsEnvelope is the answer about projects.
type ProjectsEnvelope struct {
	Projects []ProjectLine `json:"projects"`
}

// A ProjectLine is one project in a list.
type ProjectLine struct {
	UID     string    `json:"uid"`
	Label   string    `json:"label"`
	Created time.Time `json:"created"`
	Role    string    `json:"role"`
}

// An OrganizationsEnvelope is the answer about organizations.
type OrganizationsEnvelope struct {
	Organizations []OrganizationLine `json:"organizations"`
}

// An AccountsEnvelope is the answer about billing accounts.
type AccountsEnvelope struct {
	Accounts []OrganizationLine `json:"billing_accounts"`
}

// An OrganizationLine is one organization or billing account in a list.
type OrganizationLine struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// OrganizationDetails is the answer about one organization.
type OrganizationDetails struct {
	UID       string            `json:"uid"`
	Name      string            `json:"name"`
	Suspended bool              `json:"suspended"`
	Plan      *OrganizationPlan `json:"plan,omitempty"`
}

// An OrganizationPlan is what an organization pays for.
type OrganizationPlan struct {
	Type     string    `json:"type"`
	Balance  int64     `json:"current_balance"`
	Capacity int64     `json:"event_capacity"`
	Start    time.Time `json:"start_date"`
	End      time.Time `json:"end_date"`
}

// A BalanceEnvelope is the answer about the balance of an organization.
type BalanceEnvelope struct {
	Data []BalancePoint `json:"data"`
}

// A BalancePoint is the balance of an organization at one time.
type BalancePoint struct {
	Period    time.Time `json:"period"`
	Remaining int64     `json:"remaining_event_capacity"`
	Used      int64     `json:"total_event_capacity_used"`
}

// An OAuthToken is the answer to a client with the right secret.
type OAuthToken struct {
	Token     string `json:"access_token"`
	Type      string `json:"token_type"`
	Scope     string `json:"scope"`
	ExpiresIn int64  `json:"expires_in"` // seconds
}

// An OAuthError is the answer to a client that is refused.
type OAuthError struct {
	Code string `json:"error"`
	Text string `json:"error_description"`
}

// Encode returns an answer as JSON, with a line break.
func Encode(answer any) []byte {
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // of our own types: times beyond the year 9999
	}
	return append(body, '\n')
}
