package lookup

import (
	"context"
	"math"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A part is one device of a fleet or project, and what it used of a figure.
type part struct {
	ordinal     int
	listed      bool
	life        life
	total, week sum
}

// parts calls f with the devices of a fleet or project, block by block: of a fleet its members, of a project also those that
// were listed formerly. parts is only good until f returns.
func (r *Reader) parts(ctx context.Context, project string, q question, f func(block int, parts []part) error) error {
	if q.Kind == KindFleet {
		return InBlocks(q.members, func(block int, members []usage.Place) error {
			parts := make([]part, len(members))
			for i, m := range members {
				parts[i] = partOf(m)
			}
			return f(block, parts)
		})
	}
	blocks, err := r.config.Store.Usage.Blocks(ctx, project)
	if err != nil {
		return err
	}
	parts := make([]part, 0, history.BlockSize)
	for block := range blocks {
		changed, err := r.config.Store.Usage.ChangedPlaces(ctx, project, block, q.first().Start())
		if err != nil {
			return err
		}
		first := max(1, block*history.BlockSize) // 0 is the project
		parts = parts[:0]
		for ordinal := first; ordinal < (block+1)*history.BlockSize; ordinal++ {
			parts = append(parts, part{ordinal: ordinal, listed: true, life: life{gone: notGone}})
		}
		for _, m := range changed {
			parts[m.Ordinal-first] = partOf(m)
		}
		if err := f(block, parts); err != nil {
			return err
		}
	}
	return nil
}

func partOf(m usage.Place) part {
	return part{ordinal: m.Ordinal, listed: m.Listed, life: lifeOf(m)}
}

// InBlocks calls f with devices, which are in the order of their ordinals, block by block.
func InBlocks(devices []usage.Place, f func(block int, devices []usage.Place) error) error {
	for len(devices) > 0 {
		block, n := devices[0].Ordinal/history.BlockSize, 1
		for n < len(devices) && devices[n].Ordinal/history.BlockSize == block {
			n++
		}
		if err := f(block, devices[:n]); err != nil {
			return err
		}
		devices = devices[n:]
	}
	return nil
}

// A crowd adds up a figure of the devices that a question is about. NaN is no data.
type crowd struct {
	question
	project     string
	figure      rules.Figure
	total, week float64
	known       int        // listed devices that are known over the span
	lost        int        // devices that are no longer listed and are not known over the span
	days        []dayTotal // from the first day of the question; nil: not wanted
}

func newCrowd(q question, project string, figure rules.Figure) *crowd {
	return &crowd{question: q, project: project, figure: figure, total: math.NaN(), week: math.NaN()}
}

// read reads what devices of a block used, and adds them up. Without days it reads the span alone, which is too little for weeks.
func (c *crowd) read(ctx context.Context, db *store.Store, block int, parts []part) error {
	first, last := c.from, c.to-1
	if c.days != nil {
		first, last = c.first(), c.day
	}
	for i := range parts {
		p := &parts[i]
		p.total, p.week = c.spanSum(p.life), c.weekSum(p.life)
		c.expect(p.life.born)
	}
	err := db.Usage.Columns(ctx, c.project, block, c.figure, first, last, func(day rules.Day, cells []history.Cell) {
		for i := range parts {
			p := &parts[i]
			cell := history.At(cells, p.ordinal%history.BlockSize)
			p.total.add(day, cell.Float())
			if c.days == nil {
				continue
			}
			p.week.add(day, cell.Float())
			if day >= p.life.born {
				c.days[day-first].add(cell)
			}
		}
	})
	for _, p := range parts {
		c.add(p)
	}
	return err
}

// add adds a device, if it is known over the span. One that did not exist yet has used nothing.
func (c *crowd) add(p part) {
	total := p.total.get()
	known := !math.IsNaN(total) || p.total.empty()
	switch {
	case known && p.listed:
		c.known++
	case !known && !p.listed:
		c.lost++
	}
	if !math.IsNaN(total) {
		c.total, c.week = addKnown(c.total, total), addKnown(c.week, p.week.get())
	}
}

// missing returns how many devices are not known over the span. The list may have changed since they were counted.
func (c *crowd) missing(listed int) int { return max(0, listed-c.known) + c.lost }

// A dayTotal adds up the devices that existed on a day.
type dayTotal struct {
	value          float64
	devices, known int
}

// expect adds a device to each day on which it existed.
func (c *crowd) expect(born rules.Day) {
	for i := max(0, int(born-c.first())); i < len(c.days); i++ {
		c.days[i].devices++
	}
}

// add takes in what a device used on a day. What Notehub left out of an answer is left out.
func (t *dayTotal) add(cell history.Cell) {
	switch {
	case cell.Known():
		t.value += cell.Float()
		t.known++
	case cell == history.Null:
		t.devices--
	}
}

// get returns the total. It is no data without devices, or if there is no data for one of them.
func (t dayTotal) get() float64 {
	if t.devices == 0 || t.known < t.devices {
		return math.NaN()
	}
	return t.value
}

// tallyFleet adds up the devices of a fleet. Those without data over the span are left out. A day is no data if one of the devices
// has none for it.
func (r *Reader) tallyFleet(ctx context.Context, q question) (tallies, error) {
	all, crowds := tallies{}, map[rules.Figure]*crowd{}
	for _, figure := range q.figures {
		crowds[figure] = newCrowd(q, q.Project.UID, figure)
		crowds[figure].days = make([]dayTotal, q.day-q.first()+1)
	}
	err := r.parts(ctx, q.Project.UID, q, func(block int, parts []part) error {
		for _, figure := range q.figures {
			if err := crowds[figure].read(ctx, r.config.Store, block, parts); err != nil {
				return err
			}
		}
		return nil
	})
	for _, figure := range q.figures {
		all[figure] = crowds[figure].tally()
	}
	return all, err
}

func (c *crowd) tally() tally {
	column := c.noData()
	for i, day := range c.days {
		column[i] = day.get()
	}
	t := c.question.tally(column)
	t.total, t.week, t.missing = c.total, c.week, c.missing(len(c.members))
	if len(c.members) == 0 {
		t.days = nil
	}
	return t
}

// addKnown adds what there is data for.
func addKnown(a, b float64) float64 {
	switch {
	case math.IsNaN(a):
		return b
	case math.IsNaN(b):
		return a
	}
	return a + b
}
