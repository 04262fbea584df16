package env

import (
	"context"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A DeviceList is the device list of a project as it is stored. Several goroutines read it, and none changes it.
type DeviceList struct {
	Stored store.DeviceList
	index  map[string]int // of the devices, by UID
}

// NewDeviceList returns a device list in which devices are found by UID.
func NewDeviceList(stored store.DeviceList) *DeviceList {
	l := &DeviceList{Stored: stored, index: make(map[string]int, len(stored.Devices))}
	for i := range stored.Devices {
		l.index[stored.Devices[i].UID] = i
	}
	return l
}

// Device returns a listed device; nil is that the subject is none.
func (l *DeviceList) Device(subject string) *store.Device {
	if l == nil {
		return nil
	}
	if i, ok := l.index[subject]; ok {
		return &l.Stored.Devices[i]
	}
	return nil
}

// count counts the devices. One that was never heard of is neither active nor silent.
func (l *DeviceList) count() store.DeviceCounts {
	counts := store.DeviceCounts{ListedAt: l.Stored.Read, All: len(l.Stored.Devices)}
	for i := range l.Stored.Devices {
		switch d := &l.Stored.Devices[i]; {
		case d.Disabled:
			continue
		case d.LastActivity.IsZero():
		case l.Stored.Read.Sub(d.LastActivity) > SilentAfter:
			counts.Silent++
		default:
			counts.Active++
		}
		counts.Enabled++
	}
	return counts
}

// A ProjectData is what is known of a project at one instant, but for its figures, which are read block by block. Subject "" is
// the project.
type ProjectData struct {
	Project
	Today  rules.Day
	Period rules.Period // as of Now
	list   *DeviceList  // nil: not read
	store  *store.Store
	spec   rules.PeriodSpec
	series bool
}

// A Source is where the data of projects comes from, and how it is read.
type Source struct {
	Store  *store.Store
	Period rules.PeriodSpec
	Series bool // whether the days of figures are wanted one by one
}

// Data returns what is known of a project at its instant, Now. Without a list nothing is known of its devices.
func (s Source) Data(p Project, list *DeviceList) *ProjectData {
	d := &ProjectData{Project: p, list: list, store: s.Store, spec: s.Period, series: s.Series, Today: rules.DayOf(p.Now)}
	d.Period = s.Period.Period(d.Today, p.Now)
	if list != nil {
		d.Counts = list.count()
	}
	return d
}

// Readable reports whether the last poll could read Notehub.
func (d *ProjectData) Readable() bool { return d.State.Failures == 0 }

// Device returns a listed device; nil is that the subject is none.
func (d *ProjectData) Device(subject string) *store.Device { return d.list.Device(subject) }

// NameOf returns what people call a subject.
func (d *ProjectData) NameOf(subject string) string {
	if device := d.Device(subject); device != nil {
		return device.Name
	}
	if subject == "" {
		return d.Name
	}
	return subject
}

// A Block is subjects of one scope whose figures are stored together: the project, or devices that are listed.
type Block struct {
	Number  int
	Devices []store.Device // none: the block is the project itself
}

// Blocks returns the subjects of a scope, in the order of their ordinals.
func (d *ProjectData) Blocks(scope rules.Scope) []Block {
	if scope == rules.EachProject {
		return []Block{{}}
	}
	var all []Block
	devices := d.list.Stored.Devices
	for len(devices) > 0 {
		number, n := devices[0].Ordinal/history.BlockSize, 1
		for n < len(devices) && devices[n].Ordinal/history.BlockSize == number {
			n++
		}
		all = append(all, Block{number, devices[:n]})
		devices = devices[n:]
	}
	return all
}

// Size returns how many subjects the block has.
func (b Block) Size() int { return max(1, len(b.Devices)) }

// Subject returns a subject of the block: "" is the project.
func (b Block) Subject(i int) string {
	if device := b.Device(i); device != nil {
		return device.UID
	}
	return ""
}

// Device returns a device of the block; nil is the project.
func (b Block) Device(i int) *store.Device {
	if len(b.Devices) == 0 {
		return nil
	}
	return &b.Devices[i]
}

// members returns where the figures of the subjects are.
func (b Block) members() []Member {
	if len(b.Devices) == 0 {
		return []Member{{}}
	}
	members := make([]Member, len(b.Devices))
	for i := range b.Devices {
		members[i] = MemberOf(&b.Devices[i])
	}
	return members
}

// A BlockData makes what expressions see of the subjects of a block. It is used by one goroutine.
type BlockData struct {
	Block
	Members []Member
	data    *ProjectData
	reader  *Reader
	now     Metrics
	past    map[rules.Day]Metrics // as of the end of days, once something asks for it
}

// Read reads the figures of a block as of now.
func (d *ProjectData) Read(ctx context.Context, reader *Reader, b Block) (*BlockData, error) {
	data := &BlockData{Block: b, Members: b.members(), data: d, reader: reader, past: map[rules.Day]Metrics{}}
	if len(reader.Figures) == 0 {
		return data, nil
	}
	now, err := reader.Block(ctx, b.Number, data.Members, d.Today)
	data.now = now
	return data, err
}

// Fill puts the metrics of a subject as of now into an Env.
func (b *BlockData) Fill(e *rules.Env, i int) { b.now.Fill(e, i) }

// Env returns what an expression sees of a subject as of now.
func (b *BlockData) Env(i int) *rules.Env {
	return b.data.NewEnv(b.Device(i), b.data.Period, b.now, i)
}

// EnvAt returns what an expression would have seen of a subject at the end of a day, with the figures known now. What has no
// past is no data.
func (b *BlockData) EnvAt(ctx context.Context, i int, day rules.Day) (*rules.Env, error) {
	past, read := b.past[day]
	if !read {
		var err error
		if past, err = b.reader.Block(ctx, b.Number, b.Members, day); err != nil {
			return nil, err
		}
		b.past[day] = past
	}
	e := b.data.Identity(b.Device(i), day.End())
	past.Fill(e, i)
	e.Period = b.data.spec.Period(day, day.End())
	return e, nil
}

// Reader returns a reader of figures of the project.
func (d *ProjectData) Reader(figures []rules.Figure) *Reader {
	return &Reader{Store: d.store, Project: d.UID, Period: d.spec, Figures: figures, Series: d.series}
}
