package usage

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
)

// What the newest device list says about devices and changes with almost every list. Each is a figure without a past.
const (
	lastActivity = "last_activity" // milliseconds since 1970
	voltage      = "voltage"       // volts times voltageScale
	voltageScale = 1_000_000
)

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

// cellOfVoltage returns the cell of a voltage, which is not known if it is NaN, negative or absurdly large.
func cellOfVoltage(volts float64) history.Cell {
	scaled := math.Round(volts * voltageScale)
	if !(scaled >= 0 && scaled <= history.MaxValue) {
		return history.NotKnown
	}
	cell, _ := history.Value(int64(scaled))
	return cell
}

// voltageOf returns the voltage of a cell, which is NaN if it is not known.
func voltageOf(c history.Cell) float64 { return c.Float() / voltageScale }

// A listing is what a device list says that changes often: the columns of each figure, by block.
type listing map[string]map[int][]history.Cell

// at returns one figure of one device.
func (l listing) at(figure string, ordinal int) history.Cell {
	return history.At(l[figure][ordinal/history.BlockSize], ordinal%history.BlockSize)
}

// fill sets the fields of a device that change often.
func (l listing) fill(d *Device) {
	d.LastActivity, d.Voltage = timeOf(l.at(lastActivity, d.Ordinal)), voltageOf(l.at(voltage, d.Ordinal))
}

// active counts the devices that were active since a time, and those that were only before it. Some are left out.
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

// readListing reads what the device list of a project says, of some blocks or of all. A damaged column is not known until the list
// is read again, which is soon.
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
	all := listing{lastActivity: {}, voltage: {}}
	for _, r := range rows {
		if cells, damaged := history.Unpack(nil, r.packed); damaged == nil && all[r.figure] != nil {
			all[r.figure][r.block] = cells
		}
	}
	return all, err
}

// saveListing writes what the device list of a project says about devices, and drops what an earlier list said.
func saveListing(ctx context.Context, tx database.Tx, project int64, devices *DeviceList) error {
	blocks := []int{}
	table := database.Upsert{Table: "listing", Key: []string{"project", "block", "figure"}, Set: []string{"vals"}}
	for _, figure := range []struct {
		name  string
		scale int64
		cell  func(Device) history.Cell
	}{
		{lastActivity, 1, func(d Device) history.Cell { return cellOfTime(d.LastActivity) }},
		{voltage, voltageScale, func(d Device) history.Cell { return cellOfVoltage(d.Voltage) }},
	} {
		id, err := addFigure(ctx, tx, project, figure.name, figure.scale)
		if err != nil {
			return err
		}
		columns := columnsOf(devices, figure.cell)
		blocks = blocks[:0]
		for block := range columns {
			blocks = append(blocks, block)
		}
		slices.Sort(blocks)
		err = table.Run(ctx, tx, len(blocks), func(i int) []any {
			return []any{project, blocks[i], id, history.Pack(columns[blocks[i]])}
		}, nil)
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM listing WHERE project = $1 AND block NOT IN (SELECT CAST(value AS BIGINT) FROM json_each($2))`,
		project, database.Elements(blocks))
	return err
}

// columnsOf returns one figure of devices as columns, by block.
func columnsOf(devices *DeviceList, cell func(Device) history.Cell) map[int][]history.Cell {
	columns := map[int][]history.Cell{}
	for d := range devices.All() {
		block, position := d.Ordinal/history.BlockSize, d.Ordinal%history.BlockSize
		if columns[block] == nil {
			columns[block] = make([]history.Cell, history.BlockSize)
		}
		columns[block][position] = cell(d)
	}
	return columns
}
