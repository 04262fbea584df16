package env

import (
	"math"
	"time"

	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// SilentAfter is the time without activity after which a device counts as silent.
const SilentAfter = 24 * time.Hour

// newFor is how long a device is new.
const newFor = 48 * time.Hour

// A Project is the state of a project at one instant.
type Project struct {
	UID, Name string
	Now       time.Time
	Born      time.Time              // when its first device was provisioned; zero: not known
	State     store.Project          // how the reading of Notehub goes
	Every     time.Duration          // between two polls; 0 is not known
	Counts    usage.DeviceCounts     // of the device list, silent ones being those that are silent for SilentAfter
	Fleets    []usage.Fleet          // with their names; nil: no fleet is evaluated
	Labels    map[string]string      // labels of fleets, by UID; nil: no rule reads them
	Silences  Silences               // of the device list
	Assured   map[string]rules.Truth // whether more data is bought for devices of fleets, by UID; nil: not read
	Routes    usage.RouteList        // empty: no route is evaluated
	Bills     *Bills                 // of the account; nil: no rule reads cost
	Bill      Bill                   // as of Now
	Satellite Satellite              // allowance of each device
}

// Identity returns an Env with only the identity of a subject and its age at an instant. A nil device means the project itself, or a device
// that is not listed.
func (p Project) Identity(device *usage.Device, at time.Time) *rules.Env {
	env := new(rules.UnknownEnv())
	env.Project.Known, env.Project.UID, env.Project.Name = true, p.UID, p.Name
	env.FleetNames = p.Labels
	if device != nil {
		env.Device = p.identityOf(device, at)
	}
	return env
}

// labelsOf returns the labels of fleets, given by UID. They are not known before all of them were read.
func (p Project) labelsOf(fleets []string) (labels []string, known bool) {
	if p.Labels == nil {
		return nil, false
	}
	labels = make([]string, len(fleets))
	for i, uid := range fleets {
		if labels[i] = p.Labels[uid]; labels[i] == "" {
			return nil, false
		}
	}
	return labels, true
}

// identityOf returns the identity of a device and its age at an instant.
func (p Project) identityOf(d *usage.Device, at time.Time) rules.Device {
	labels, known := p.labelsOf(d.Fleets)
	return rules.Device{
		Fleets: labels, FleetsKnown: known,
		Known: true, UID: d.UID, Name: d.Name, SKU: d.SKU, Product: d.Product, FleetUIDs: d.Fleets,
		Firmware: d.Firmware, HostFirmware: d.HostFirmware, Disabled: d.Disabled,
		Voltage: math.NaN(), Temperature: math.NaN(), SilentHours: math.NaN(), Missed: math.NaN(),
		IsNew: at.Sub(d.Provisioned) < newFor, AgeDays: at.Sub(d.Provisioned).Hours() / 24,
	}
}

// NewEnv returns the Env of a subject as of Now, with the metrics of a member of a block. A nil device means the project itself, or a
// device that is not listed.
func (p Project) NewEnv(device *usage.Device, period rules.Period, metrics Metrics, member int) *rules.Env {
	env := p.Identity(device, p.Counts.ListedAt)
	metrics.Fill(env, member)
	env.Period = period
	env.Cost = p.Bill.share(env.Events.Used, env.Events.Forecast)
	if device != nil {
		env.SatPlan = p.Satellite.seen(device.Provisioned, rules.DayOf(p.Now), env.Sat)
	}
	p.Present(env, device, env.Bytes.D7, env.Sessions.Missed)
	return env
}

// Present adds the values without history, as of now: the condition of the device and its plan, the project's counts, and the state of the
// polls. week is the use of the device in the last 7 complete days, in bytes; missed is the number of sessions that did not come.
func (p Project) Present(env *rules.Env, device *usage.Device, week, missed float64) {
	if device != nil {
		p.condition(&env.Device, device)
		env.Device.Missed = missed
		env.Plan = p.plan(device, week)
	}
	env.Project = p.counts()
	env.Poll = rules.Poll{AgeMinutes: math.NaN(), EveryMinutes: math.NaN(), Failures: float64(p.State.Failures), Truncated: p.State.Truncated}
	if !p.State.PolledAt.IsZero() {
		env.Poll.AgeMinutes = p.Now.Sub(p.State.PolledAt).Minutes()
	}
	if p.Every > 0 {
		env.Poll.EveryMinutes = p.Every.Minutes()
	}
}

// condition adds the condition of a device.
func (p Project) condition(to *rules.Device, device *usage.Device) {
	to.Voltage, to.Temperature = device.Voltage, device.Temperature
	to.Updating, to.UpdatingKnown = device.Updating == rules.True, device.Updating != rules.NoData
	if !device.LastActivity.IsZero() {
		to.SilentHours = p.Counts.ListedAt.Sub(device.LastActivity).Hours()
	}
}

// counts returns the counts of the project for expressions. Disabled devices do not count.
func (p Project) counts() rules.Project {
	return rules.Project{
		Known: !p.Counts.ListedAt.IsZero(), UID: p.UID, Name: p.Name, DeviceCounts: deviceCounts(p.Counts, p.Silences, ""),
	}
}

// deviceCounts returns the counts of a fleet, or for "" of the project, for expressions.
func deviceCounts(c usage.DeviceCounts, silences Silences, fleet string) rules.DeviceCounts {
	counts := rules.DeviceCounts{DeviceCount: float64(c.Enabled), Active: float64(c.Active), Silent: float64(c.Silent), SilentPct: silentPct(c)}
	counts.Overdue, counts.OverduePct, counts.Late, counts.LatePct = silences.of(fleet)
	return counts
}

// silentPct returns the share of silent devices in percent; NaN without devices.
func silentPct(c usage.DeviceCounts) float64 {
	if c.Enabled == 0 {
		return math.NaN()
	}
	return 100 * float64(c.Silent) / float64(c.Enabled)
}
