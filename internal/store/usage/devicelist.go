package usage

import (
	"iter"
	"slices"
	"strings"
	"time"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A DeviceList is a device list of a project. The lists of all projects stay in memory between polls, so a device takes only about 150
// bytes, texts included. Once it is filled, several goroutines may read it.
type DeviceList struct {
	Read    time.Time // when it was requested from Notehub; zero: never
	Version int64     // increases with each list that is saved; 0: it is not the stored one

	rows   []listRow
	places map[string]int32 // of rows, by UID
	kinds  map[kindKey]*deviceKind
}

// A listRow is a device of a list.
type listRow struct {
	ordinal                   int
	uid, name                 string
	kind                      *deviceKind
	voltage, temperature      float64
	provisioned, lastActivity int64 // milliseconds since 1970
	plan                      *Plan
}

// A deviceKind holds the properties that many devices of a list share.
type deviceKind struct {
	sku, product, firmware, hostFirmware string
	fleets                               []string
	disabled                             bool
	updating                             rules.Truth
}

// A kindKey identifies a kind. No text contains a NUL, which separates the fleets.
type kindKey struct {
	sku, product, firmware, hostFirmware, fleets string
	disabled                                     bool
	updating                                     rules.Truth
}

// NewDeviceList returns a list of devices that is not stored.
func NewDeviceList(devices ...Device) *DeviceList {
	l := &DeviceList{}
	for _, d := range devices {
		l.Add(d)
	}
	return l
}

// Len returns how many devices are listed.
func (l *DeviceList) Len() int { return len(l.rows) }

// At returns a device by its place in the list, from 0. A list that is stored is in order of Ordinal.
func (l *DeviceList) At(place int) Device {
	r := &l.rows[place]
	return Device{
		Ordinal: r.ordinal, UID: r.uid, Name: r.name, SKU: r.kind.sku, Product: r.kind.product, Firmware: r.kind.firmware,
		HostFirmware: r.kind.hostFirmware, Fleets: r.kind.fleets, Disabled: r.kind.disabled, Updating: r.kind.updating,
		Voltage: r.voltage, Temperature: r.temperature, Plan: r.plan,
		Provisioned: time.UnixMilli(r.provisioned).UTC(), LastActivity: time.UnixMilli(r.lastActivity).UTC(),
	}
}

// UID returns the UID of the device at a place.
func (l *DeviceList) UID(place int) string { return l.rows[place].uid }

// Ordinal returns the ordinal of the device at a place.
func (l *DeviceList) Ordinal(place int) int { return l.rows[place].ordinal }

// HasSIMs reports whether the device at a place lists several SIMs.
func (l *DeviceList) HasSIMs(place int) bool {
	return l.rows[place].plan != nil && len(l.rows[place].plan.Cards) > 0
}

// Find returns the place of the device with a UID; ok is false if none is listed.
func (l *DeviceList) Find(uid string) (place int, ok bool) {
	found, ok := l.places[uid]
	return int(found), ok
}

// All returns the devices in the order of the list.
func (l *DeviceList) All() iter.Seq[Device] {
	return func(yield func(Device) bool) {
		for place := range l.rows {
			if !yield(l.At(place)) {
				return
			}
		}
	}
}

// Add adds a device that has no ordinal yet, in a form that can be stored. It replaces a device with the same UID.
func (l *DeviceList) Add(d Device) {
	d.Ordinal = 0
	for _, text := range []*string{&d.UID, &d.Name, &d.SKU, &d.Product, &d.Firmware, &d.HostFirmware} {
		*text = database.Storable(*text)
	}
	if slices.ContainsFunc(d.Fleets, func(fleet string) bool { return database.Storable(fleet) != fleet }) {
		d.Fleets = slices.Clone(d.Fleets)
		for i, fleet := range d.Fleets {
			d.Fleets[i] = database.Storable(fleet)
		}
	}
	d = d.storable()
	l.add(d)
}

// add adds a device in the form in which it is stored.
func (l *DeviceList) add(d Device) {
	r := listRow{
		ordinal: d.Ordinal, uid: d.UID, name: d.Name, kind: l.kindOf(d), voltage: d.Voltage, temperature: d.Temperature,
		provisioned: d.Provisioned.UnixMilli(), lastActivity: d.LastActivity.UnixMilli(), plan: d.Plan,
	}
	if place, again := l.places[d.UID]; again {
		l.rows[place] = r
		return
	}
	if l.places == nil {
		l.places = map[string]int32{}
	}
	l.places[d.UID] = int32(len(l.rows))
	l.rows = append(l.rows, r)
}

// kindOf returns the properties that the device shares with others.
func (l *DeviceList) kindOf(d Device) *deviceKind {
	key := kindKey{d.SKU, d.Product, d.Firmware, d.HostFirmware, strings.Join(d.Fleets, "\x00"), d.Disabled, d.Updating}
	kind, ok := l.kinds[key]
	if !ok {
		kind = &deviceKind{d.SKU, d.Product, d.Firmware, d.HostFirmware, d.Fleets, d.Disabled, d.Updating}
		if l.kinds == nil {
			l.kinds = map[kindKey]*deviceKind{}
		}
		l.kinds[key] = kind
	}
	return kind
}

// sort puts the devices in order of Ordinal.
func (l *DeviceList) sort() {
	byOrdinal := func(a, b listRow) int { return a.ordinal - b.ordinal }
	if slices.IsSortedFunc(l.rows, byOrdinal) {
		return
	}
	slices.SortFunc(l.rows, byOrdinal)
	for place := range l.rows {
		l.places[l.rows[place].uid] = int32(place)
	}
}
