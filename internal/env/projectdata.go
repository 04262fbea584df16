package env

import (
	"context"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/rules"
)

// count counts the devices of a list. One that was never heard of is neither active nor silent.
func count(list *store.DeviceList) store.DeviceCounts {
	counts := store.DeviceCounts{ListedAt: list.Read, All: list.Len()}
	for d := range list.All() {
		switch {
		case d.Disabled:
			continue
		case d.LastActivity.IsZero():
		case list.Read.Sub(d.LastActivity) > SilentAfter:
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
	Period rules.Period      // as of Now
	list   *store.DeviceList // nil: not read
	store  *store.Store
	spec   rules.PeriodSpec
}

// A Source is where the data of projects comes from, and how it is read.
type Source struct {
	Store  *store.Store
	Period rules.PeriodSpec
}

// Data returns what is known of a project at its instant, Now. Without a list nothing is known of its devices.
func (s Source) Data(p Project, list *store.DeviceList) *ProjectData {
	d := &ProjectData{Project: p, list: list, store: s.Store, spec: s.Period, Today: rules.DayOf(p.Now)}
	d.Period = s.Period.Period(d.Today, p.Now)
	if list != nil {
		d.Counts = count(list)
	}
	return d
}

// Readable reports whether the last poll could read Notehub.
func (d *ProjectData) Readable() bool { return d.State.Failures == 0 }

// Listed reports whether a subject is a listed device.
func (d *ProjectData) Listed(subject string) bool {
	_, ok := d.find(subject)
	return ok
}

func (d *ProjectData) find(subject string) (place int, ok bool) {
	if d.list == nil {
		return 0, false
	}
	return d.list.Find(subject)
}

// NameOf returns what people call a subject.
func (d *ProjectData) NameOf(subject string) string {
	if place, ok := d.find(subject); ok {
		return d.list.At(place).Name
	}
	if subject == "" {
		return d.Name
	}
	return subject
}

// A Block is subjects of one scope whose figures are stored together: the project, or devices that are listed.
type Block struct {
	Number      int
	first, next int // places of its devices in the list; the same: the block is the project itself
}

// Blocks returns the subjects of a scope, in the order of their ordinals.
func (d *ProjectData) Blocks(scope rules.Scope) (all []Block) {
	if scope == rules.EachProject {
		return []Block{{}}
	}
	for place := range d.list.Len() {
		number := d.list.Ordinal(place) / history.BlockSize
		if last := len(all) - 1; last < 0 || all[last].Number != number {
			all = append(all, Block{Number: number, first: place})
		}
		all[len(all)-1].next = place + 1
	}
	return all
}

// A BlockData makes what expressions see of the subjects of a block. It is used by one goroutine, until its Reader reads the next block.
type BlockData struct {
	Block
	Devices []store.Device // none: the block is the project itself
	Members []Member
	data    *ProjectData
	reader  *Reader
	common  *rules.Env // what all subjects have in common; nil: not made yet
	now     Metrics
	past    map[rules.Day]Metrics // as of the end of days, once something asks for it
}

// Read reads the figures of a block as of now.
func (d *ProjectData) Read(ctx context.Context, reader *Reader, b Block) (*BlockData, error) {
	data := &BlockData{Block: b, data: d, reader: reader, past: map[rules.Day]Metrics{}}
	reader.devices, reader.members = reader.devices[:0], reader.members[:0]
	for place := b.first; place < b.next; place++ {
		reader.devices = append(reader.devices, d.list.At(place))
	}
	data.Devices = reader.devices
	for i := range data.Size() {
		reader.members = append(reader.members, MemberOf(data.Device(i)))
	}
	data.Members = reader.members
	if len(reader.Wants) == 0 {
		return data, nil
	}
	now, err := reader.Block(ctx, b.Number, data.Members, d.Today)
	data.now = now
	return data, err
}

// Size returns how many subjects the block has.
func (b *BlockData) Size() int { return max(1, len(b.Devices)) }

// Subject returns a subject of the block: "" is the project.
func (b *BlockData) Subject(i int) string {
	if device := b.Device(i); device != nil {
		return device.UID
	}
	return ""
}

// Device returns a device of the block; nil is the project.
func (b *BlockData) Device(i int) *store.Device {
	if len(b.Devices) == 0 {
		return nil
	}
	return &b.Devices[i]
}

// Fill puts the metrics of a subject as of now into an Env.
func (b *BlockData) Fill(e *rules.Env, i int) { b.now.Fill(e, i) }

// See puts what an expression sees of a subject as of now into an Env.
func (b *BlockData) See(e *rules.Env, i int) {
	if b.common == nil {
		b.common = b.data.Identity(nil, b.data.Counts.ListedAt)
		b.common.Period = b.data.Period
		b.data.Present(b.common, nil)
	}
	notefiles, transport := e.Notefiles, e.Transport // whose memory is used again
	*e = *b.common
	e.Notefiles, e.Transport = notefiles, transport
	if device := b.Device(i); device != nil {
		e.Device = identityOf(device, b.data.Counts.ListedAt)
		b.data.condition(&e.Device, device)
	}
	b.now.Fill(e, i)
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

// Present fills in what has no past of a subject, as it is now: see [Project.Present]; and how much its metrics grow.
func (b *BlockData) Present(e *rules.Env, i int) {
	b.data.Present(e, b.Device(i))
	for k, figure := range b.now.figures {
		m := e.Metric(figure)
		m.H1, m.H6 = b.now.by[k][i].H1, b.now.by[k][i].H6
	}
}

// Reader returns a reader of figures of the project.
func (d *ProjectData) Reader(wants rules.Wants) *Reader {
	return &Reader{Store: d.store, Project: d.UID, Period: d.spec, Wants: wants, Polled: d.State.PolledAt}
}
