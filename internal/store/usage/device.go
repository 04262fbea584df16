package usage

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A Device is a line of Notehub's device list.
type Device struct {
	Ordinal                           int // its number in the project, from 1
	UID, Name, SKU, Product, Firmware string
	HostFirmware                      string
	Fleets                            []string // UIDs; devices share them
	Voltage                           float64  // volts; NaN is no data
	Temperature                       float64  // degrees Celsius; NaN is no data
	Disabled                          bool
	Updating                          rules.Truth // whether a firmware is being updated
	Provisioned                       time.Time
	LastActivity                      time.Time // zero: no activity yet
	Plan                              *Plan     // nil: no SIM is listed, or plans are not read
}

// deviceColumns are the columns of a device that change rarely, without its keys.
var deviceColumns = []string{"name", "sku", "product", "firmware", "host_firmware", "fleets", "disabled", "provisioned"}

// identity returns where to scan the columns ordinal, uid and deviceColumns. Texts that many devices share are kept once.
func (d *Device) identity(seen database.Repeated) []any {
	return []any{
		&d.Ordinal, &d.UID, &d.Name, seen.Text(&d.SKU), seen.Text(&d.Product), seen.Text(&d.Firmware), seen.Text(&d.HostFirmware),
		seen.List(&d.Fleets), &d.Disabled, database.Time(&d.Provisioned),
	}
}

// row returns the values of deviceColumns.
func (d *Device) row() []any {
	return []any{d.Name, d.SKU, d.Product, d.Firmware, d.HostFirmware, database.Document(&d.Fleets), d.Disabled, database.At(d.Provisioned)}
}

// sameRow reports whether two devices have the same values of deviceColumns.
func sameRow(a, b Device) bool {
	return a.Name == b.Name && a.SKU == b.SKU && a.Product == b.Product && a.Firmware == b.Firmware && a.HostFirmware == b.HostFirmware &&
		slices.Equal(a.Fleets, b.Fleets) && a.Disabled == b.Disabled && a.Provisioned.Equal(b.Provisioned)
}

// Devices returns the listed devices of a project in order of Ordinal, and when the list was read; the zero time is never.
func (s *Store) Devices(ctx context.Context, project string) ([]Device, time.Time, error) {
	stored, err := s.DeviceList(ctx, project)
	if err != nil {
		return nil, time.Time{}, err
	}
	return slices.Collect(stored.All()), stored.Read, nil
}

// DeviceList returns the stored device list of a project; an empty list of version 0 if there is none. It is large; ListVersion reports
// whether it has changed.
func (s *Store) DeviceList(ctx context.Context, project string) (stored *DeviceList, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		stored, err = readDeviceList(ctx, tx, project)
		return err
	})
	return stored, database.Doing(err, "reading the devices of project %q", project)
}

func readDeviceList(ctx context.Context, tx database.Tx, project string) (*DeviceList, error) {
	l := &DeviceList{}
	var err error
	if l.Version, l.Read, err = listVersion(ctx, tx, project); err != nil || l.Version == 0 {
		return l, err
	}
	id, ok, err := findProject(ctx, tx, project)
	if !ok {
		return l, err
	}
	moving, err := readListing(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	sims, err := readSIMs(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT ordinal, uid, `+database.List(deviceColumns)+` FROM device WHERE project = $1 AND listed ORDER BY ordinal`, id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var d Device
	fields := d.identity(database.NewRepeated())
	for rows.Next() {
		if err := rows.Scan(fields...); err != nil {
			return nil, err
		}
		moving.fill(&d)
		sims.fill(&d)
		l.add(d)
	}
	return l, rows.Err()
}

// ListVersion returns the version of the device list of a project and when the list was read; both are zero if there is none.
func (s *Store) ListVersion(ctx context.Context, project string) (version int64, read time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		version, read, err = listVersion(ctx, tx, project)
		return err
	})
	return version, read, database.Doing(err, "reading when the devices of project %q were listed", project)
}

func listVersion(ctx context.Context, tx database.Tx, project string) (version int64, read time.Time, err error) {
	_, err = database.Found(tx.QueryRowContext(ctx, `SELECT version, read_at FROM device_list WHERE project = $1`, project), &version, database.Time(&read))
	return version, read, err
}

// Ordinal returns the number of a device in its project, even if the device is no longer listed. ok is false if it has none.
func (s *Store) Ordinal(ctx context.Context, project, uid string) (ordinal int, ok bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		ok, err = database.Found(tx.QueryRowContext(ctx, `
			SELECT device.ordinal FROM project JOIN device ON device.project = project.id
			WHERE project.uid = $1 AND device.uid = $2`, project, uid), &ordinal)
		return err
	})
	return ordinal, ok, database.Doing(err, "reading which device of project %q is %q", project, uid)
}

// SaveDevices replaces the device list of the project of the lease, in one transaction, and fills in the ordinals and the version of
// devices. ErrLeaseLost if the lease is no longer held.
//
// New devices get ordinals in the order of the list. A device that is no longer listed keeps its ordinal for when it returns. stored may be
// the list that is stored, or nil: with the current version, it is not read again.
func (s *Store) SaveDevices(ctx context.Context, lease work.Lease, devices *DeviceList, read time.Time, stored *DeviceList) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		version, _, err := listVersion(ctx, tx, lease.Key)
		if err == nil && (stored == nil || stored.Version != version) {
			stored, err = readDeviceList(ctx, tx, lease.Key)
		}
		if err != nil {
			return err
		}
		w, err := newListWriter(ctx, tx, lease.Key)
		if err != nil {
			return err
		}
		return w.save(ctx, stored, devices, read)
	})
	return database.Doing(err, "saving the devices of project %q", lease.Key)
}

// A listWriter writes the device list of a project.
type listWriter struct {
	tx  database.Tx
	uid string // of the project
	id  int64
}

func newListWriter(ctx context.Context, tx database.Tx, project string) (listWriter, error) {
	id, err := projectID(ctx, tx, project)
	return listWriter{tx, project, id}, err
}

// save replaces the stored list.
func (w listWriter) save(ctx context.Context, stored, devices *DeviceList, read time.Time) error {
	written, gone := devices.compare(stored)
	if err := w.unlist(ctx, gone, rules.DayOf(read)); err != nil {
		return err
	}
	joined := devices.unnumbered()
	if err := w.number(ctx, devices, joined); err != nil {
		return err
	}
	if stored.Version > 0 {
		if err := w.addUnread(ctx, devices, joined, rules.DayOf(read)); err != nil {
			return err
		}
	}
	if err := w.writeRows(ctx, devices, written); err != nil {
		return err
	}
	devices.sort()
	if err := saveListing(ctx, w.tx, w.id, devices); err != nil {
		return err
	}
	if err := saveSIMs(ctx, w.tx, w.id, devices); err != nil {
		return err
	}
	devices.Read = read.UTC().Truncate(time.Millisecond)
	return w.tx.QueryRowContext(ctx, `
		INSERT INTO device_list (project, read_at, version) VALUES ($1, $2, 1)
		ON CONFLICT (project) DO UPDATE SET read_at = excluded.read_at, doubted_at = NULL, doubted_kept = 0, version = device_list.version + 1
		RETURNING version`, w.uid, database.At(read)).Scan(&devices.Version)
}

// compare copies ordinals from the stored devices. It returns the places of devices to write, and the ordinals of those that are no longer
// listed.
func (l *DeviceList) compare(stored *DeviceList) (written, gone []int) {
	stays := make([]bool, stored.Len())
	for place := range l.rows {
		before, ok := stored.Find(l.rows[place].uid)
		if !ok {
			l.rows[place].ordinal = 0 // the transaction may be repeated
			written = append(written, place)
			continue
		}
		stays[before] = true
		l.rows[place].ordinal = stored.Ordinal(before)
		if !sameRow(stored.At(before), l.At(place)) {
			written = append(written, place)
		}
	}
	for place, stays := range stays {
		if !stays {
			gone = append(gone, stored.Ordinal(place))
		}
	}
	return written, gone
}

// unlist marks devices as no longer listed.
func (w listWriter) unlist(ctx context.Context, ordinals []int, day rules.Day) error {
	if len(ordinals) == 0 {
		return nil
	}
	_, err := w.tx.ExecContext(ctx, `
		UPDATE device SET listed = FALSE, unlisted_on = $1 WHERE project = $2 AND ordinal IN (SELECT CAST(value AS BIGINT) FROM json_each($3))`,
		day, w.id, database.Elements(ordinals))
	return err
}

// number gives the devices at some places the ordinals that they had before, or new ones.
func (w listWriter) number(ctx context.Context, devices *DeviceList, places []int) error {
	if len(places) == 0 {
		return nil
	}
	uids := make([]string, len(places))
	for i, place := range places {
		uids[i] = devices.UID(place)
	}
	before, err := w.ordinals(ctx, uids)
	if err != nil {
		return err
	}
	next, err := w.reserve(ctx, len(uids)-len(before))
	if err != nil {
		return err
	}
	for i, place := range places {
		ordinal, ok := before[uids[i]]
		if !ok {
			ordinal = next
			next++
		}
		devices.rows[place].ordinal = ordinal
	}
	return nil
}

// ordinals returns the ordinals of the devices that have one.
func (w listWriter) ordinals(ctx context.Context, uids []string) (map[string]int, error) {
	type row struct {
		uid     string
		ordinal int
	}
	rows, err := database.Collect(ctx, w.tx, func(r *row) []any { return []any{&r.uid, &r.ordinal} }, `
		SELECT device.uid, device.ordinal FROM json_each($2) AS wanted CROSS JOIN device
		WHERE device.project = $1 AND device.uid = wanted.value`, w.id, database.Elements(uids))
	ordinals := make(map[string]int, len(rows))
	for _, r := range rows {
		ordinals[r.uid] = r.ordinal
	}
	return ordinals, err
}

// reserve returns the first of n ordinals that were never given.
func (w listWriter) reserve(ctx context.Context, n int) (first int, err error) {
	err = w.tx.QueryRowContext(ctx, `UPDATE project SET next_ordinal = next_ordinal + $1 WHERE id = $2 RETURNING next_ordinal - $1`,
		n, w.id).Scan(&first)
	return first, err
}

// writeRows writes the rows of devices, by place.
func (w listWriter) writeRows(ctx context.Context, devices *DeviceList, places []int) error {
	table := database.Upsert{Table: "device", Key: []string{"project", "ordinal"}, Set: slices.Concat([]string{"uid", "listed", "unlisted_on"}, deviceColumns)}
	return table.Run(ctx, w.tx, len(places), func(i int) []any {
		d := devices.At(places[i])
		return append([]any{w.id, d.Ordinal, d.UID, true, nil}, d.row()...)
	}, nil)
}

// A ListDoubt means that the device list that was read last lost most devices. It replaces the stored list only when a second reading
// confirms it.
type ListDoubt struct {
	At   time.Time // when it was read; zero: there is no doubt
	Kept int       // stored devices that it still has
}

// ListDoubt returns the doubt about the device list of the project that was read last.
func (s *Store) ListDoubt(ctx context.Context, project string) (d ListDoubt, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		_, err := database.Found(tx.QueryRowContext(ctx, `SELECT doubted_at, doubted_kept FROM device_list WHERE project = $1`, project),
			database.Time(&d.At), &d.Kept)
		return err
	})
	return d, database.Doing(err, "reading the doubt about the device list of project %q", project)
}

// DoubtList stores a doubt about the device list of the project. SaveDevices ends it.
func (s *Store) DoubtList(ctx context.Context, project string, d ListDoubt) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE device_list SET doubted_at = $1, doubted_kept = $2 WHERE project = $3`, database.At(d.At), d.Kept, project)
		return err
	})
	return database.Doing(err, "doubting the device list of project %q", project)
}
