package lookup

import (
	"context"
	"math"
	"slices"

	"notewatch/internal/store"
	"notewatch/rules"
)

const (
	maxSought = 10_000 // devices that are looked up one by one; for more, all of the project are read
	maxDrawn  = 50_000 // rows that are read to draw a fleet day by day
)

// A part is what one device used.
type part struct {
	device string
	sums
}

// parts returns what the devices of a project used of a figure, or those of a fleet. Complete days are read from their
// summaries: those of a device that is not summed up as of the day are no data. The day so far is read only for spans that
// it is part of.
func (d *Desk) parts(ctx context.Context, project string, figure rules.Figure, q question) ([]part, error) {
	only := q.members
	if len(only) > maxSought {
		only = nil
	}
	start, _ := d.Period.Bounds(q.day)
	summed, err := d.Store.Sums(ctx, project, figure, q.day, start, only)
	if err != nil {
		return nil, err
	}
	var today map[string]float64
	if q.span == Today || q.span == Period {
		if today, err = d.Store.UsageOn(ctx, project, figure, q.day, only); err != nil {
			return nil, err
		}
	}
	parts := join(summed, today)
	if len(q.members) > maxSought {
		parts = slices.DeleteFunc(parts, func(p part) bool { _, ok := slices.BinarySearch(q.members, p.device); return !ok })
	}
	return parts, nil
}

// join puts together what is known of devices.
func join(summed []store.Sum, today map[string]float64) []part {
	parts := make([]part, 0, max(len(summed), len(today)))
	for _, s := range summed {
		p := part{s.Device, sums{s.Used, s.D7, s.D30, math.NaN()}}
		if value, ok := today[s.Device]; ok {
			p.today = value
			delete(today, s.Device)
		}
		parts = append(parts, p)
	}
	for device, value := range today {
		p := part{device, unknown()}
		p.today = value
		parts = append(parts, p)
	}
	return parts
}

// tallyFleet adds up the devices of a fleet. Those without data over the span are left out. Its days are drawn only if they
// are not too many, and are no data where one of the devices has none.
func (d *Desk) tallyFleet(ctx context.Context, q question) (all tallies, err error) {
	h := d.history(q)
	var days []store.Usage
	if len(q.members)*int(q.day-h.first+1) <= maxDrawn {
		if days, err = d.Store.DayTotals(ctx, q.Project.UID, d.figures, q.members, h.first, q.day); err != nil {
			return all, err
		}
	}
	for _, figure := range d.figures {
		parts, err := d.parts(ctx, q.Project.UID, figure, q)
		if err != nil {
			return all, err
		}
		t := h.tally(h.column(days, figure))
		if days == nil {
			t.days = nil
		}
		t.sums, t.missing = sum(parts, len(q.members), q.span)
		all[figure] = t
	}
	return all, nil
}

// sum adds up those of count devices that are known over a span, and returns how many are not.
func sum(parts []part, count int, span Span) (all sums, missing int) {
	all = unknown()
	for _, p := range parts {
		if math.IsNaN(p.total(span)) {
			continue
		}
		count--
		all.used, all.d7, all.d30, all.today = plus(all.used, p.used), plus(all.d7, p.d7), plus(all.d30, p.d30), plus(all.today, p.today)
	}
	return all, max(0, count) // a device that was dropped today is still counted
}

// plus adds what is known.
func plus(a, b float64) float64 {
	switch {
	case math.IsNaN(a):
		return b
	case math.IsNaN(b):
		return a
	}
	return a + b
}
