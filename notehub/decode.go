package notehub

import (
	"io"
	"math"
)

const (
	maxReused    = 64      // entries of a map that is reused for the next row
	maxSeriesRow = 20_000  // rows of one SIM: days of half a century
	maxListed    = 1_000   // fleets or SIMs of one device
	maxCounts    = 10_000  // notefiles or transports of one row that are stored
	maxNames     = 1 << 20 // notefiles or transports of one row
)

// A decoder reads the rows of one answer.
type decoder struct {
	scanner
	most       int // maximum number of rows of the answer
	strings    map[string]string
	lastString string
	uids       sequence          // of devices
	versions   map[string]string // of firmware, by its description
	periods    map[string]period
	lastPeriod period
	counted    map[string]Count // of the current row; reused for the next
	series     []DataRow
	handed     int // rows of earlier series
}

func newDecoder(src io.Reader, most int) *decoder {
	return &decoder{
		most:     most,
		scanner:  scanner{src: src, buf: make([]byte, windowSize)},
		strings:  map[string]string{},
		versions: map[string]string{},
		periods:  map[string]period{},
	}
}

// usage reads an answer whose rows are in the field list, and calls row for each. If the list is optional, it may be missing from an answer
// that has no other list.
func (d *decoder) usage(list string, optional bool, row func(*decoder)) (truncated bool) {
	strange := false
	found := d.envelope(list, func() { row(d) }, func(name string) bool {
		if name == "truncated" {
			truncated = d.boolean()
			return true
		}
		strange = true
		return false
	})
	d.require(list, found || optional && !strange)
	return truncated
}

// onlyList reads an answer whose rows are in the field list. The list may be missing if there is nothing else in its place.
func (d *decoder) onlyList(list string, row func()) {
	strange := false
	found := d.envelope(list, row, func(string) bool {
		strange = true
		return false
	})
	d.require(list, found || !strange)
}

// envelope reads an object whose rows are in the field list (null means none), and whose other fields are read by other, if other knows
// them. It reports whether the list was found.
func (d *decoder) envelope(list string, row func(), other func(name string) bool) (found bool) {
	for name := range d.fields {
		switch {
		case string(name) != list:
			if !other(string(name)) {
				d.skip()
			}
		case found:
			d.fail("it comes twice")
		default:
			found = true
			d.rows(row)
		}
	}
	return found
}

// rows reads a list of rows, or null.
func (d *decoder) rows(row func()) {
	if d.null() {
		return
	}
	for range d.elements {
		if d.name = nil; d.row == d.most {
			d.tooMany()
			return
		}
		d.row++
		row()
	}
	d.row = 0
}

// tooMany fails because the answer has more rows than allowed.
func (d *decoder) tooMany() { d.fail("the answer has more than %d rows", d.most) }

// list reads a list of at most a number of elements, or null. element reads one of them.
func (d *decoder) list(most int, element func()) {
	if d.null() {
		return
	}
	n := 0
	for range d.elements {
		if n++; n > most {
			d.fail("it has more than %d entries", most)
			return
		}
		element()
	}
}

func (d *decoder) eventsRow() (row EventsRow) {
	for name := range d.fields {
		switch string(name) {
		case "period":
			row.Period = d.instant()
		case "device":
			row.Device = d.uid()
		case "fleet":
			row.Fleet = d.string()
		case "total_events":
			row.Total = d.count()
		case "billable_events":
			row.Billable = d.count()
		case "platform_events":
			row.Platform = d.count()
		case "watchdog_events":
			row.Watchdog = d.count()
		case "total_devices":
			row.Devices = d.count()
		case "total_days_in_period":
			row.Days = d.count()
		case "total_reboots":
			row.Reboots = d.count()
		case "total_fw_updates":
			row.FwUpdates = d.count()
		case "notefiles":
			row.Notefiles = d.counts()
		default:
			d.skip()
		}
	}
	d.require("period", !row.Period.IsZero())
	return row
}

func (d *decoder) sessionsRow() (row SessionsRow) {
	for name := range d.fields {
		switch string(name) {
		case "period":
			row.Period = d.instant()
		case "device":
			row.Device = d.uid()
		case "fleet":
			row.Fleet = d.string()
		case "sessions":
			row.Sessions = d.count()
		case "first_sync_sessions":
			row.FirstSyncs = d.count()
		case "total_bytes":
			row.Bytes = d.count()
		case "tls_sessions":
			row.TLS = d.count()
		case "total_devices":
			row.Devices = d.count()
		case "sessions_by_transport":
			row.Transports = d.counts()
		default:
			d.skip()
		}
	}
	d.require("period", !row.Period.IsZero())
	return row
}

func (d *decoder) routeLogsRow() (row RouteLogsRow) {
	row.LatencyMS = math.NaN()
	for name := range d.fields {
		switch string(name) {
		case "period":
			row.Period = d.instant()
		case "route":
			row.Route = d.string()
		case "total_routes":
			row.Total = d.count()
		case "successful_routes":
			row.Successful = d.count()
		case "failed_routes":
			row.Failed = d.count()
		case "avg_latency_ms":
			row.LatencyMS = d.float()
		default:
			d.skip()
		}
	}
	d.require("period", !row.Period.IsZero())
	return row
}

// dataSeries reads the rows of one SIM or satellite identity. Their common fields may come after them, so the rows are kept until the end
// of the series.
func (d *decoder) dataSeries(each func(DataRow) error) {
	var shared DataRow
	var imsi string // name of psid before 2026
	d.series = d.series[:0]
	for name := range d.fields {
		switch string(name) {
		case "type":
			shared.Type = d.string()
		case "device":
			shared.Device = d.uid()
		case "fleet":
			shared.Fleet = d.string()
		case "iccid":
			shared.ICCID = d.unshared()
		case "psid":
			shared.PSID = d.unshared()
		case "imsi":
			imsi = d.unshared()
		case "device_count":
			shared.Devices = d.count()
		case "data":
			d.series = d.series[:0]
			d.seriesRows()
		default:
			d.skip()
		}
	}
	d.require("type", shared.Type != "")
	if shared.PSID == "" {
		shared.PSID = imsi
	}
	for _, row := range d.series {
		if d.failed {
			return
		}
		row.Type, row.Device, row.Fleet = shared.Type, shared.Device, shared.Fleet
		row.ICCID, row.PSID, row.Devices = shared.ICCID, shared.PSID, shared.Devices
		d.stop(each(row))
	}
	d.handed += len(d.series)
}

// seriesRows reads the rows of a series. The limit of an answer applies to the rows of all its series.
func (d *decoder) seriesRows() {
	d.list(maxSeriesRow, func() {
		if d.handed+len(d.series) == d.most {
			d.tooMany()
			return
		}
		d.series = append(d.series, d.dataRow())
	})
}

func (d *decoder) dataRow() (row DataRow) {
	var received, sent, receivedBillable, sentBillable Count // names of before February 2026
	for name := range d.fields {
		switch string(name) {
		case "period":
			row.Period = d.instant()
		case "total_bytes":
			row.Total = d.count()
		case "uplink_bytes":
			row.Uplink = d.count()
		case "downlink_bytes":
			row.Downlink = d.count()
		case "billable_bytes_total":
			row.Billable = d.count()
		case "uplink_bytes_billable":
			row.UplinkBillable = d.count()
		case "downlink_bytes_billable":
			row.DownlinkBillable = d.count()
		case "uplink_packets":
			row.UplinkPackets = d.count()
		case "downlink_packets":
			row.DownlinkPackets = d.count()
		case "bytes_received":
			received = d.count()
		case "bytes_sent":
			sent = d.count()
		case "billable_bytes_received":
			receivedBillable = d.count()
		case "billable_bytes_sent":
			sentBillable = d.count()
		default:
			d.skip()
		}
	}
	row.Downlink, row.Uplink = row.Downlink.or(received), row.Uplink.or(sent)
	row.DownlinkBillable, row.UplinkBillable = row.DownlinkBillable.or(receivedBillable), row.UplinkBillable.or(sentBillable)
	d.require("period", !row.Period.IsZero())
	return row
}

// require fails if a field is missing without which the object is useless.
func (d *decoder) require(field string, present bool) {
	if !present {
		d.fail("it has no %q", field)
	}
}

// counts reads an object of whole numbers, or null. It is nil if it has more than maxCounts: a device that invents names must not make the
// answer about all others invalid. The map is reused for the next row.
func (d *decoder) counts() map[string]Count {
	if d.null() {
		return nil
	}
	if clear(d.counted); d.counted == nil {
		d.counted = map[string]Count{}
	}
	counts, n := d.counted, 0
	for name := range d.fields {
		if n++; n > maxNames {
			d.fail("it has more than %d entries", maxNames)
			break
		}
		if len(counts) == maxCounts {
			counts = nil
		}
		if counts == nil {
			d.count()
			continue
		}
		key := d.intern(name)
		counts[key] = d.count()
	}
	if len(d.counted) > maxReused { // clearing it would take long
		d.counted = nil
	}
	return counts
}
