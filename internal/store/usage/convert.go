package usage

import (
	"context"
	"database/sql"
	"fmt"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// Versions of notewatch before columns kept a row for each device and day, and a device list without ordinals. These rows stay in usage,
// usage_change and device_row until they are converted, step by step. Each step is one transaction, so an interrupted step changes nothing.

// A Conversion is the progress of the conversion of old rows. It is zero if none are left.
type Conversion struct {
	Done int // UTC days
	Days int // in all
}

// Ended reports whether no rows are left.
func (c Conversion) Ended() bool { return c.Days == 0 }

// String returns the day that is being converted, as in "day 212 of 400".
func (c Conversion) String() string { return fmt.Sprintf("day %d of %d", c.Done+1, c.Days) }

// Conversion returns the progress of the conversion of old rows.
func (s *Store) Conversion(ctx context.Context) (c Conversion, err error) {
	if s.db.Postgres() {
		return c, nil // no older version used it
	}
	err = s.db.View(ctx, func(tx database.Tx) error {
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
	return c, database.Doing(err, "reading whether the database is up to date")
}

// ConvertLists converts the device lists of all projects. Only the holder of Lock may call it.
func (s *Store) ConvertLists(ctx context.Context) error {
	for more := !s.db.Postgres(); more; {
		err := s.db.Relax(ctx, func(tx database.Tx) (err error) {
			var project string
			if more, err = database.Found(tx.QueryRowContext(ctx, `SELECT project FROM device_row LIMIT 1`), &project); more && err == nil {
				_, err = s.convert(ctx, tx, project, 0)
			}
			return err
		})
		if err != nil {
			return database.Doing(err, "bringing the device lists up to date")
		}
	}
	return nil
}

// ConvertProject converts the next part of a project: its device list, then the newest day that is not before first. It reports whether
// there was anything to do. Only the holder of Lock may call it.
func (s *Store) ConvertProject(ctx context.Context, project string, first rules.Day) (more bool, err error) {
	if s.db.Postgres() {
		return false, nil
	}
	err = s.db.Relax(ctx, func(tx database.Tx) error {
		more, err = s.convert(ctx, tx, project, first)
		return err
	})
	return more, database.Doing(err, "bringing project %q up to date", project)
}

// ConvertNext converts the newest day of any project, or its device list if that is not converted. It reports whether there was
// anything to do. Only the holder of Lock may call it.
func (s *Store) ConvertNext(ctx context.Context) (more bool, err error) {
	if s.db.Postgres() {
		return false, nil
	}
	err = s.db.Relax(ctx, func(tx database.Tx) error {
		var project string
		more, err = database.Found(tx.QueryRowContext(ctx, `SELECT project FROM usage ORDER BY day DESC, project LIMIT 1`), &project)
		if more && err == nil {
			_, err = s.convert(ctx, tx, project, 0)
		}
		return err
	})
	return more, database.Doing(err, "bringing the database up to date")
}

// convert converts the next part of a project and reports whether there was anything to do.
func (s *Store) convert(ctx context.Context, tx database.Tx, project string, first rules.Day) (more bool, err error) {
	w, err := newListWriter(ctx, tx, project)
	if err != nil {
		return false, err
	}
	c := converter{listWriter: w, merger: merger{tx: tx, project: w.id}}
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

// newest returns the newest day with rows that is not before first.
func (c converter) newest(ctx context.Context, first rules.Day) (day rules.Day, ok bool, err error) {
	ok, err = database.Found(c.tx.QueryRowContext(ctx, `
		WITH RECURSIVE days (day) AS (
			SELECT max(day) FROM usage
			UNION ALL SELECT (SELECT max(usage.day) FROM usage WHERE usage.day < days.day) FROM days WHERE days.day IS NOT NULL
		)
		SELECT day FROM days WHERE day >= $1 AND EXISTS (SELECT 1 FROM usage WHERE usage.day = days.day AND usage.project = $2)
		LIMIT 1`, first, c.uid), &day)
	return day, ok, err
}

// end deletes what is not needed after all days are converted. Changes of a day without rows are left of days that were dropped.
func (c converter) end(ctx context.Context) error {
	_, err := c.tx.ExecContext(ctx, `DELETE FROM usage_change WHERE project = $1`, c.uid)
	if err == nil {
		_, err = c.tx.ExecContext(ctx, `UPDATE project SET read_days = '{}' WHERE id = $1`, c.id)
	}
	return err
}

// convertDevices converts the device list, if there is one. Ordinals follow the UIDs: the order of Notehub was not kept.
func (c converter) convertDevices(ctx context.Context) (converted bool, err error) {
	seen := database.NewRepeated()
	devices, err := database.Collect(ctx, c.tx, func(d *Device) []any {
		return []any{
			&d.UID, &d.Name, seen.Text(&d.SKU), seen.Text(&d.Product), seen.Text(&d.Firmware), seen.List(&d.Fleets), &d.Disabled,
			database.Time(&d.Provisioned), database.Time(&d.LastActivity), database.Number(&d.Voltage),
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
		if err := c.writeList(ctx, NewDeviceList(devices...), !read.IsZero()); err != nil {
			return false, err
		}
	}
	_, err = c.tx.ExecContext(ctx, `DELETE FROM device_row WHERE project = $1`, c.uid)
	return true, err
}

// writeList writes the device list of the old version. If its reading was interrupted, whole is false: its devices get ordinals, but are
// not listed.
func (c converter) writeList(ctx context.Context, devices *DeviceList, whole bool) error {
	if err := c.number(ctx, devices, devices.unnumbered()); err != nil {
		return err
	}
	if !whole {
		return c.addUnlisted(ctx, devices, 0)
	}
	all := make([]int, devices.Len())
	for place := range all {
		all[place] = place
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

// addUnlisted adds devices that have ordinals and are not listed. day is the last day on which there may be figures for them.
func (c converter) addUnlisted(ctx context.Context, devices *DeviceList, day rules.Day) error {
	statements := database.NewBatch(c.tx)
	for d := range devices.All() {
		err := statements.Exec(ctx, `
			INSERT INTO device (project, ordinal, uid, listed, unlisted_on, `+database.List(deviceColumns)+`)
			VALUES (`+database.Params(1, 5+len(deviceColumns))+`) ON CONFLICT (project, ordinal) DO NOTHING`,
			append([]any{c.id, d.Ordinal, d.UID, false, day}, d.row()...)...)
		if err != nil {
			return err
		}
	}
	return nil
}
