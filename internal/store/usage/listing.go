package usage

import (
	"context"
	"math"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A listedFigure is a figure of devices that changes with almost every device list. It has no history.
type listedFigure struct {
	name  string
	scale int64 // of the value in its cells
	cell  func(*Device) history.Cell
	set   func(*Device, history.Cell) // sets the value of the device from a cell
}

const lastActivity = "last_activity"

// listedFigures are all figures of device lists. A figure without values in a list is not stored.
var listedFigures = []listedFigure{
	{
		lastActivity, 1, // milliseconds since 1970
		func(d *Device) history.Cell { return cellOfTime(d.LastActivity) },
		func(d *Device, c history.Cell) { d.LastActivity = timeOf(c) },
	}, {
		"voltage", fine, // volts
		func(d *Device) history.Cell { return cellOf(d.Voltage, fine) },
		func(d *Device, c history.Cell) { d.Voltage = c.Float() / fine },
	}, {
		"temperature", fine, // degrees Celsius above coldest
		func(d *Device) history.Cell { return cellOf(d.Temperature-coldest, fine) },
		func(d *Device, c history.Cell) { d.Temperature = round(c.Float()/fine + coldest) },
	}, {
		"updating", 1, // a Truth, and 1
		func(d *Device) history.Cell {
			if d.Updating == rules.NoData {
				return history.NotKnown
			}
			return cellOf(float64(d.Updating)+1, 1)
		},
		func(d *Device, c history.Cell) {
			if d.Updating = rules.NoData; c.Known() {
				d.Updating = rules.Truth(c.Float() - 1)
			}
		},
	}, {
		"sims", 1, // whether there is a plan, so it must come before the other figures of the plan
		func(d *Device) history.Cell {
			if d.Plan == nil {
				return history.NotKnown
			}
			return cellOf(float64(d.Plan.SIMs), 1)
		},
		func(d *Device, c history.Cell) {
			if d.Plan = nil; c.Known() {
				d.Plan = &Plan{SIMs: int(c.Float())}
			}
		},
	},
	ofPlan("plan_used", func(p *Plan) history.Cell { return cellOf(p.Used, 1) }, func(p *Plan, c history.Cell) { p.Used = c.Float() }),
	ofPlan("plan_limit", func(p *Plan) history.Cell { return cellOf(p.Limit, 1) }, func(p *Plan, c history.Cell) { p.Limit = c.Float() }),
	ofPlan("plan_updated", func(p *Plan) history.Cell { return cellOfTime(p.Updated) }, func(p *Plan, c history.Cell) { p.Updated = timeOf(c) }),
}

// ofPlan returns a figure of plans, for devices that have one.
func ofPlan(name string, cell func(*Plan) history.Cell, set func(*Plan, history.Cell)) listedFigure {
	return listedFigure{
		name, 1,
		func(d *Device) history.Cell {
			if d.Plan == nil {
				return history.NotKnown
			}
			return cell(d.Plan)
		},
		func(d *Device, c history.Cell) {
			if d.Plan != nil {
				set(d.Plan, c)
			}
		},
	}
}

const (
	fine    = 1_000_000 // parts of a unit
	coldest = -300      // is below any temperature in degrees Celsius
)

// storable returns the device with the values that it has after it is stored and read again.
func (d Device) storable() Device {
	if d.Plan != nil {
		d.Plan = new(*d.Plan)
	}
	stored := d
	stored.Plan = nil
	for _, figure := range listedFigures {
		figure.set(&stored, figure.cell(&d))
	}
	if d.Plan != nil {
		stored.Plan.Cards = storableSIMs(d.Plan.Cards)
	}
	return stored
}

// cellOfTime returns the cell of a time, which is not known if it is zero or before 1970.
func cellOfTime(t time.Time) history.Cell {
	if t.IsZero() {
		return history.NotKnown
	}
	cell, _ := history.Value(t.UnixMilli())
	return cell
}

// timeOf returns the time of a cell, which is zero if it is not known.
func timeOf(c history.Cell) time.Time {
	if !c.Known() {
		return time.Time{}
	}
	return time.UnixMilli(int64(c.Float())).UTC()
}

// cellOf returns the cell of a value times its scale, which is not known if the value is NaN, negative or absurdly large.
func cellOf(value, scale float64) history.Cell {
	scaled := math.Round(value * scale)
	if !(scaled >= 0 && scaled <= history.MaxValue) {
		return history.NotKnown
	}
	cell, _ := history.Value(int64(scaled))
	return cell
}

// round removes what a computation adds beyond the precision that is kept.
func round(x float64) float64 { return math.Round(x*fine) / fine }

// A listing holds the figures of a device list that change often: the columns of each figure, by block.
type listing map[string]map[int][]history.Cell

// at returns one figure of one device.
func (l listing) at(figure string, ordinal int) history.Cell {
	return history.At(l[figure][ordinal/history.BlockSize], ordinal%history.BlockSize)
}

// fill sets the fields of a device that change often.
func (l listing) fill(d *Device) {
	for _, figure := range listedFigures {
		figure.set(d, l.at(figure.name, d.Ordinal))
	}
}

// active counts the devices that were active since a time, and those that were active only before it. It leaves out some devices.
func (l listing) active(without []int, since time.Time) (active, silent int) {
	count := func(c history.Cell, n int) {
		switch {
		case !c.Known():
		case timeOf(c).Before(since):
			silent += n
		default:
			active += n
		}
	}
	for _, column := range l[lastActivity] {
		for _, c := range column {
			count(c, 1)
		}
	}
	for _, ordinal := range without {
		count(l.at(lastActivity, ordinal), -1)
	}
	return active, silent
}

// readListing reads the listing of a project, for some blocks or for all. A damaged column is not known until the device list is read
// again, which is soon.
func readListing(ctx context.Context, tx database.Tx, project int64, blocks ...int) (listing, error) {
	type row struct {
		figure string
		block  int
		packed []byte
	}
	condition, args := `TRUE`, []any{project}
	if len(blocks) > 0 {
		condition, args = `listing.block IN (SELECT CAST(value AS BIGINT) FROM json_each($2))`, append(args, database.Elements(blocks))
	}
	rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.figure, &r.block, &r.packed} }, `
		SELECT figure.name, listing.block, listing.vals FROM listing JOIN figure ON figure.id = listing.figure
		WHERE listing.project = $1 AND `+condition, args...)
	all := listing{}
	for _, r := range rows {
		if cells, damaged := history.Unpack(nil, r.packed); damaged == nil {
			if all[r.figure] == nil {
				all[r.figure] = map[int][]history.Cell{}
			}
			all[r.figure][r.block] = cells
		}
	}
	return all, err
}

// saveListing writes the listing of a project, and deletes the values of an earlier list.
func saveListing(ctx context.Context, tx database.Tx, project int64, devices *DeviceList) error {
	blocks, columns := columnsOf(devices)
	table := database.Upsert{Table: "listing", Key: []string{"project", "block", "figure"}, Set: []string{"vals"}}
	written := []int64{}
	for i, figure := range listedFigures {
		if columns[i] == nil {
			continue
		}
		id, err := addFigure(ctx, tx, project, figure.name, figure.scale)
		if err != nil {
			return err
		}
		written = append(written, id)
		err = table.Run(ctx, tx, len(blocks), func(at int) []any {
			return []any{project, blocks[at], id, history.Pack(columns[i][at])}
		}, nil)
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		DELETE FROM listing WHERE project = $1 AND (block NOT IN (SELECT CAST(value AS BIGINT) FROM json_each($2))
			OR figure NOT IN (SELECT CAST(value AS BIGINT) FROM json_each($3)))`,
		project, database.Elements(blocks), database.Elements(written))
	return err
}

// columnsOf returns the blocks of devices, which are in order of Ordinal, and for each of listedFigures its columns in the order of the
// blocks; nil for a figure without values.
func columnsOf(devices *DeviceList) (blocks []int, columns [][][]history.Cell) {
	blocks, columns = []int{}, make([][][]history.Cell, len(listedFigures))
	for d := range devices.All() {
		if block := d.Ordinal / history.BlockSize; len(blocks) == 0 || blocks[len(blocks)-1] != block {
			blocks = append(blocks, block)
		}
		for i, figure := range listedFigures {
			cell := figure.cell(&d)
			if cell == history.NotKnown && columns[i] == nil {
				continue
			}
			for len(columns[i]) < len(blocks) {
				columns[i] = append(columns[i], make([]history.Cell, history.BlockSize))
			}
			columns[i][len(blocks)-1][d.Ordinal%history.BlockSize] = cell
		}
	}
	for i := range columns {
		for columns[i] != nil && len(columns[i]) < len(blocks) {
			columns[i] = append(columns[i], make([]history.Cell, history.BlockSize))
		}
	}
	return blocks, columns
}
