package bot

import (
	"context"
	"math"
	"time"

	"notewatch/internal/store"
	"notewatch/rules"
)

// silentAfter is how long a device may be unheard of before it counts as silent.
const silentAfter = 24 * time.Hour

// newFor is how long a device is new.
const newFor = 48 * time.Hour

// env returns what an expression sees of a subject as of now.
func (f *fleet) env(subject string) *rules.Env {
	env := f.identity(subject, f.listedAt)
	today, known := f.current[subject]
	if !known {
		today = rules.Unknown()
	}
	closed, summed := f.closed[subject]
	for _, figure := range f.reads.Figures {
		if !summed {
			break
		}
		var series []float64
		if f.reads.Series {
			series = f.past.series(f.born(subject), subject, figure, f.today)
		}
		*metric(env, figure) = closed[figure].Metric(today[figure], series)
	}
	env.Period = f.period
	f.present(env, subject)
	return env
}

// present fills in what has no past, as it is now: the condition of the device, the project's counts, and the polling.
func (f *fleet) present(env *rules.Env, subject string) {
	if i, ok := f.index[subject]; ok {
		d := f.devices[i]
		env.Device.Voltage = d.Voltage
		if !d.LastActivity.IsZero() {
			env.Device.SilentHours = f.listedAt.Sub(d.LastActivity).Hours()
		}
	}
	env.Project = f.counts
	env.Poll = rules.Poll{AgeMinutes: math.NaN(), Failures: float64(f.state.Failures), Truncated: f.state.Truncated}
	if !f.state.PolledAt.IsZero() {
		env.Poll.AgeMinutes = f.now.Sub(f.state.PolledAt).Minutes()
	}
}

// envAt returns what an expression would have seen of a subject at the end of a day, with the figures known now. What has
// no past is no data.
func (f *fleet) envAt(ctx context.Context, subject string, day rules.Day) (*rules.Env, error) {
	if !f.past.covers(subject) {
		if err := f.remember(ctx, []string{subject}); err != nil {
			return nil, err
		}
	}
	env := f.identity(subject, day.End())
	born := f.born(subject)
	for _, figure := range f.reads.Figures {
		closed := f.past.close(born, subject, figure, day)
		series := f.past.series(born, subject, figure, day)
		*metric(env, figure) = closed.Metric(f.past.figure(subject, figure, day), series)
	}
	env.Period = f.Period.Period(day, day.End())
	return env, nil
}

// identity returns an Env in which only what a subject is, is known, and how old it is at an instant.
func (f *fleet) identity(subject string, at time.Time) *rules.Env {
	nan := math.NaN()
	unknown := rules.UnknownMetric()
	env := &rules.Env{
		Bytes: unknown, Events: unknown, Sessions: unknown,
		Project: rules.Project{
			Known: true, UID: f.project.UID, Name: f.project.Name,
			DeviceCount: nan, Active: nan, Silent: nan, SilentPct: nan,
		},
		Poll: rules.Poll{AgeMinutes: nan, Failures: nan},
	}
	env.Device = rules.Device{Voltage: nan, SilentHours: nan, AgeDays: nan}
	if i, ok := f.index[subject]; ok {
		d := f.devices[i]
		env.Device = rules.Device{
			Known: true, UID: d.UID, Name: d.Name, SKU: d.SKU, Product: d.Product, Fleets: d.Fleets,
			Firmware: d.Firmware, Disabled: d.Disabled, Voltage: nan, SilentHours: nan,
			IsNew: at.Sub(d.Provisioned) < newFor, AgeDays: at.Sub(d.Provisioned).Hours() / 24,
		}
	}
	return env
}

// metric returns the metric of env that shows a figure.
func metric(env *rules.Env, figure rules.Figure) *rules.Metric {
	switch figure {
	case rules.Bytes:
		return &env.Bytes
	case rules.Events:
		return &env.Events
	default:
		return &env.Sessions
	}
}

// count counts the devices. One that was never heard of is neither active nor silent.
func (f *fleet) count() store.DeviceCounts {
	counts := store.DeviceCounts{ListedAt: f.listedAt, All: len(f.devices)}
	for _, d := range f.devices {
		switch {
		case d.Disabled:
			continue
		case d.LastActivity.IsZero():
		case f.listedAt.Sub(d.LastActivity) > silentAfter:
			counts.Silent++
		default:
			counts.Active++
		}
		counts.Enabled++
	}
	return counts
}

// countsOf returns what expressions see of a project. Devices that are disabled do not count.
func countsOf(p Project, c store.DeviceCounts) rules.Project {
	counts := rules.Project{
		Known: !c.ListedAt.IsZero(), UID: p.UID, Name: p.Name,
		DeviceCount: float64(c.Enabled), Active: float64(c.Active), Silent: float64(c.Silent), SilentPct: math.NaN(),
	}
	if c.Enabled > 0 {
		counts.SilentPct = 100 * counts.Silent / counts.DeviceCount
	}
	return counts
}
