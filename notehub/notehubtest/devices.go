package notehubtest

import (
	"math"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

const (
	planLimit = 500_000_000 // bytes that come with a device
	planEvery = 6 * time.Hour
	planBlock = 500_000_000 // bytes that Connectivity Assurance adds
	planLow   = 100_000_000 // bytes that are left when it does
)

// devicesAnswer returns one page of the device list.
func devicesAnswer(q query) wire.DevicesEnvelope {
	answer := wire.DevicesEnvelope{Devices: []wire.DeviceLine{}}
	skip := (q.page - 1) * q.pageSize
	for _, d := range q.selected() {
		switch {
		case !d.listed(q.now):
		case skip > 0:
			skip--
		case len(answer.Devices) == q.pageSize:
			answer.HasMore = true
			return answer
		default:
			answer.Devices = append(answer.Devices, q.line(d))
		}
	}
	return answer
}

// line returns the entry of a device.
func (q *query) line(d *device) wire.DeviceLine {
	if script := q.project.Script; script != nil {
		return d.scriptedLine(script.State(d.UID, q.now))
	}
	return d.line(q.now)
}

func (d *device) line(now time.Time) wire.DeviceLine {
	line := wire.DeviceLine{
		UID: d.UID, SerialNumber: d.Name, SKU: d.profile.sku, Product: d.Product, Fleets: append([]string{}, d.Fleets...),
		FirmwareNotecard: wire.Firmware{Organization: "Blues Wireless", Product: "Notecard", Version: d.installed(false, now)}.Text(),
		FirmwareHost:     wire.Firmware{Organization: "Acme", Product: d.Product, Version: d.installed(true, now)}.Text(),
		Updates:          d.updates(now),
		Disabled:         d.Disabled, Provisioned: d.Provisioned, Voltage: d.voltage(now), Temperature: d.temperature(now),
	}
	if last := d.lastActivity(now); !last.IsZero() {
		last = last.UTC().Truncate(time.Second)
		line.LastActivity = &last
	}
	if d.Archetype != Satellite {
		line.SIMs = d.simUsage(now)
	}
	return line
}

// simUsage returns the data plans of the device's SIMs, as their carriers reported them some time ago.
func (d *device) simUsage(now time.Time) []wire.SimUsage {
	asOf := now.Add(-time.Hour).Truncate(planEvery)
	since, used, limit := d.Provisioned, d.usedBefore, int64(planLimit)
	if p := d.Plan; p != nil {
		since, used = p.At, p.Used
		if !p.AddedAt.IsZero() && !asOf.Before(p.AddedAt) {
			limit += p.Added
		}
	}
	used += int64(d.dailyBytes() * max(asOf.Sub(since), 0).Hours() / 24)
	for i := range d.incidents {
		var f Figures
		d.incidents[i].add(&f, since, asOf, asOf)
		used += f.Bytes
	}
	var sims []wire.SimUsage
	for i, iccid := range d.iccids {
		sim := wire.SimUsage{ICCID: iccid, Used: used, Limit: limit, LifetimeUsed: used, LastUpdated: asOf.Unix()}
		for d.assured && i == 0 && sim.Limit-sim.Used <= planLow {
			sim.Limit += planBlock
		}
		if i > 0 { // the SIM that was swapped
			sim.Used, sim.LifetimeUsed = used*15/100, used*15/100
		}
		sims = append(sims, sim)
	}
	return sims
}

// installed returns the version of the firmware of the host, or of the Notecard if host is false.
func (d *device) installed(host bool, now time.Time) string {
	version := d.Firmware
	if host {
		version = d.FirmwareHost
	}
	var newest time.Time
	for _, i := range d.incidents {
		if i.Kind == FirmwareUpdate && i.Host == host && i.end().Before(now) && !i.end().Before(newest) {
			version, newest = i.Version, i.end()
		}
	}
	return version
}

// updates returns the newest update of each firmware; nil if there has been none.
func (d *device) updates(now time.Time) *wire.Updates {
	var newest wire.Updates
	for _, i := range d.incidents {
		if i.Kind != FirmwareUpdate || !i.Start.Before(now) {
			continue
		}
		of, kind := &newest.Notecard, "card"
		if i.Host {
			of, kind = &newest.Host, "user"
		}
		if *of == nil || i.Start.Unix() >= (*of).Began {
			*of = &wire.Update{Type: kind, Mode: i.mode(now), Version: i.Version, Began: i.Start.Unix(), Updated: earlier(i.end(), now).Unix()}
		}
	}
	if newest == (wire.Updates{}) {
		return nil
	}
	return &newest
}

// mode returns the state of an update that has begun: it installs in the last tenth of its time.
func (i *Incident) mode(now time.Time) string {
	switch {
	case i.end().Before(now):
		return "completed"
	case i.Duration > 0 && i.end().Sub(now) < i.Duration/10:
		return "updating"
	}
	return "downloading"
}

// dailyBytes returns the cellular bytes that the device uses on an average day of a week.
func (d *device) dailyBytes() float64 {
	weekly := 5 + d.profile.saturday + d.profile.sunday
	daily := d.profile.sessions * d.sessionBytes * weekly / 7 * 1.06
	if d.wifi {
		return daily * 0.3
	}
	return daily
}

// voltage of a battery falls and rises by a tenth over a month.
func (d *device) voltage(now time.Time) float64 {
	for _, i := range d.incidents {
		if i.Volts > 0 && !now.Before(i.Start) && now.Before(i.end()) {
			return i.Volts
		}
	}
	if d.profile.volts > 4.5 {
		return d.profile.volts
	}
	month := float64(now.Unix())/(30*day).Seconds() + d.phase
	return rounded(d.profile.volts * (1 + 0.1*math.Sin(2*math.Pi*month)))
}

// temperature follows the hour of the day.
func (d *device) temperature(now time.Time) float64 {
	hour := now.Sub(now.Truncate(day)).Hours()
	return rounded(18 + 6*math.Sin(2*math.Pi*(hour-9)/24) + 4*d.phase)
}

func rounded(f float64) float64 { return math.Round(f*100) / 100 }
