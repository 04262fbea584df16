package usage

import (
	"context"
	"database/sql"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// convertedFigures are the figures that an older version knew.
var convertedFigures = [...]rules.Figure{
	rules.Events, rules.EventsTotal, rules.Platform, rules.Watchdog, rules.Reboots, rules.FwUpdates,
	rules.Sessions, rules.SessionBytes, rules.TLS, rules.FirstSyncs,
	rules.Bytes, rules.Sat,
}

// convertedEndpoints name the figures that were read together, by their places.
var convertedEndpoints = []struct {
	name        string
	first, next int
}{{"events", 0, 6}, {"sessions", 6, 10}, {"data", 10, 12}}

// A dayRow is the row of a device and day in an older version.
type dayRow struct {
	uid     string
	ordinal sql.NullInt64                        // null: the device has none
	figures [len(convertedFigures)]sql.NullInt64 // by place
}

// convertDay turns the rows of a day into columns.
func (c converter) convertDay(ctx context.Context, day rules.Day) error {
	covered, err := c.coveredFigures(ctx, day)
	if err != nil {
		return err
	}
	columns := newDayColumns(covered)
	unlisted, err := c.readDay(ctx, day, columns)
	if err != nil {
		return err
	}
	if err := c.addUnlistedRows(ctx, day, unlisted, columns); err != nil {
		return err
	}
	changed, err := c.changes(ctx, day)
	if err != nil {
		return err
	}
	dictionary, err := readFigures(ctx, c.tx, c.id)
	if err != nil {
		return err
	}
	for place, cells := range columns.cells {
		if len(cells) == 0 {
			continue
		}
		figure := convertedFigures[place]
		id, err := dictionary.id(ctx, c.tx, figure)
		if err != nil {
			return err
		}
		if err := c.merger.fillBack(ctx, arrival{Column: Column{figure, day, cells}, figure: id}); err != nil {
			return err
		}
		if err := c.coverDay(ctx, id, day, covered[place]); err != nil {
			return err
		}
		var noted []blockValue
		for block, bits := range changed {
			noted = append(noted, blockValue{columnKey{block, id, day}, bits})
		}
		if err := c.merger.note(ctx, noted); err != nil {
			return err
		}
	}
	for _, table := range []string{"usage", "usage_change"} {
		if _, err := c.tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE project = $1 AND day = $2`, c.uid, day); err != nil {
			return err
		}
	}
	return nil
}

// coveredFigures returns which figures were read for a day, by place.
func (c converter) coveredFigures(ctx context.Context, day rules.Day) (covered [len(convertedFigures)]bool, err error) {
	var read map[string]Span
	err = c.tx.QueryRowContext(ctx, `SELECT read_days FROM project WHERE id = $1`, c.id).Scan(database.Document(&read))
	for _, endpoint := range convertedEndpoints {
		span, ok := read[endpoint.name]
		for place := endpoint.first; place < endpoint.next; place++ {
			covered[place] = ok && span.First <= day && day <= span.Last
		}
	}
	return covered, err
}

// readDay reads the rows of a day into columns. It returns those of devices without an ordinal.
func (c converter) readDay(ctx context.Context, day rules.Day, columns *dayColumns) (unlisted []dayRow, err error) {
	var row dayRow
	fields, names := []any{&row.uid, &row.ordinal}, []string{"usage.device", "device.ordinal"}
	for place, figure := range convertedFigures {
		fields, names = append(fields, &row.figures[place]), append(names, "usage."+string(figure))
	}
	rows, err := c.tx.QueryContext(ctx, `
		SELECT `+database.List(names)+` FROM usage LEFT JOIN device ON device.project = $1 AND device.uid = usage.device
		WHERE usage.day = $2 AND usage.project = $3`, c.id, day, c.uid)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(fields...); err != nil {
			return nil, err
		}
		if row.uid != "" && !row.ordinal.Valid {
			unlisted = append(unlisted, row)
			continue
		}
		columns.add(int(row.ordinal.Int64), &row.figures)
	}
	return unlisted, rows.Err()
}

// addUnlistedRows gives ordinals to devices that are no longer listed, and adds their rows.
func (c converter) addUnlistedRows(ctx context.Context, day rules.Day, rows []dayRow, columns *dayColumns) error {
	if len(rows) == 0 {
		return nil
	}
	devices := &DeviceList{}
	for _, row := range rows {
		devices.Add(Device{UID: row.uid, Name: row.uid})
	}
	if err := c.number(ctx, devices, devices.unnumbered()); err != nil {
		return err
	}
	for _, row := range rows {
		place, _ := devices.Find(database.Storable(row.uid))
		columns.add(devices.Ordinal(place), &row.figures)
	}
	return c.addUnlisted(ctx, devices, day)
}

// dayColumns are the columns of all figures of a day, by place.
type dayColumns struct {
	covered [len(convertedFigures)]bool
	cells   [len(convertedFigures)][]history.Cell
}

func newDayColumns(covered [len(convertedFigures)]bool) *dayColumns {
	return &dayColumns{covered: covered}
}

// add adds a row. Figures were read together: if some are missing, Notehub left them out; if all are missing, they are not known. The total of a project is not known if it was left out for any device.
func (d *dayColumns) add(ordinal int, figures *[len(convertedFigures)]sql.NullInt64) {
	for _, together := range convertedEndpoints {
		missing := history.NotKnown
		for place := together.first; place < together.next; place++ {
			if figures[place].Valid && ordinal > 0 {
				missing = history.Null
			}
		}
		for place := together.first; place < together.next; place++ {
			switch n := figures[place]; {
			case n.Valid:
				cell, _ := history.Value(n.Int64)
				d.set(place, ordinal, cell)
			case d.covered[place]:
				d.set(place, ordinal, missing)
			}
		}
	}
}

func (d *dayColumns) set(place, ordinal int, cell history.Cell) {
	for len(d.cells[place]) <= ordinal {
		d.cells[place] = append(d.cells[place], history.Nothing)
	}
	d.cells[place][ordinal] = cell
}

// fillBack merges a column only where nothing is known yet, because what was read since is newer.
func (m *merger) fillBack(ctx context.Context, c arrival) error {
	stored, err := m.read(ctx, packedColumns, c.keys())
	if err != nil {
		return err
	}
	for at, packed := range stored {
		column, _ := m.unpack(packed)
		said := c.block(at.block)
		for position := range min(len(column), len(said)) {
			if column[position] != history.NotKnown {
				said[position] = history.Nothing
			}
		}
	}
	return m.merge(ctx, []arrival{c})
}

// coverDay notes that a figure was read for a day, if the day is next to the days for which it was read.
func (c converter) coverDay(ctx context.Context, figure int64, day rules.Day, covered bool) error {
	if !covered {
		return nil
	}
	_, err := c.tx.ExecContext(ctx, `
		UPDATE figure SET first = $1, last = coalesce(last, $1) WHERE id = $2 AND (first IS NULL OR first = $1 + 1)`, day, figure)
	return err
}

// changes returns, by block, the devices that changed on a day and that no poll has evaluated since. The old version does not say which
// figure changed.
func (c converter) changes(ctx context.Context, day rules.Day) (map[int]history.Bits, error) {
	ordinals, err := database.Collect(ctx, c.tx, func(ordinal *int) []any { return []any{ordinal} }, `
		SELECT coalesce(device.ordinal, 0) FROM usage_change LEFT JOIN device ON device.project = $1 AND device.uid = usage_change.device
		WHERE usage_change.project = $2 AND usage_change.day = $3 AND (usage_change.device = '' OR device.ordinal IS NOT NULL)`,
		c.id, c.uid, day)
	changed := map[int]history.Bits{}
	for _, ordinal := range ordinals {
		block := ordinal / history.BlockSize
		bits := changed[block]
		bits.Set(ordinal % history.BlockSize)
		changed[block] = bits
	}
	return changed, err
}
