package notehub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"
)

// A Device is an entry of the device list.
type Device struct {
	UID, SerialNumber, SKU, Product string
	Fleets                          []string // UIDs
	FirmwareNotecard, FirmwareHost  string   // versions; "" is no data
	Disabled                        bool
	Provisioned                     time.Time
	LastActivity                    time.Time // zero means never
	Voltage, Temperature            float64   // volts and degrees Celsius; NaN if not known
	SIMs                            []SIM
	UpdateNotecard, UpdateHost      Update // of the two firmwares
}

// An Update is the state of a firmware update.
type Update struct {
	Mode    string // idle, error, downloading, sideloading, ready, ready-retry, updating or completed; "" is no data
	Invalid bool   // Notehub answered an unknown mode; then it is not known
}

// Running reports whether the update has begun and has not ended.
func (u Update) Running() bool {
	switch u.Mode {
	case "downloading", "sideloading", "ready", "ready-retry", "updating":
		return true
	}
	return false
}

// A SIM is the data plan of one SIM card.
type SIM struct {
	ICCID                     string
	Used, Limit, LifetimeUsed Count     // bytes
	LastUpdated               time.Time // zero: never
}

// MaxPageSize is the largest page of the device list.
const MaxPageSize = 10_000

// Devices calls each for every device of one page, counted from 1, and reports whether there are more pages. An error of each ends the
// reading and is returned, wrapped. The caller must check that the pages end, because only the caller knows the devices of earlier pages.
func (c *Client) Devices(ctx context.Context, project string, page, size int, each func(Device) error) (more bool, err error) {
	switch {
	case page < 1:
		err = fmt.Errorf("pages count from 1, not %d", page)
	case size < 1 || size > MaxPageSize:
		err = fmt.Errorf("page size %d is not between 1 and %d", size, MaxPageSize)
	default:
		query := url.Values{"pageNum": {strconv.Itoa(page)}, "pageSize": {strconv.Itoa(size)}}
		err = c.get(ctx, project, "devices", query, size, func(d *decoder) { more = d.devices(each) })
	}
	if err != nil {
		return false, fmt.Errorf("reading page %d of devices of project %q: %w", page, project, err)
	}
	return more, nil
}

func (d *decoder) devices(each func(Device) error) (more bool) {
	complete := false
	found := d.envelope("devices", func() {
		if device := d.device(); !d.failed {
			d.stop(each(device))
		}
	}, func(name string) bool {
		if name != "has_more" {
			return false
		}
		if d.peek() == 'n' { // elsewhere null means false, but here that would end the list
			d.unexpected("true or false")
		}
		complete, more = true, d.boolean()
		return true
	})
	d.require("devices", found)
	d.require("has_more", complete)
	return more
}

func (d *decoder) device() Device {
	device := Device{Voltage: math.NaN(), Temperature: math.NaN()}
	for name := range d.fields {
		switch string(name) {
		case "uid":
			device.UID = d.unshared()
		case "serial_number":
			device.SerialNumber = d.unshared()
		case "sku":
			device.SKU = d.string()
		case "product_uid":
			device.Product = d.string()
		case "fleet_uids":
			device.Fleets = nil
			d.list(maxListed, func() { device.Fleets = append(device.Fleets, d.string()) })
		case "firmware_notecard":
			device.FirmwareNotecard = d.firmware()
		case "firmware_host":
			device.FirmwareHost = d.firmware()
		case "disabled":
			device.Disabled = d.boolean()
		case "provisioned":
			device.Provisioned = d.instant()
		case "last_activity":
			device.LastActivity = d.instant()
		case "voltage":
			device.Voltage = d.float()
		case "temperature":
			device.Temperature = d.float()
		case "cellular_usage":
			device.SIMs = nil
			d.list(maxListed, func() { device.SIMs = append(device.SIMs, d.sim()) })
		case "dfu":
			device.UpdateNotecard, device.UpdateHost = d.updates()
		default:
			d.skip()
		}
	}
	d.require("uid", device.UID != "")
	return device
}

// firmware reads the version of a firmware, or null, which is "". Notehub writes an object with the version as JSON text into the string.
// The official description shows only the version.
func (d *decoder) firmware() string {
	if d.null() {
		return ""
	}
	text := bytes.TrimSpace(d.text())
	if !bytes.HasPrefix(text, []byte("{")) {
		return d.intern(text)
	}
	version, ok := d.versions[string(text)]
	if ok {
		return version
	}
	var known struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(text, &known) != nil {
		return "" // the rest of the device list is still valid
	}
	version = d.intern([]byte(known.Version))
	if len(d.versions) < maxVersions && len(text) <= maxDescribed {
		d.versions[string(text)] = version
	}
	return version
}

// updates reads the states of the firmware updates of the Notecard and of the host.
func (d *decoder) updates() (notecard, host Update) {
	var invalid bool
	d.lenientFields(&invalid, func(name string) {
		switch name {
		case "card":
			notecard = d.update()
		case "user":
			host = d.update()
		default:
			d.skip()
		}
	})
	if invalid {
		notecard, host = Update{Invalid: true}, Update{Invalid: true}
	}
	return notecard, host
}

func (d *decoder) update() (update Update) {
	d.lenientFields(&update.Invalid, func(name string) {
		if name != "mode" {
			d.skip()
			return
		}
		update.Mode = d.lenientText(&update.Invalid)
	})
	return update
}

func (d *decoder) sim() (sim SIM) {
	for name := range d.fields {
		switch string(name) {
		case "iccid":
			sim.ICCID = d.unshared()
		case "used":
			sim.Used = d.count()
		case "limit":
			sim.Limit = d.count()
		case "lifetime_used":
			sim.LifetimeUsed = d.count()
		case "last_updated":
			sim.LastUpdated = unixTime(d.count())
		default:
			d.skip()
		}
	}
	return sim
}

// unixTime reads seconds since 1970. Notehub does not document the unit; values beyond the year 5000 must be milliseconds.
func unixTime(c Count) time.Time {
	const latest = 100_000_000_000
	switch {
	case c.N <= 0:
		return time.Time{}
	case c.N > latest:
		return time.UnixMilli(c.N).UTC()
	}
	return time.Unix(c.N, 0).UTC()
}
