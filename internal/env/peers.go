package env

import (
	"context"
	"math"
	"slices"
	"sync"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// fewestPeers is the smallest number of peers for a comparison.
const fewestPeers = 5

// Peers groups the listed devices that are compared with each other: those of one SKU in one fleet, or without a fleet. It is safe for
// concurrent use.
type Peers struct {
	groups map[int][]int // of a device, by ordinal
	number int           // of groups
	blocks []peerBlock

	mu     sync.Mutex
	values map[peerKey]*peerValues
}

// A peerBlock holds the devices of one block that count as peers, which are those that are not disabled.
type peerBlock struct {
	number  int
	members []Member
}

// A peerKey is a figure as of a day.
type peerKey struct {
	figure rules.Figure
	asOf   rules.Day
}

// peerValues holds what devices used on the day before, if that is more than zero.
type peerValues struct {
	of     map[int]float64 // by ordinal
	groups [][]float64     // sorted
}

// PeersOf returns the groups of the devices in a list.
func PeersOf(list *usage.DeviceList) *Peers {
	type group struct{ fleet, sku string }
	p := &Peers{groups: map[int][]int{}, values: map[peerKey]*peerValues{}}
	known := map[group]int{}
	join := func(ordinal int, g group) {
		at, ok := known[g]
		if !ok {
			at = p.number
			known[g], p.number = at, at+1
		}
		if !slices.Contains(p.groups[ordinal], at) {
			p.groups[ordinal] = append(p.groups[ordinal], at)
		}
	}
	for d := range list.All() {
		for _, fleet := range d.Fleets {
			join(d.Ordinal, group{fleet, d.SKU})
		}
		if len(d.Fleets) == 0 {
			join(d.Ordinal, group{"", d.SKU})
		}
		if !d.Disabled {
			p.add(d)
		}
	}
	return p
}

// add adds a peer.
func (p *Peers) add(d usage.Device) {
	block, last := d.Ordinal/history.BlockSize, len(p.blocks)-1
	if last < 0 || p.blocks[last].number != block {
		p.blocks = append(p.blocks, peerBlock{number: block})
		last++
	}
	p.blocks[last].members = append(p.blocks[last].members, MemberOf(&d))
}

// read returns the values of a figure for the day before a day, for devices that existed on that whole day. They are read once.
func (p *Peers) read(ctx context.Context, r *Reader, figure rules.Figure, asOf rules.Day) (*peerValues, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := peerKey{figure, asOf}
	if v := p.values[key]; v != nil {
		return v, nil
	}
	v := &peerValues{of: map[int]float64{}, groups: make([][]float64, p.number)}
	for _, b := range p.blocks {
		err := r.Usage.Columns(ctx, r.Project, b.number, figure, asOf-1, asOf-1, func(day rules.Day, cells []history.Cell) {
			for _, m := range b.members {
				if used := history.At(cells, m.Position).Float(); used > 0 && rules.DayOf(m.Born) < day {
					v.of[b.number*history.BlockSize+m.Position] = used
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	for ordinal, used := range v.of {
		for _, group := range p.groups[ordinal] {
			v.groups[group] = append(v.groups[group], used)
		}
	}
	for _, group := range v.groups {
		slices.Sort(group)
	}
	p.values[key] = v
	return v, nil
}

// medians returns the median of each group of a device that has enough other devices with usage.
func (p *Peers) medians(ordinal int, v *peerValues) (all []float64) {
	own, counted := v.of[ordinal]
	for _, group := range p.groups[ordinal] {
		values := v.groups[group]
		without := -1
		if counted {
			without, _ = slices.BinarySearch(values, own)
		}
		if median := medianWithout(values, without); rules.Known(median) {
			all = append(all, median)
		}
	}
	return all
}

// medianWithout returns the median of sorted numbers without one of them; -1 leaves out none. It is NaN if there are too few.
func medianWithout(sorted []float64, without int) float64 {
	n := len(sorted)
	if without >= 0 {
		n--
	}
	if n < fewestPeers {
		return math.NaN()
	}
	at := func(i int) float64 {
		if without >= 0 && i >= without {
			i++
		}
		return sorted[i]
	}
	return (at((n-1)/2) + at(n/2)) / 2
}
