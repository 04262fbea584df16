package env

import (
	"context"
	"slices"
	"sync"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// count counts the devices of a list. A device that was never active is neither active nor silent.
func count(list *usage.DeviceList) usage.DeviceCounts {
	counts := usage.DeviceCounts{ListedAt: list.Read}
	for d := range list.All() {
		countDevice(&counts, d)
	}
	return counts
}

// countDevice counts a device.
func countDevice(counts *usage.DeviceCounts, d usage.Device) {
	counts.All++
	switch {
	case d.Disabled:
		return
	case d.LastActivity.IsZero():
	case counts.ListedAt.Sub(d.LastActivity) > SilentAfter:
		counts.Silent++
	default:
		counts.Active++
	}
	counts.Enabled++
}

// A ProjectData is the data of a project at one instant, without its figures, which are read block by block. Subject "" is the project.
type ProjectData struct {
	Project
	Today  rules.Day
	Period rules.Period      // as of Now
	list   *usage.DeviceList // nil: not read
	fleets *fleets           // of the list; nil if no fleet is evaluated
	peers  func() *Peers     // of the list, computed at the first call
	usage  *usage.Store
	spec   rules.PeriodSpec
	plans  bool // of devices, or a part of them, are read

	organization *Organization // nil: the data is that of a project
}

// A Source provides the data of projects.
type Source struct {
	Usage   *usage.Store
	Period  rules.PeriodSpec
	Objects rules.Objects // that rules read
}

// Data returns the data of a project at its instant, Now. Without a list, its devices are unknown.
func (s Source) Data(p Project, list *usage.DeviceList) *ProjectData {
	d := &ProjectData{Project: p, list: list, usage: s.Usage, spec: s.Period, Today: rules.DayOf(p.Now), plans: s.Objects.Read("plan.")}
	d.Period = s.Period.Period(d.Today, p.Now)
	if list != nil {
		d.Counts, d.peers = count(list), sync.OnceValue(func() *Peers { return PeersOf(list) })
		if p.Fleets != nil {
			d.fleets = fleetsOf(list, p.Fleets)
		}
	}
	return d
}

// Spec returns how time is cut into periods.
func (d *ProjectData) Spec() rules.PeriodSpec { return d.spec }

// In returns the same data for other periods.
func (d *ProjectData) In(spec rules.PeriodSpec) *ProjectData {
	if spec == d.spec {
		return d
	}
	other := *d
	other.spec, other.Period = spec, spec.Period(d.Today, d.Now)
	return &other
}

// Readable reports whether the last poll succeeded.
func (d *ProjectData) Readable() bool { return d.State.Failures == 0 }

// Listed reports whether a subject is a listed device, a fleet with a listed device, or a listed route.
func (d *ProjectData) Listed(subject string) bool {
	switch rules.ScopeOf(d.UID, subject) {
	case rules.EachFleet:
		return d.fleet(subject) != nil
	case rules.EachRoute:
		return d.Routes.Find(subject) != nil
	}
	_, ok := d.find(subject)
	return ok
}

func (d *ProjectData) find(subject string) (place int, ok bool) {
	if d.list == nil {
		return 0, false
	}
	return d.list.Find(subject)
}

// fleet returns the fleet with a UID; nil if no listed device is in it.
func (d *ProjectData) fleet(uid string) *fleet {
	if d.fleets == nil {
		return nil
	}
	if place, ok := d.fleets.find(uid); ok {
		return &d.fleets.all[place]
	}
	return nil
}

// FleetsOf returns the UIDs of the fleets that a device is in.
func (d *ProjectData) FleetsOf(device string) []string {
	if place, ok := d.find(device); ok {
		return d.list.At(place).Fleets
	}
	return nil
}

// FleetsWith returns the fleets, by their places in their block, that contain any of the devices of a block.
func (d *ProjectData) FleetsWith(block int, devices history.Bits) history.Bits {
	if d.fleets == nil {
		return nil
	}
	return d.fleets.with(block, devices)
}

// NameOf returns the name of a subject.
func (d *ProjectData) NameOf(subject string) string {
	if f := d.fleet(subject); f != nil {
		return f.Name
	}
	if r := d.Routes.Find(subject); r != nil {
		return r.Name
	}
	if place, ok := d.find(subject); ok {
		return d.list.At(place).Name
	}
	if subject == "" {
		return d.Name
	}
	return subject
}

// A Block holds subjects of one scope that are read together: the project, all fleets, or listed devices or routes whose figures are stored
// together.
type Block struct {
	Number      int
	Scope       rules.Scope
	first, next int // indexes of its devices or routes in their list
}

// Blocks returns the subjects of a scope, in the order of their ordinals.
func (d *ProjectData) Blocks(scope rules.Scope) (all []Block) {
	switch {
	case d.OfOrganization() != (scope == rules.EachOrganization):
		return nil
	case scope == rules.EachOrganization, scope == rules.EachProject, scope == rules.EachFleet && d.fleets != nil && len(d.fleets.all) > 0:
		return []Block{{Scope: scope}}
	case scope == rules.EachFleet:
		return nil
	case scope == rules.EachRoute:
		return blocksOf(scope, len(d.Routes.Routes), func(place int) int { return d.Routes.Routes[place].Ordinal })
	}
	return blocksOf(scope, d.list.Len(), d.list.Ordinal)
}

// BlockOf returns a block that holds one subject, with its index there. ok is false if it is not listed.
func (d *ProjectData) BlockOf(subject string) (b Block, i int, ok bool) {
	scope := rules.ScopeOf(d.UID, subject)
	switch scope {
	case rules.EachDevice:
		place, ok := d.find(subject)
		if !ok {
			return b, 0, false
		}
		return Block{Number: d.list.Ordinal(place) / history.BlockSize, Scope: scope, first: place, next: place + 1}, 0, true
	case rules.EachRoute:
		place := slices.IndexFunc(d.Routes.Routes, func(r usage.Route) bool { return r.UID == subject })
		if place < 0 {
			return b, 0, false
		}
		return Block{Number: d.Routes.Routes[place].Ordinal / history.BlockSize, Scope: scope, first: place, next: place + 1}, 0, true
	case rules.EachFleet:
		if d.fleets != nil {
			i, ok = d.fleets.find(subject)
		}
		return Block{Scope: scope}, i, ok
	}
	return Block{Scope: scope}, 0, true
}

// blocksOf returns the blocks of subjects that have ordinals.
func blocksOf(scope rules.Scope, subjects int, ordinal func(place int) int) (all []Block) {
	for place := range subjects {
		number := ordinal(place) / history.BlockSize
		if last := len(all) - 1; last < 0 || all[last].Number != number {
			all = append(all, Block{Number: number, Scope: scope, first: place})
		}
		all[len(all)-1].next = place + 1
	}
	return all
}

// A BlockData builds the Envs of the subjects of a block. It is used by one goroutine, until its Reader reads the next block.
type BlockData struct {
	Block
	Devices []usage.Device // empty if the block is the project itself, all fleets, or routes
	Members []Member
	data    *ProjectData
	reader  *Reader
	common  *rules.Env // the part that all subjects share; nil: not built yet
	now     Metrics
	past    map[rules.Day]Metrics // as of the ends of days, when first requested
}

// Read reads the figures of a block as of now.
func (d *ProjectData) Read(ctx context.Context, reader *Reader, b Block) (*BlockData, error) {
	data := &BlockData{Block: b, data: d, reader: reader, past: map[rules.Day]Metrics{}}
	reader.devices, reader.members = reader.devices[:0], reader.members[:0]
	for place := b.first; place < b.next && b.Scope == rules.EachDevice; place++ {
		reader.devices = append(reader.devices, d.list.At(place))
	}
	data.Devices = reader.devices
	for i := range data.Size() {
		reader.members = append(reader.members, data.member(i))
	}
	data.Members = reader.members
	if len(reader.Wants) == 0 {
		return data, nil
	}
	var err error
	data.now, err = data.metrics(ctx, d.Today)
	return data, err
}

// member returns a subject as a member of the block.
func (b *BlockData) member(i int) Member {
	switch b.Scope {
	case rules.EachFleet:
		return Member{Position: i, Born: b.fleet(i).born}
	case rules.EachRoute:
		return memberOfRoute(b.route(i))
	}
	return b.data.Member(b.Device(i))
}

// metrics returns the metrics of the subjects as of a day.
func (b *BlockData) metrics(ctx context.Context, asOf rules.Day) (Metrics, error) {
	switch b.Scope {
	case rules.EachFleet:
		return b.reader.fleetMetrics(ctx, b.data.fleets, asOf)
	case rules.EachOrganization:
		return b.reader.organizationMetrics(ctx, b.data.organization.Projects, asOf)
	}
	return b.reader.Block(ctx, b.Number, b.Members, asOf)
}

// Size returns the number of subjects in the block.
func (b *BlockData) Size() int {
	if b.Scope == rules.EachFleet {
		return len(b.data.fleets.all)
	}
	return max(1, b.next-b.first)
}

// route returns a route of the block; nil if the block has no routes.
func (b *BlockData) route(i int) *usage.Route {
	if b.Scope == rules.EachRoute {
		return &b.data.Routes.Routes[b.first+i]
	}
	return nil
}

// fleet returns a fleet of the block; nil if the block has no fleets.
func (b *BlockData) fleet(i int) *fleet {
	if b.Scope == rules.EachFleet {
		return &b.data.fleets.all[i]
	}
	return nil
}

// FleetSize returns the number of listed devices of a fleet of the block; 0 for other subjects.
func (b *BlockData) FleetSize(i int) int {
	if f := b.fleet(i); f != nil {
		return f.counts.All
	}
	return 0
}

// Subject returns the UID of a subject of the block; "" is the project.
func (b *BlockData) Subject(i int) string {
	if f := b.fleet(i); f != nil {
		return f.UID
	}
	if r := b.route(i); r != nil {
		return r.UID
	}
	if device := b.Device(i); device != nil {
		return device.UID
	}
	return ""
}

// Device returns a device of the block; nil for any other subject.
func (b *BlockData) Device(i int) *usage.Device {
	if len(b.Devices) == 0 {
		return nil
	}
	return &b.Devices[i]
}

// Fill puts the metrics of a subject as of now into an Env.
func (b *BlockData) Fill(e *rules.Env, i int) { b.now.Fill(e, i) }

// See puts the values of a subject as of now into an Env.
func (b *BlockData) See(e *rules.Env, i int) {
	if b.common == nil {
		b.common = b.identity(nil, b.data.Counts.ListedAt)
		b.common.Period = b.data.Period
		b.present(b.common, nil, 0, 0)
	}
	notefiles, transport := e.Notefiles, e.Transport // their memory is reused
	*e = *b.common
	e.Notefiles, e.Transport = notefiles, transport
	if device := b.Device(i); device != nil {
		e.Device = b.data.identityOf(device, b.data.Counts.ListedAt)
		b.data.condition(&e.Device, device)
	}
	if f := b.fleet(i); f != nil {
		e.Fleet = f.seen(b.data.Silences)
	}
	if r := b.route(i); r != nil {
		e.Route = routeSeen(r)
	}
	b.now.Fill(e, i)
	if device := b.Device(i); device != nil && b.data.plans {
		e.Plan = b.data.plan(device, e.Bytes.D7)
	}
	if b.Device(i) != nil {
		e.Device.Missed = e.Sessions.Missed
	}
	b.compute(e, i, b.data.Bill, b.data.Today)
}

// compute adds what follows from the metrics of a subject as of a day: costs, and the satellite allowance.
func (b *BlockData) compute(e *rules.Env, i int, bill Bill, day rules.Day) {
	if b.Scope == rules.EachOrganization {
		e.Cost = bill.seen()
	} else {
		e.Cost = bill.share(e.Events.Used, e.Events.Forecast)
	}
	if device := b.Device(i); device != nil {
		e.SatPlan = b.data.Satellite.seen(device.Provisioned, day, e.Sat)
	}
}

// identity returns an Env with only the identity of a subject and its age at an instant; a nil device is any other subject.
func (b *BlockData) identity(device *usage.Device, at time.Time) *rules.Env {
	if b.data.OfOrganization() {
		return b.data.organization.identity()
	}
	return b.data.Identity(device, at)
}

// present adds the values of a subject without history, as of now.
func (b *BlockData) present(e *rules.Env, device *usage.Device, week, missed float64) {
	if b.data.OfOrganization() {
		b.data.organization.present(e, b.data.Now)
		return
	}
	b.data.Present(e, device, week, missed)
}

// EnvAt returns the Env of a subject as of the end of a day, with the data known now. Values without history are no data.
func (b *BlockData) EnvAt(ctx context.Context, i int, day rules.Day) (*rules.Env, error) {
	past, read := b.past[day]
	if !read {
		var err error
		if past, err = b.metrics(ctx, day); err != nil {
			return nil, err
		}
		b.past[day] = past
	}
	bill, err := b.data.Bills.Of(ctx, day)
	if err != nil {
		return nil, err
	}
	e := b.identity(b.Device(i), day.End())
	past.Fill(e, i)
	b.compute(e, i, bill, day)
	if f := b.fleet(i); f != nil {
		e.Fleet = f.settings()
	}
	if r := b.route(i); r != nil {
		e.Route = routeSeen(r)
	}
	e.Period = b.data.spec.Period(day, day.End())
	return e, nil
}

// Present adds the values of a subject without history, as of now (see [Project.Present]), and the growth of its metrics.
func (b *BlockData) Present(e *rules.Env, i int) {
	b.present(e, b.Device(i), b.now.value(rules.Bytes, "d7", i), b.now.value(rules.Sessions, "missed", i))
	if f := b.fleet(i); f != nil {
		e.Fleet = f.seen(b.data.Silences)
	}
	for k, figure := range b.now.figures {
		m := e.Metric(figure)
		m.H1, m.H6 = b.now.by[k][i].H1, b.now.by[k][i].H6
	}
}

// Reader returns a reader of figures of the project.
func (d *ProjectData) Reader(wants rules.Wants) *Reader {
	r := &Reader{Usage: d.usage, Project: d.UID, Period: d.spec, Satellite: d.Satellite, Wants: wants, Listed: d.Counts.ListedAt, Polled: d.State.PolledAt, RoutesRead: d.Routes.Read}
	if d.list != nil && wants.Peers() {
		r.Peers = d.peers()
	}
	return r
}
