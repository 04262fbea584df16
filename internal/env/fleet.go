package env

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// A fleet holds the devices that are listed in it now.
type fleet struct {
	usage.Fleet
	born   time.Time // of its first device
	counts usage.DeviceCounts
}

// fleets holds the fleets that have listed devices, by UID, with their members.
type fleets struct {
	all    []fleet
	blocks []fleetBlock
}

// A fleetBlock holds the members of fleets in one block.
type fleetBlock struct {
	number  int
	members []fleetMember
}

// A fleetMember is a device in fleets, which are identified by their places.
type fleetMember struct {
	Member
	in []int
}

// fleetsOf returns the fleets of a device list, with their known names.
func fleetsOf(list *usage.DeviceList, named []usage.Fleet) *fleets {
	places := map[string]int{}
	for d := range list.All() {
		for _, uid := range d.Fleets {
			places[uid] = 0
		}
	}
	f := &fleets{}
	for place, uid := range slices.Sorted(maps.Keys(places)) {
		places[uid] = place
		f.all = append(f.all, fleet{Fleet: usage.Fleet{UID: uid, Name: uid, WatchdogMinutes: math.NaN()}, counts: usage.DeviceCounts{ListedAt: list.Read}})
	}
	for _, known := range named {
		if place, ok := places[known.UID]; ok {
			f.all[place].Fleet = known
		}
	}
	for d := range list.All() {
		member := fleetMember{Member: MemberOf(&d)}
		for _, uid := range d.Fleets {
			if place := places[uid]; !slices.Contains(member.in, place) {
				member.in = append(member.in, place)
				f.all[place].take(d)
			}
		}
		if len(member.in) > 0 {
			f.add(d.Ordinal/history.BlockSize, member)
		}
	}
	return f
}

// seen returns the fleet as expressions see it now.
func (f *fleet) seen(silences Silences) rules.Fleet {
	seen := f.settings()
	seen.DeviceCounts = deviceCounts(f.counts, silences, f.UID)
	return seen
}

// settings returns what people have set for the fleet. Its counts are no data.
func (f *fleet) settings() rules.Fleet {
	seen := rules.UnknownEnv().Fleet
	seen.Known, seen.UID, seen.Name = true, f.UID, f.Name
	seen.AutoTopup, seen.AutoTopupKnown, seen.WatchdogMins = f.Assured == rules.True, f.Assured != rules.NoData, f.WatchdogMinutes
	return seen
}

// take adds a device to the fleet.
func (f *fleet) take(d usage.Device) {
	if f.counts.All == 0 || d.Provisioned.Before(f.born) {
		f.born = d.Provisioned
	}
	countDevice(&f.counts, d)
}

// add adds a device of a block. Devices come in the order of their ordinals.
func (f *fleets) add(block int, member fleetMember) {
	last := len(f.blocks) - 1
	if last < 0 || f.blocks[last].number != block {
		f.blocks = append(f.blocks, fleetBlock{number: block})
		last++
	}
	f.blocks[last].members = append(f.blocks[last].members, member)
}

// find returns the place of a fleet.
func (f *fleets) find(uid string) (place int, ok bool) {
	return slices.BinarySearchFunc(f.all, uid, func(f fleet, uid string) int {
		switch {
		case f.UID < uid:
			return -1
		case f.UID > uid:
			return 1
		}
		return 0
	})
}

// with returns the fleets that contain any of the devices of a block, which are given by position.
func (f *fleets) with(block int, devices history.Bits) (some history.Bits) {
	for _, b := range f.blocks {
		for _, m := range b.members {
			if b.number == block && devices.Has(m.Position) {
				for _, place := range m.in {
					some.Set(place)
				}
			}
		}
	}
	return some
}

// fleetMetrics returns the metrics of fleets as of a day: sums over the present members. A sum is no data if the value of one member is no
// data, unless Notehub left it out.
func (r *Reader) fleetMetrics(ctx context.Context, f *fleets, asOf rules.Day) (Metrics, error) {
	m := Metrics{figures: r.Wants.Figures()}
	m.by = make([][]rules.Metric, len(m.figures))
	for i, figure := range m.figures {
		past, wants := metric.NewPast(figure, r.Period, asOf, 0), r.Wants[figure]
		sums := newFleetSums(len(f.all), past.First(wants), asOf)
		for _, b := range f.blocks {
			if err := r.sumBlock(ctx, sums, b, figure); err != nil {
				return Metrics{}, err
			}
		}
		m.by[i] = make([]rules.Metric, len(f.all))
		for j, fleet := range f.all {
			past.Born, past.Values, past.Earlier = rules.DayOf(fleet.born), sums.of(j), sums.earlier[j]
			m.by[i][j] = past.Metric(wants)
		}
	}
	return m, nil
}

// sumBlock adds a figure of the members of fleets in one block.
func (r *Reader) sumBlock(ctx context.Context, sums *fleetSums, b fleetBlock, figure rules.Figure) error {
	last := sums.first + rules.Day(sums.days) - 1
	for _, m := range b.members {
		sums.expect(m)
	}
	err := r.Usage.Columns(ctx, r.Project, b.number, figure, sums.first, last, func(day rules.Day, cells []history.Cell) {
		for _, m := range b.members {
			sums.add(m, day, history.At(cells, m.Position))
		}
	})
	if err != nil {
		return err
	}
	polls, err := r.earlier(ctx, b.number, figure, last)
	if err != nil {
		return err
	}
	for i, poll := range polls {
		for _, m := range b.members {
			if history.At(poll.cells, m.Position) != history.Null {
				sums.addPoll(m, i, poll.of(m.Member))
			}
		}
	}
	return nil
}

// fleetSums holds the sums of one figure over the members of fleets, by fleet, then day.
type fleetSums struct {
	first   rules.Day
	days    int
	total   []float64
	open    []int  // members that existed on the day and have no value yet
	known   []bool // whether any member has data
	earlier [][len(metric.Past{}.Earlier)]metric.PollValue
}

func newFleetSums(fleets int, first, last rules.Day) *fleetSums {
	days := int(last-first) + 1
	return &fleetSums{
		first: first, days: days, total: make([]float64, fleets*days), open: make([]int, fleets*days), known: make([]bool, fleets*days),
		earlier: make([][len(metric.Past{}.Earlier)]metric.PollValue, fleets),
	}
}

// expect records the days on which a member existed.
func (s *fleetSums) expect(m fleetMember) {
	for day := max(0, int(rules.DayOf(m.Born)-s.first)); day < s.days; day++ {
		for _, fleet := range m.in {
			s.open[fleet*s.days+day]++
		}
	}
}

// add adds the stored value of a member for a day.
func (s *fleetSums) add(m fleetMember, day rules.Day, cell history.Cell) {
	if !cell.Known() && cell != history.Null {
		return
	}
	for _, fleet := range m.in {
		at := fleet*s.days + int(day-s.first)
		if day >= rules.DayOf(m.Born) {
			s.open[at]--
		}
		if cell.Known() {
			s.total[at] += cell.Float()
			s.known[at] = true
		}
	}
}

// addPoll adds the value of a member at an earlier poll.
func (s *fleetSums) addPoll(m fleetMember, growth int, value metric.PollValue) {
	for _, fleet := range m.in {
		sum := &s.earlier[fleet][growth]
		*sum = metric.PollValue{Value: sum.Value + value.Value, Day: value.Day, Age: value.Age}
	}
}

// of returns the days of a fleet; NaN is no data.
func (s *fleetSums) of(fleet int) []float64 {
	days := s.total[fleet*s.days : (fleet+1)*s.days]
	for day := range days {
		if at := fleet*s.days + day; s.open[at] > 0 || !s.known[at] {
			days[day] = math.NaN()
		}
	}
	return days
}
