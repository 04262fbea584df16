package store

import (
	"context"
	"database/sql"
	"fmt"

	"notewatch/internal/history"
	"notewatch/rules"
)

// Versions of notewatch before columns kept a row for each device and day, and a device list whose devices had no ordinals. These
// rows are in usage, usage_change and device_row until they are converted, step by step: what is left in them is what is left to
// do. Each step is one transaction, so that a step that does not end has changed nothing.

// A Conversion is how far the rows of an older version have been converted. The zero Conversion is that none are left.
type Conversion struct {
	Done int // UTC days
	Days int // in all
}

// Ended reports whether no rows are left.
func (c Conversion) Ended() bool { return c.Days == 0 }

// String returns the day that is being converted, as in "day 212 of 400".
func (c Conversion) String() string { return fmt.Sprintf("day %d of %d", c.Done+1, c.Days) }

// Conversion returns how far the rows of an older version have been converted.
func (s *Store) Conversion(ctx context.Context) (c Conversion, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		var devices bool
		var oldest, next, newest sql.NullInt64
		err := tx.QueryRowContext(ctx, `
			SELECT EXISTS (SELECT 1 FROM device_row), (SELECT min(day) FROM usage), (SELECT max(day) FROM usage), (SELECT max(last) FROM figure)`).
			Scan(&devices, &oldest, &next, &newest)
		switch {
		case next.Valid:
			last := max(next.Int64, newest.Int64)
			c = Conversion{Done: int(last - next.Int64), Days: int(last-oldest.Int64) + 1}
		case devices:
			c = Conversion{Days: 1}
		}
		return err
	})
	return c, doing(err, "reading whether the database is up to date")
}

// ConvertLists converts the device lists of all projects. Only the holder of Lock may call it.
func (s *Store) ConvertLists(ctx context.Context) error {
	for more := true; more; {
		err := s.relax(ctx, func(tx *sql.Tx) (err error) {
			var project string
			if more, err = found(tx.QueryRowContext(ctx, `SELECT project FROM device_row LIMIT 1`), &project); more && err == nil {
				_, err = s.convert(ctx, tx, project, 0)
			}
			return err
		})
		if err != nil {
			return doing(err, "bringing the device lists up to date")
		}
	}
	return nil
}

// ConvertProject converts what is next of a project: its device list, then the newest day that is not before first. It reports
// whether there was anything to do. Only the holder of Lock may call it.
func (s *Store) ConvertProject(ctx context.Context, project string, first rules.Day) (more bool, err error) {
	err = s.relax(ctx, func(tx *sql.Tx) error {
		more, err = s.convert(ctx, tx, project, first)
		return err
	})
	return more, doing(err, "bringing project %q up to date", project)
}

// ConvertNext converts the newest day of any project, or its device list if that is not converted. It reports whether there was
// anything to do. Only the holder of Lock may call it.
func (s *Store) ConvertNext(ctx context.Context) (more bool, err error) {
	err = s.relax(ctx, func(tx *sql.Tx) error {
		var project string
		more, err = found(tx.QueryRowContext(ctx, `SELECT project FROM usage ORDER BY day DESC, project LIMIT 1`), &project)
		if more && err == nil {
			_, err = s.convert(ctx, tx, project, 0)
		}
		return err
	})
	return more, doing(err, "bringing the database up to date")
}

// convert converts what is next of a project and reports whether there was anything to do.
func (s *Store) convert(ctx context.Context, tx *sql.Tx, project string, first rules.Day) (more bool, err error) {
	w, err := newListWriter(ctx, tx, project)
	if err != nil {
		return false, err
	}
	c := converter{listWriter: w, merger: merger{batch: newBatch(tx), store: s, project: w.id}}
	if converted, err := c.convertDevices(ctx); converted || err != nil {
		return true, err
	}
	day, ok, err := c.newest(ctx, first)
	if !ok {
		return false, err
	}
	if err := c.convertDay(ctx, day); err != nil {
		return false, err
	}
	if _, ok, err = c.newest(ctx, 0); err == nil && !ok {
		err = c.end(ctx)
	}
	return true, err
}

// A converter converts rows of one project.
type converter struct {
	listWriter
	merger merger
}

// newest returns the newest day that is not before first and of which there are rows.
func (c converter) newest(ctx context.Context, first rules.Day) (day rules.Day, ok bool, err error) {
	ok, err = found(c.tx.QueryRowContext(ctx, `
		WITH RECURSIVE days (day) AS (
			SELECT max(day) FROM usage
			UNION ALL SELECT (SELECT max(usage.day) FROM usage WHERE usage.day < days.day) FROM days WHERE days.day IS NOT NULL
		)
		SELECT day FROM days WHERE day >= $1 AND EXISTS (SELECT 1 FROM usage WHERE usage.day = days.day AND usage.project = $2)
		LIMIT 1`, first, c.uid), &day)
	return day, ok, err
}

// end forgets what is of no use once all days are converted. A change of a day without rows is one of a day that was dropped.
func (c converter) end(ctx context.Context) error {
	_, err := c.tx.ExecContext(ctx, `DELETE FROM usage_change WHERE project = $1`, c.uid)
	if err == nil {
		_, err = c.tx.ExecContext(ctx, `UPDATE project SET read_days = '{}' WHERE id = $1`, c.id)
	}
	return err
}

// convertDevices converts the device list, if there is one. Ordinals follow the UIDs: the order of Notehub was not kept.
func (c converter) convertDevices(ctx context.Context) (converted bool, err error) {
	seen := newRepeated()
	devices, err := collect(ctx, c.tx, func(d *Device) []any {
		return []any{
			&d.UID, &d.Name, seen.text(&d.SKU), seen.text(&d.Product), seen.text(&d.Firmware), seen.list(&d.Fleets), &d.Disabled,
			instant{&d.Provisioned}, instant{&d.LastActivity}, number{&d.Voltage},
		}
	}, `
		SELECT uid, name, sku, product, firmware, fleets, disabled, provisioned, last_activity, voltage
		FROM device_row WHERE project = $1 ORDER BY uid`, c.uid)
	if err != nil || len(devices) == 0 {
		return false, err
	}
	version, read, err := listVersion(ctx, c.tx, c.uid)
	if err != nil {
		return false, err
	}
	if version == 0 { // else a newer list is stored
		if err := c.writeList(ctx, tidy(devices), !read.IsZero()); err != nil {
			return false, err
		}
	}
	_, err = c.tx.ExecContext(ctx, `DELETE FROM device_row WHERE project = $1`, c.uid)
	return true, err
}

// writeList writes the device list that was stored. If it is not whole, since its reading was interrupted, its devices get
// ordinals, and are not listed.
func (c converter) writeList(ctx context.Context, devices []Device, whole bool) error {
	if err := c.number(ctx, devices); err != nil {
		return err
	}
	if !whole {
		return c.addUnlisted(ctx, devices, 0)
	}
	all := make([]int, len(devices))
	for i := range all {
		all[i] = i
	}
	if err := c.writeRows(ctx, devices, all); err != nil {
		return err
	}
	if err := saveListing(ctx, c.tx, c.id, devices); err != nil {
		return err
	}
	_, err := c.tx.ExecContext(ctx, `UPDATE device_list SET version = 1 WHERE project = $1`, c.uid)
	return err
}

// addUnlisted adds devices that have ordinals and are not listed. day is the last on which there may be figures of them.
func (c converter) addUnlisted(ctx context.Context, devices []Device, day rules.Day) error {
	for _, d := range devices {
		_, err := c.merger.exec(ctx, `
			INSERT INTO device (project, ordinal, uid, listed, unlisted_on, `+list(deviceColumns)+`)
			VALUES (`+params(1, 5+len(deviceColumns))+`) ON CONFLICT (project, ordinal) DO NOTHING`,
			append([]any{c.id, d.Ordinal, d.UID, false, day}, d.row()...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// A dayRow is what an older version kept of a device and day.
type dayRow struct {
	uid     string
	ordinal sql.NullInt64 // null: the device has none
	figures [rules.FigureCount]sql.NullInt64
}

// convertDay turns the rows of a day into columns.
func (c converter) convertDay(ctx context.Context, day rules.Day) error {
	covered, err := c.coveredFigures(ctx, day)
	if err != nil {
		return err
	}
	columns := newDayColumns(covered)
	strangers, err := c.readDay(ctx, day, columns)
	if err != nil {
		return err
	}
	if err := c.addStrangers(ctx, day, strangers, columns); err != nil {
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
	for figure, cells := range columns.cells {
		if len(cells) == 0 {
			continue
		}
		figure := rules.Figure(figure)
		id, err := dictionary.id(ctx, c.tx, figure)
		if err != nil {
			return err
		}
		if err := c.merger.fillBack(ctx, id, Column{figure, day, cells}); err != nil {
			return err
		}
		if err := c.coverDay(ctx, id, day, covered[figure]); err != nil {
			return err
		}
		for block, bits := range changed {
			if err := c.merger.note(ctx, block, id, day, *bits); err != nil {
				return err
			}
		}
	}
	for _, table := range []string{"usage", "usage_change"} {
		if _, err := c.tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE project = $1 AND day = $2`, c.uid, day); err != nil {
			return err
		}
	}
	return nil
}

// endpointFigures are the figures that were read together, by the names of what read them.
var endpointFigures = map[string][]rules.Figure{
	"events":   {rules.Events, rules.EventsTotal, rules.Platform, rules.Watchdog, rules.Reboots, rules.FwUpdates},
	"sessions": {rules.Sessions, rules.SessionBytes, rules.TLS, rules.FirstSyncs},
	"data":     {rules.Bytes, rules.Sat},
}

// coveredFigures returns which figures were read of a day.
func (c converter) coveredFigures(ctx context.Context, day rules.Day) (covered [rules.FigureCount]bool, err error) {
	var read map[string]Span
	err = c.tx.QueryRowContext(ctx, `SELECT read_days FROM project WHERE id = $1`, c.id).Scan(document[map[string]Span]{&read})
	for endpoint, span := range read {
		for _, figure := range endpointFigures[endpoint] {
			covered[figure] = span.First <= day && day <= span.Last
		}
	}
	return covered, err
}

// readDay reads the rows of a day into columns. It returns those of devices without an ordinal.
func (c converter) readDay(ctx context.Context, day rules.Day, columns *dayColumns) (strangers []dayRow, err error) {
	var row dayRow
	fields, names := []any{&row.uid, &row.ordinal}, []string{"usage.device", "device.ordinal"}
	for figure := range rules.FigureCount {
		fields, names = append(fields, &row.figures[figure]), append(names, "usage."+figure.String())
	}
	rows, err := c.tx.QueryContext(ctx, `
		SELECT `+list(names)+` FROM usage LEFT JOIN device ON device.project = $1 AND device.uid = usage.device
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
			strangers = append(strangers, row)
			continue
		}
		columns.add(int(row.ordinal.Int64), &row.figures)
	}
	return strangers, rows.Err()
}

// addStrangers gives devices that are no longer listed ordinals, and takes in their rows.
func (c converter) addStrangers(ctx context.Context, day rules.Day, rows []dayRow, columns *dayColumns) error {
	if len(rows) == 0 {
		return nil
	}
	devices := make([]Device, len(rows))
	for i, row := range rows {
		devices[i] = Device{UID: storable(row.uid), Name: storable(row.uid)}
	}
	if err := c.number(ctx, devices); err != nil {
		return err
	}
	for i, row := range rows {
		columns.add(devices[i].Ordinal, &row.figures)
	}
	return c.addUnlisted(ctx, devices, day)
}

// dayColumns are the columns of all figures of a day.
type dayColumns struct {
	covered [rules.FigureCount]bool
	cells   [rules.FigureCount][]history.Cell
}

func newDayColumns(covered [rules.FigureCount]bool) *dayColumns { return &dayColumns{covered: covered} }

// add takes in a row. Figures were read together: one that is missing beside others was left out by Notehub, and if all are, they
// are not known. The total of a project is not known if it was left out for any device.
func (d *dayColumns) add(ordinal int, figures *[rules.FigureCount]sql.NullInt64) {
	for _, together := range endpointFigures {
		missing := history.NotKnown
		for _, figure := range together {
			if figures[figure].Valid && ordinal > 0 {
				missing = history.Null
			}
		}
		for _, figure := range together {
			switch n := figures[figure]; {
			case n.Valid:
				cell, _ := history.Value(n.Int64)
				d.set(figure, ordinal, cell)
			case d.covered[figure]:
				d.set(figure, ordinal, missing)
			}
		}
	}
}

func (d *dayColumns) set(figure rules.Figure, ordinal int, cell history.Cell) {
	for len(d.cells[figure]) <= ordinal {
		d.cells[figure] = append(d.cells[figure], history.Nothing)
	}
	d.cells[figure][ordinal] = cell
}

// fillBack takes in a column where nothing is known yet: what was read since is newer.
func (m *merger) fillBack(ctx context.Context, figure int64, c Column) error {
	for block := 0; block*history.BlockSize < len(c.Cells); block++ {
		stored, _, err := m.read(ctx, block, figure, c.Day)
		if err != nil {
			return err
		}
		said := c.Cells[block*history.BlockSize:]
		for position := range min(len(stored), len(said)) {
			if stored[position] != history.NotKnown {
				said[position] = history.Nothing
			}
		}
	}
	return m.merge(ctx, figure, c, false)
}

// coverDay notes that a figure was read of a day, if there is no gap between it and the days of which it was read.
func (c converter) coverDay(ctx context.Context, figure int64, day rules.Day, covered bool) error {
	if !covered {
		return nil
	}
	_, err := c.tx.ExecContext(ctx, `
		UPDATE figure SET first = $1, last = coalesce(last, $1) WHERE id = $2 AND (first IS NULL OR first = $1 + 1)`, day, figure)
	return err
}

// changes returns the devices that changed on a day and that no poll has evaluated since, by block: which figure changed is not
// known.
func (c converter) changes(ctx context.Context, day rules.Day) (map[int]*history.Bits, error) {
	ordinals, err := collect(ctx, c.tx, func(ordinal *int) []any { return []any{ordinal} }, `
		SELECT coalesce(device.ordinal, 0) FROM usage_change LEFT JOIN device ON device.project = $1 AND device.uid = usage_change.device
		WHERE usage_change.project = $2 AND usage_change.day = $3 AND (usage_change.device = '' OR device.ordinal IS NOT NULL)`,
		c.id, c.uid, day)
	changed := map[int]*history.Bits{}
	for _, ordinal := range ordinals {
		block := ordinal / history.BlockSize
		if changed[block] == nil {
			changed[block] = &history.Bits{}
		}
		changed[block].Set(ordinal % history.BlockSize)
	}
	return changed, err
}

// FreeSpace returns how many bytes of the database hold nothing, and how large it is.
func (s *Store) FreeSpace(ctx context.Context) (free, size int64, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT freelist_count * page_size, page_count * page_size FROM pragma_freelist_count, pragma_page_count, pragma_page_size`).
			Scan(&free, &size)
	})
	return free, size, doing(err, "reading how large the database is")
}
