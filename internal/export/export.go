package export

import (
	"context"
	"math"
	"slices"

	"notewatch/internal/history"
	"notewatch/internal/lookup"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A Query selects figures day by day, as far as they have been read.
type Query struct {
	Of       lookup.Subject
	Span     lookup.Span    // "" means the days From to To
	From, To rules.Day      // zero: from the first, or to the last, that has been read
	Totals   bool           // the totals of projects instead of their devices
	Metrics  []rules.Figure // none: all that have been read of devices
}

// An Export holds figures of devices or projects day by day.
type Export struct {
	Figures []rules.Figure // those that have been read
	reader  *lookup.Reader
	query   Query
	spans   map[string]map[rules.Figure]usage.Span // by project
}

// A Row is one device, or the total of one project, on one day.
type Row struct {
	Project   lookup.Named
	UID, Name string // of the device; "" for the total of the project
	Day       rules.Day
	Values    []float64 // by Export.Figures; NaN is no data. Valid until the next row
}

// Of returns what has been read of the subject of a query.
func Of(ctx context.Context, r *lookup.Reader, q Query) (*Export, error) {
	e := &Export{reader: r, query: q, spans: map[string]map[rules.Figure]usage.Span{}}
	for _, p := range r.ProjectsOf(q.Of) {
		spans, err := r.Store().Usage.Coverage(ctx, p.UID)
		if err != nil {
			return nil, err
		}
		e.spans[p.UID] = spans
		for figure := range spans {
			wanted := len(q.Metrics) == 0 || slices.Contains(q.Metrics, figure)
			if wanted && !figure.OfRoutes() && !slices.Contains(e.Figures, figure) {
				e.Figures = append(e.Figures, figure)
			}
		}
	}
	rules.SortFigures(e.Figures)
	return e, nil
}

// Rows calls each with all rows, ordered by project, device and day. If there are more than 31 days, the devices of a block come again for
// every 31 days. It reads one block at a time and nothing while each runs, so each may take any time. A device has no row for a day before
// it existed, and a device that is no longer listed has none for a day without data.
func (e *Export) Rows(ctx context.Context, each func(Row) error) error {
	for _, p := range e.reader.ProjectsOf(e.query.Of) {
		first, last, err := e.days(ctx, p)
		if err != nil {
			return err
		}
		if first > last {
			continue
		}
		err = e.blocks(ctx, p, func(block int, devices []usage.BlockDevice) error {
			return e.block(ctx, p, block, devices, first, last, each)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// days returns the days to export of a project. There are none if first is after last.
func (e *Export) days(ctx context.Context, p lookup.Project) (first, last rules.Day, err error) {
	first, last = math.MaxInt, math.MinInt
	for _, span := range e.spans[p.UID] {
		first, last = min(first, span.First), max(last, span.Last)
	}
	if e.query.Span == "" {
		if e.query.From != 0 {
			first = max(first, e.query.From)
		}
		if e.query.To != 0 {
			last = min(last, e.query.To)
		}
		return first, last, nil
	}
	from, to, err := e.reader.Days(ctx, p, e.query.Span)
	return max(first, from), min(last, to-1), err
}

// blocks calls f with the exported subjects of a project, block by block.
func (e *Export) blocks(ctx context.Context, p lookup.Project, f func(block int, devices []usage.BlockDevice) error) error {
	db, of := e.reader.Store(), e.query.Of
	switch {
	case e.query.Totals:
		return f(0, []usage.BlockDevice{{Place: usage.Place{Listed: true}}})
	case of.Kind == lookup.KindFleet:
		members, err := db.Usage.FleetPlaces(ctx, p.UID, of.UID)
		if err != nil {
			return err
		}
		return lookup.InBlocks(members, func(block int, members []usage.Place) error {
			devices, err := db.Usage.BlockDevices(ctx, p.UID, block)
			if err != nil {
				return err
			}
			return f(block, among(devices, members))
		})
	case of.Kind == lookup.KindDevice:
		ordinal, ok, err := db.Usage.Ordinal(ctx, p.UID, of.UID)
		if !ok {
			return err
		}
		device, _, err := db.Usage.DeviceAt(ctx, p.UID, ordinal)
		if err != nil {
			return err
		}
		return f(ordinal/history.BlockSize, []usage.BlockDevice{device})
	}
	blocks, err := db.Usage.Blocks(ctx, p.UID)
	if err != nil {
		return err
	}
	for block := range blocks {
		devices, err := db.Usage.BlockDevices(ctx, p.UID, block)
		if err != nil {
			return err
		}
		if err := f(block, devices); err != nil {
			return err
		}
	}
	return nil
}

// among returns the devices whose places are in some. All are in the order of their ordinals.
func among(devices []usage.BlockDevice, places []usage.Place) []usage.BlockDevice {
	return slices.DeleteFunc(devices, func(d usage.BlockDevice) bool {
		_, ok := slices.BinarySearchFunc(places, d.Ordinal, func(p usage.Place, ordinal int) int { return p.Ordinal - ordinal })
		return !ok
	})
}

// maxDays is the number of days of a block that are read at a time.
const maxDays = 31

// block exports devices of a block.
func (e *Export) block(
	ctx context.Context, p lookup.Project, block int, devices []usage.BlockDevice, first, last rules.Day, each func(Row) error,
) error {
	for ; first <= last; first += maxDays {
		part := part{
			project: p, devices: devices, first: first, days: int(min(last-first+1, maxDays)), figures: len(e.Figures),
		}
		if err := e.read(ctx, &part, block); err != nil {
			return err
		}
		if err := part.rows(each); err != nil {
			return err
		}
	}
	return nil
}

// A part holds some days of some devices of a block.
type part struct {
	project lookup.Project
	devices []usage.BlockDevice
	first   rules.Day
	days    int
	figures int
	values  []float64 // by device, day and figure
}

// read reads the values of a part.
func (e *Export) read(ctx context.Context, part *part, block int) error {
	part.values = slices.Repeat([]float64{math.NaN()}, len(part.devices)*part.days*part.figures)
	last := part.first + rules.Day(part.days) - 1
	for i, figure := range e.Figures {
		err := e.reader.Store().Usage.Columns(ctx, part.project.UID, block, figure, part.first, last, func(day rules.Day, cells []history.Cell) {
			for j, device := range part.devices {
				part.row(j, int(day-part.first))[i] = history.At(cells, device.Ordinal%history.BlockSize).Float()
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// row returns the values of a device on a day.
func (p *part) row(device, day int) []float64 {
	start := (device*p.days + day) * p.figures
	return p.values[start : start+p.figures]
}

// rows calls each with the rows of the part.
func (p *part) rows(each func(Row) error) error {
	project := lookup.Named{UID: p.project.UID, Name: p.project.Name}
	for i, device := range p.devices {
		born := rules.DayOf(device.Provisioned)
		for d := range p.days {
			row := Row{Project: project, UID: device.UID, Name: device.Name, Day: p.first + rules.Day(d), Values: p.row(i, d)}
			if row.Day < born || !device.Listed && !slices.ContainsFunc(row.Values, rules.Known) {
				continue
			}
			if err := each(row); err != nil {
				return err
			}
		}
	}
	return nil
}
