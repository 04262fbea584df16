package bot

import (
	"context"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A projectData is what is known of a project at one instant, but for its figures, which are read block by block. Subject "" is
// the project.
type projectData struct {
	*Bot
	project Project
	state   store.Project
	now     time.Time
	today   rules.Day
	period  rules.Period
	list    *deviceList
	counts  store.DeviceCounts
}

// readable reports whether the last poll could read Notehub.
func (d *projectData) readable() bool { return d.state.Failures == 0 }

// look gathers what the store knows of a project as of now.
func (b *Bot) look(ctx context.Context, p Project, state store.Project, now time.Time) (*projectData, error) {
	d := &projectData{Bot: b, project: p, state: state, now: now, today: rules.DayOf(now)}
	d.period = b.Period.Period(d.today, now)
	return d, d.listDevices(ctx)
}

// listDevices reads the device list and counts it.
func (d *projectData) listDevices(ctx context.Context) (err error) {
	if d.list, err = d.deviceList(ctx, d.project.UID); err == nil {
		d.counts = d.list.count()
	}
	return err
}

// count counts the devices. One that was never heard of is neither active nor silent.
func (l *deviceList) count() store.DeviceCounts {
	counts := store.DeviceCounts{ListedAt: l.stored.Read, All: len(l.stored.Devices)}
	for i := range l.stored.Devices {
		switch d := &l.stored.Devices[i]; {
		case d.Disabled:
			continue
		case d.LastActivity.IsZero():
		case l.stored.Read.Sub(d.LastActivity) > env.SilentAfter:
			counts.Silent++
		default:
			counts.Active++
		}
		counts.Enabled++
	}
	return counts
}

// device returns a listed device; nil is that the subject is none.
func (d *projectData) device(subject string) *store.Device {
	if d.list == nil {
		return nil
	}
	return d.list.device(subject)
}

// name returns what people call a subject.
func (d *projectData) name(subject string) string {
	if device := d.device(subject); device != nil {
		return device.Name
	}
	if subject == "" {
		return d.project.Name
	}
	return subject
}

// env is the project as of now.
func (d *projectData) env() env.Project {
	return env.Project{UID: d.project.UID, Name: d.project.Name, Now: d.now, State: d.state, Counts: d.counts}
}

// A block is subjects of one scope whose figures are stored together: the project, or devices that are listed.
type block struct {
	number  int
	devices []store.Device // none: the block is the project itself
}

// blocks returns the subjects of a scope, in the order of their ordinals.
func (d *projectData) blocks(scope rules.Scope) []block {
	if scope == rules.EachProject {
		return []block{{}}
	}
	var all []block
	devices := d.list.stored.Devices
	for len(devices) > 0 {
		number, n := devices[0].Ordinal/history.BlockSize, 1
		for n < len(devices) && devices[n].Ordinal/history.BlockSize == number {
			n++
		}
		all = append(all, block{number, devices[:n]})
		devices = devices[n:]
	}
	return all
}

// size returns how many subjects the block has.
func (b block) size() int { return max(1, len(b.devices)) }

// subject returns a subject of the block: "" is the project.
func (b block) subject(i int) string {
	if device := b.device(i); device != nil {
		return device.UID
	}
	return ""
}

// device returns a device of the block; nil is the project.
func (b block) device(i int) *store.Device {
	if len(b.devices) == 0 {
		return nil
	}
	return &b.devices[i]
}

// members returns where the figures of the subjects are.
func (b block) members() []env.Member {
	if len(b.devices) == 0 {
		return []env.Member{{}}
	}
	members := make([]env.Member, len(b.devices))
	for i := range b.devices {
		members[i] = env.MemberOf(&b.devices[i])
	}
	return members
}

// A blockData makes what expressions see of the subjects of a block. It is used by one goroutine.
type blockData struct {
	block
	data    *projectData
	reader  *env.Reader
	members []env.Member
	now     env.Metrics
	past    map[rules.Day]env.Metrics // as of the end of days, once something asks for it
}

// read reads the figures of a block as of now.
func (d *projectData) read(ctx context.Context, reader *env.Reader, b block) (*blockData, error) {
	data := &blockData{block: b, data: d, reader: reader, members: b.members(), past: map[rules.Day]env.Metrics{}}
	if len(reader.Figures) == 0 {
		return data, nil
	}
	now, err := reader.Block(ctx, b.number, data.members, d.today)
	data.now = now
	return data, err
}

// env returns what an expression sees of a subject as of now.
func (b *blockData) env(i int) *rules.Env {
	return b.data.env().NewEnv(b.device(i), b.data.period, b.now, i)
}

// envAt returns what an expression would have seen of a subject at the end of a day, with the figures known now. What has no
// past is no data.
func (b *blockData) envAt(ctx context.Context, i int, day rules.Day) (*rules.Env, error) {
	past, read := b.past[day]
	if !read {
		var err error
		if past, err = b.reader.Block(ctx, b.number, b.members, day); err != nil {
			return nil, err
		}
		b.past[day] = past
	}
	e := b.data.env().Identity(b.device(i), day.End())
	past.Fill(e, i)
	e.Period = b.data.Period.Period(day, day.End())
	return e, nil
}

// reader returns a reader of the figures that rules read; of none if this turn evaluates none that reads any.
func (d *projectData) reader(figures []rules.Figure) *env.Reader {
	return &env.Reader{Store: d.Store, Project: d.project.UID, Period: d.Period, Figures: figures, Series: d.reads.Series}
}
